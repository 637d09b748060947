import type { ListAnswer, ListedSnapshot } from '../../../functions/backup/answer.ts';

/** What is waited for, with its own clock. */
export interface Following {
  readonly list: () => Promise<ListAnswer>;
  /** By the function's clock: what is older has nothing to do with it. */
  readonly askedAt: string;
  /** `null`: a new one. */
  readonly key: string | null;
  /** A verdict is wanted, and not only the snapshot. */
  readonly verdict: boolean;
  readonly waitMs: number;
  readonly nowMs: () => number;
  readonly sleep: (ms: number) => Promise<unknown>;
  /** Told whenever something else is waited for. */
  readonly tell: (line: string) => void;
}

/**
 * `taken`: it is there, and nobody has verified it (yet). `unverifiable`: nobody ever will, for there are no etcd
 * tools. `late`: it is not there within the time.
 */
export interface Followed {
  readonly outcome: 'taken' | 'restorable' | 'notRestorable' | 'unverifiable' | 'failed' | 'late';
  readonly snapshot: ListedSnapshot | null;
  readonly reason: string | null;
}

const PAUSE_MS = 3_000;

/** Looks until what was asked for stands in the list, or failed, or the time is over; at least once. */
export async function follow(following: Following): Promise<Followed> {
  const { nowMs, sleep, waitMs, tell } = following;
  const startedAtMs = nowMs();
  let told = '';
  for (;;) {
    const listed = await following.list();
    const seen = judge(following, listed);
    if (!('waitsFor' in seen)) return seen;
    if (nowMs() - startedAtMs + PAUSE_MS > waitMs) return seen.late;
    if (seen.waitsFor !== told) tell(seen.waitsFor);
    told = seen.waitsFor;
    await sleep(PAUSE_MS);
  }
}

interface Pending {
  readonly waitsFor: string;
  readonly late: Followed;
}

function judge({ askedAt, key, verdict }: Following, listed: ListAnswer): Followed | Pending {
  const askedAtMs = Date.parse(askedAt);
  const { snapshots, lastFailure, unverifiable } = listed;
  const snapshot =
    snapshots.find((one) => (key === null ? Date.parse(one.takenAt) >= askedAtMs : one.key === key)) ?? null;
  if (snapshot === null && lastFailure !== null && Date.parse(lastFailure.at) >= askedAtMs)
    return { outcome: 'failed', snapshot, reason: `${lastFailure.text} (${lastFailure.code})` };
  if (snapshot === null) {
    const late = { outcome: 'late', snapshot, reason: 'no new snapshot stands in the list yet' } as const;
    return { waitsFor: 'waiting for the snapshot', late };
  }
  const { state, verifiedAt, reason } = snapshot;
  const isNew = verifiedAt !== null && Date.parse(verifiedAt) >= askedAtMs;
  if (isNew || (state === 'notRestorable' && verifiedAt === null))
    return { outcome: state === 'restorable' ? 'restorable' : 'notRestorable', snapshot, reason };
  if (unverifiable)
    return {
      outcome: 'unverifiable',
      snapshot,
      reason: 'the autopilot has no etcd tools: EtcdToolsLayerArn',
    };
  if (!verdict) return { outcome: 'taken', snapshot, reason: null };
  const late = { outcome: 'taken', snapshot, reason: 'nobody has verified it within the time' } as const;
  return { waitsFor: `waiting until ${snapshot.key} is verified`, late };
}

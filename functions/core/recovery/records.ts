import { type Claim, decodeClaim, expectedClusterId } from '../claim.ts';
import type { ClusterId, InstanceId } from '../identity.ts';
import { PARAMETER } from '../names.ts';
import type { Records } from '../observation.ts';
import { type Captured, decodeCaptured } from './captured.ts';
import { decodeDone, type RecoveryDone } from './done.ts';
import { decodeNotes, NO_NOTES, type QuorumNotes } from './notes.ts';
import { decodeRecovery, type RecoveryRecord } from './record.ts';

/** What Parameter Store tells of recoveries. */
export interface RecoveryRecords {
  /** The newest attempt of the newest recovery, over or not; `null`: there never was one. */
  readonly latest: RecoveryRecord | null;
  /** Of that recovery; `null`: none yet. */
  readonly captured: Captured | null;
  /** Whether the end of that recovery is written down, and what it says as far as that can be read. */
  readonly isDone: boolean;
  readonly done: RecoveryDone | null;
  /** Clusters that were lost before, whose snapshots are this cluster's too. */
  readonly formerClusterIds: readonly ClusterId[];
  /** Every `claims/<number>`, by its number. */
  readonly claims: ReadonlyMap<number, Claim>;
  readonly notes: QuorumNotes;
  /** The parameter `quorum` stands, readable or not. */
  readonly hasNotes: boolean;
}

export const NO_RECOVERY: RecoveryRecords = {
  latest: null,
  captured: null,
  isDone: false,
  done: null,
  formerClusterIds: [],
  claims: new Map(),
  notes: NO_NOTES,
  hasNotes: false,
};

type Texts = ReadonlyMap<string, string>;

/** `recovery/2`, `recovery/2/again-3`, `recovery/2/captured`, `recovery/2/done`. */
const NAME = /^recovery\/([1-9]\d{0,8})(?:\/(?:again-([1-9]\d{0,3})|captured|done))?$/;

export const recordName = (number: number, attempt: number): string =>
  attempt === 1 ? `${PARAMETER.recovery}${number}` : `${PARAMETER.recovery}${number}/again-${attempt}`;
export const capturedName = (number: number): string => `${PARAMETER.recovery}${number}/captured`;
export const doneName = (number: number): string => `${PARAMETER.recovery}${number}/done`;

export function recoveryIn(texts: Texts): RecoveryRecords {
  const records = recordsIn(texts);
  const latest = records.at(-1) ?? null;
  const captured = latest === null ? undefined : texts.get(capturedName(latest.number));
  const done = latest === null ? undefined : texts.get(doneName(latest.number));
  const notes = texts.get(PARAMETER.quorum);
  return {
    latest,
    captured: captured === undefined ? null : decodeCaptured(captured),
    isDone: done !== undefined,
    done: done === undefined ? null : decodeDone(done),
    formerClusterIds: [...new Set(records.flatMap(({ formerClusterId }) => formerClusterId ?? []))],
    claims: claimsIn(texts),
    notes: notes === undefined ? NO_NOTES : decodeNotes(notes),
    hasNotes: notes !== undefined,
  };
}

/** Names of recoveries whose text cannot be read, or says that it is of another: never taken for absent. */
export function unreadableRecoveries(texts: Texts): readonly string[] {
  const names = [...texts.keys()].filter((name) => name.startsWith(PARAMETER.recovery));
  const isRead = (name: string): boolean => {
    if (NAME.exec(name) === null) return true; // nothing of ours
    if (name.endsWith('/captured')) return decodeCaptured(texts.get(name) ?? '') !== null;
    return name.endsWith('/done') || recordAt(name, texts) !== null;
  };
  return names.filter((name) => !isRead(name)).sort();
}

function recordsIn(texts: Texts): readonly RecoveryRecord[] {
  const found = [...texts.keys()].flatMap((name) => recordAt(name, texts) ?? []);
  return found.sort((one, other) => one.number - other.number || one.attempt - other.attempt);
}

function recordAt(name: string, texts: Texts): RecoveryRecord | null {
  if (!name.startsWith(PARAMETER.recovery)) return null;
  const record = decodeRecovery(texts.get(name) ?? '');
  return record !== null && recordName(record.number, record.attempt) === name ? record : null;
}

function claimsIn(texts: Texts): ReadonlyMap<number, Claim> {
  const claims = new Map<number, Claim>();
  for (const [name, text] of texts) {
    if (!name.startsWith(PARAMETER.claims)) continue;
    const claim = decodeClaim(text);
    if (claim !== null && name === `${PARAMETER.claims}${claim.number}`) claims.set(claim.number, claim);
  }
  return claims;
}

/**
 * The recovery that is under way: decided, not over, and no cluster that came of it was seen alive yet. From
 * the moment at which one was, a silence is that of the new cluster, and another loss another recovery.
 */
export function openRecovery(records: Records): RecoveryRecord | null {
  const { latest, isDone } = records.recovery;
  if (latest === null || isDone) return null;
  return claimsOf(records, latest.number).some((claim) => wasSeenAlive(records, claim)) ? null : latest;
}

/** The cluster of this recovery lives, and what it lost is not written down yet. */
export function untoldRecovery(records: Records): RecoveryRecord | null {
  const { latest, isDone } = records.recovery;
  if (latest === null || isDone) return null;
  return openRecovery(records) === null ? latest : null;
}

/** Claims made for the recovery, oldest first: the one that stands, and those that are only made. */
export function claimsOf(records: Records, number: number): readonly Claim[] {
  const made = [...records.recovery.claims.values()].filter(({ recovery }) => recovery === number);
  const { claim } = records;
  const standing = claim?.recovery === number ? [claim] : [];
  const others = made.filter((one) => one.number !== standing[0]?.number);
  return [...others, ...standing].sort((one, other) => one.number - other.number);
}

/** By what was written of it: pinned, told of in the status, or a ticket of it closed. */
function wasSeenAlive({ claim, status, tickets }: Records, one: Claim): boolean {
  if (claim?.number === one.number && claim.clusterId !== null) return true;
  if (status?.clusterId !== undefined && status.clusterId === expectedClusterId(one)) return true;
  return [...tickets.values()].some(({ state, claim: of }) => state === 'started' && of === one.number);
}

/** Instances that a recovery waits for: EC2 is asked about them, listed by the group or not. */
export function idsOfRecovery(records: Records): readonly InstanceId[] {
  const open = openRecovery(records);
  if (open === null) return [];
  return [...open.fenced, ...claimsOf(records, open.number).flatMap(({ members }) => Object.keys(members))];
}

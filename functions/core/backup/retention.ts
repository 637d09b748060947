import type { Shelf, Snapshot } from './listing.ts';

/** How many hours, days and weeks that have snapshots keep one. */
export interface Keep {
  readonly hourly: number;
  readonly daily: number;
  readonly weekly: number;
}

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const WEEK_MS = 7 * DAY_MS;
/** The first Monday of 1970, so that a week ends on Sunday. */
const MONDAY_MS = 4 * DAY_MS;
/** A survivor's database is what was left of a cluster: somebody may ask for it weeks later. */
const RECOVERY_MS = 30 * DAY_MS;
/** One that was found not restorable takes nobody's place; it stays for as long as somebody may look why. */
const BAD_MS = 7 * DAY_MS;
/** Beyond any snapshot that is still being written or verified. */
const LEFTOVER_MS = DAY_MS;
/** The newest may be on its way through verification, which would find nothing. */
const NEWEST_KEPT = 2;

/**
 * Which snapshots may go, by key, oldest first. Counted in hours, days and weeks that *have* a snapshot, not in
 * age: a cluster that takes none any more keeps what it has (S49). Of each, the newest restorable one stays, else
 * the newest intact one. The last good one is never in the answer, whatever is asked for.
 */
export function planRetention({ snapshots }: Shelf, keep: Keep, nowMs: number): readonly string[] {
  const good = snapshots.filter(({ state }) => state !== 'notRestorable');
  const kept = new Set<Snapshot>([
    ...snapshots.filter((snapshot) => mayBeWanted(snapshot, nowMs)),
    ...good.slice(0, NEWEST_KEPT),
    // Beside those of a clock that was ahead: what was just taken must not go at once.
    ...good.filter(({ takenAtMs }) => takenAtMs <= nowMs).slice(0, NEWEST_KEPT),
    ...lastGood(good),
    ...newestOfEach(good, HOUR_MS, keep.hourly),
    ...newestOfEach(good, DAY_MS, keep.daily),
    ...newestOfEach(good, WEEK_MS, keep.weekly),
  ]);
  // Where nothing is good, nothing goes: a person must look, and may want what is there.
  if (good.length === 0) return [];
  return snapshots
    .filter((snapshot) => !kept.has(snapshot))
    .map(({ key }) => key)
    .reverse();
}

function mayBeWanted({ state, takenAtMs, manifest }: Snapshot, nowMs: number): boolean {
  if (manifest.origin === 'recovery' && nowMs - takenAtMs < RECOVERY_MS) return true;
  return state === 'notRestorable' && nowMs - takenAtMs < BAD_MS;
}

/**
 * The newest restorable one and the newest intact one: neither is given up for the other. Of every cluster that has
 * had this name, or has it elsewhere and the same bucket: what another one holds takes the place of nothing.
 */
const lastGood = (good: readonly Snapshot[]): readonly Snapshot[] =>
  [...Map.groupBy(good, ({ manifest }) => manifest.clusterId).values()].flatMap((own) =>
    (['restorable', 'intact'] as const).flatMap((state) => own.find((one) => one.state === state) ?? []),
  );

function newestOfEach(good: readonly Snapshot[], periodMs: number, count: number): readonly Snapshot[] {
  const held = new Map<number, Snapshot>();
  for (const snapshot of good) {
    const period = Math.floor((snapshot.takenAtMs - MONDAY_MS) / periodMs);
    const before = held.get(period);
    if (before === undefined || (before.state !== 'restorable' && snapshot.state === 'restorable'))
      held.set(period, snapshot);
  }
  return [...held.entries()]
    .sort(([one], [other]) => other - one)
    .slice(0, count)
    .map(([, snapshot]) => snapshot);
}

/** Parts of snapshots that nobody works at any more, by key. */
export const staleLeftovers = ({ leftovers }: Shelf, nowMs: number): readonly string[] =>
  leftovers.filter(({ modifiedAtMs }) => nowMs - modifiedAtMs > LEFTOVER_MS).map(({ key }) => key);

/** Whether an upload that was begun then is nobody's any more. */
export const isStaleUpload = (startedAtMs: number, nowMs: number): boolean =>
  nowMs - startedAtMs > LEFTOVER_MS;

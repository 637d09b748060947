import type { Bench } from './bench.ts';
import { isExcused } from './maintenance.ts';
import { isLetGo } from './truth.ts';
import type { PassWatch, Read } from './watch.ts';

/** What needs the one permit of the cluster. */
export const DISRUPTIONS: readonly string[] = [
  'etcd.addLearner',
  'etcd.promote',
  'etcd.remove',
  'etcd.moveLeader',
  'scaling.reportUnhealthy',
  'scaling.endInstance',
  'etcd.defragment',
];

/** What is done to databases and alarms. */
const MAINTENANCE: readonly string[] = ['etcd.compact', 'etcd.defragment', 'etcd.disarm'];

/** A permit that lasts for 20 s is of no use to what was seen longer ago than that. */
const AGE_MAX_MS = 20_000;

/** R3: its owner holds the one permit now, whatever it believes. */
export function judgePermit(bench: Bench, watch: PassWatch, call: string): void {
  if (!DISRUPTIONS.includes(call)) return;
  const { permit } = bench.truth.etcd;
  if (isExcused(bench, watch)) return;
  const isHeld = permit !== null && permit.owner === watch.owner && permit.expiresAtMs >= bench.truth.nowMs;
  bench.rule('R3', !isHeld, () => `${call} without the permit, which ${permit?.owner ?? 'nobody'} has`);
}

const AWS: readonly Read[] = ['groups', 'parameters'];
const CALM: readonly Read[] = [...AWS, 'probe'];
const ETCD: readonly Read[] = ['groups', 'parameters', 'machines', 'probe', 'members'];

const WRITTEN_DOWN = /\/(?:members\/[^/]+|endpoints|peers|status|maintenance)$/;

/** Writing down, telling and letting go change nothing that was seen: a row of them may come from one look. */
export function isQuiet(call: string, given: readonly unknown[]): boolean {
  if (call === 'parameters.write' || call === 'parameters.create') return WRITTEN_DOWN.test(String(given[0]));
  return call === 'etcd.write' || (call === 'scaling.complete' && given[1] === 'CONTINUE');
}

function staleSince({ memory }: Bench, watch: PassWatch, call: string, given: readonly unknown[]): number {
  // What is written down before it, so that it counts whatever becomes of it, changes nothing that was seen.
  if (MAINTENANCE.includes(call)) return Math.max(watch.changeAt, watch.permitAt, memory.disruptedAt);
  if (DISRUPTIONS.includes(call)) return Math.max(watch.effectAt, watch.permitAt, memory.disruptedAt);
  if (!isQuiet(call, given)) return watch.effectAt;
  // Memory that is written twice from one reading forgets what was written first.
  return call === 'etcd.write' ? Math.max(watch.changeAt, watch.memoryAt) : watch.changeAt;
}

/**
 * R3: every effect starts from an observation that began after the permit was taken, and after the last effect
 * that changed something, whoever did that.
 */
export function judgeFreshness(
  bench: Bench,
  watch: PassWatch,
  call: string,
  given: readonly unknown[],
): void {
  const isDisruption = DISRUPTIONS.includes(call);
  const since = staleSince(bench, watch, call, given);
  const others = isLetGo(bench.truth) || watch.sawIntent ? AWS : CALM;
  const needed = isDisruption || call === 'etcd.write' ? ETCD : others;
  const missing = needed.filter((read) => !watch.hasAsked(read, since));
  bench.rule(
    'R3',
    missing.length > 0,
    () => `${call} from ${missing} of before the last change or the permit`,
  );
  const ageMs = bench.truth.nowMs - watch.observedAtMs;
  bench.rule(
    'R3',
    isDisruption && ageMs > AGE_MAX_MS,
    () => `${call} from an observation of ${ageMs} ms ago`,
  );
}

/** R3: released when done. */
export function judgeReturn(bench: Bench, watch: PassWatch): void {
  bench.rule('R3', !watch.isPermitReturned, () => `${watch.owner} ends and keeps the permit`);
}

import type { Bench } from './bench.ts';
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
];

/** A permit that lasts for 20 s is of no use to what was seen longer ago than that. */
const AGE_MAX_MS = 20_000;

/** R3: its owner holds the one permit now, whatever it believes. */
export function judgePermit(bench: Bench, watch: PassWatch, call: string): void {
  if (!DISRUPTIONS.includes(call)) return;
  const { permit } = bench.truth.etcd;
  const isHeld = permit !== null && permit.owner === watch.owner && permit.expiresAtMs >= bench.truth.nowMs;
  bench.rule('R3', !isHeld, () => `${call} without the permit, which ${permit?.owner ?? 'nobody'} has`);
}

const AWS: readonly Read[] = ['groups', 'parameters'];
const CALM: readonly Read[] = [...AWS, 'probe'];
const ETCD: readonly Read[] = ['groups', 'parameters', 'machines', 'probe', 'members'];

/** R3: every effect starts from an observation that began after the permit was taken and after the last effect. */
export function judgeFreshness(bench: Bench, watch: PassWatch, call: string): void {
  const isDisruption = DISRUPTIONS.includes(call);
  const since = isDisruption ? Math.max(watch.effectAt, watch.permitAt) : watch.effectAt;
  const others = isLetGo(bench.truth) ? AWS : CALM;
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

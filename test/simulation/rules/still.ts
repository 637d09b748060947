import type { Bench } from './bench.ts';
import { isLetGo } from './truth.ts';
import type { PassWatch } from './watch.ts';

/** R13: frozen, or with another cluster among the instances, nothing is done; a rehearsal does nothing either. */
export function judgeStillness(bench: Bench, watch: PassWatch, call: string): void {
  bench.rule('R13', watch.mode !== 'act', () => `${call} in a pass that only looks`);
  const isAllowed = isLetGo(bench.truth);
  bench.rule('R13', watch.isFrozen() && !isAllowed, () => `${call} while the settings freeze the cluster`);
  const { clusterId } = bench.truth.etcd;
  const others = clusterId === null ? [] : [...watch.clusterIds].filter((id) => id !== clusterId);
  bench.rule(
    'R13',
    others.length > 0 && !isAllowed,
    () => `${call} while cluster ${others} is among the instances`,
  );
}

/** I2: everything that a client was told is kept; each loss is told once. */
export function judgeWhole(bench: Bench): void {
  const { lostWrites = 0 } = bench.truth.etcd;
  const isNew = lostWrites > bench.memory.lostWrites;
  bench.memory.lostWrites = lostWrites;
  bench.rule('I2', isNew, () => `${lostWrites} writes are lost that were acknowledged`);
}

/** R7: heartbeats come first, and every hook that is shown to wait gets one in every pass. */
export function judgeHeartbeats(bench: Bench, watch: PassWatch, call: string): void {
  if (watch.mode === 'look') return;
  const missing = watch.unbeaten();
  bench.rule('R7', missing.length > 0, () => `${call} before the heartbeats of ${missing}`);
}

/** R7: the platform answered a hook itself: somebody saw it wait, and did not extend it. */
export function judgeExpiry(bench: Bench, id: string, isGlobal: boolean): void {
  const { shownAtMs, beatAtMs } = bench.memory;
  const shown = shownAtMs.get(id) ?? Number.NEGATIVE_INFINITY;
  const isForgotten = !isGlobal && shown > (beatAtMs.get(id) ?? Number.NEGATIVE_INFINITY);
  bench.rule('R7', isForgotten, () => `the hook of ${id} ran out, and was seen after its last heartbeat`);
}

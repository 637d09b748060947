import type { Crowd, Worker } from './crowd.ts';
import { HEARTBEAT_MS, TERMINATE_HOOKS } from './hooks.ts';
import { SYNC_MS } from './limits.ts';
import type { Ground } from './storm.ts';

/** Of the groups, whose tags leave both at their defaults. */
const TTL_MS = 30_000;
const DRAIN_MS = 15_000;
/** The group begins to end all of them within this time. */
const SCALE_IN_MS = 10_000;
const LOOK_MS = 1_000;
/** From the last answer to the end of the machine. */
const ENDING_MS = 5_000;

/** What became of those that left. */
export interface Departures {
  /** From the beginning of its end until both hooks were answered. */
  readonly heldMs: number[];
  /** Hooks that ran out, because nobody sent a heartbeat: the platform let the instance go. */
  ranOut: number;
  /** Instances that went while clients could still be sent to them: by a record or a resolver, or by a key. */
  early: number;
}

/** Has the groups scale in: all leave but so many of each. */
export function leaveAll(
  ground: Ground,
  keptPerGroup: number,
  onEvent: (worker: Worker, event: 'leaving' | 'gone') => void,
): { readonly leavers: readonly Worker[]; readonly departures: Departures } {
  const { time, random } = ground;
  const leavers = leaversOf(ground.crowd, keptPerGroup);
  const departures: Departures = { heldMs: [], ranOut: 0, early: 0 };
  for (const worker of leavers) {
    time.at(time.nowMs() + random() * SCALE_IN_MS, () => {
      worker.lifecycle = 'Terminating:Wait';
      worker.leavingAtMs = time.nowMs();
      for (const hook of TERMINATE_HOOKS) worker.waits.set(hook, time.nowMs() + HEARTBEAT_MS);
      onEvent(worker, 'leaving');
    });
  }
  time.at(time.nowMs() + LOOK_MS, async () => {
    while (leavers.some(({ lifecycle }) => lifecycle !== 'Gone')) {
      for (const worker of leavers) look(ground, worker, departures, onEvent);
      await time.sleep(LOOK_MS);
    }
  });
  return { leavers, departures };
}

/** What Auto Scaling does about an instance that waits: nothing, until every hook is answered or ran out. */
function look(
  ground: Ground,
  worker: Worker,
  departures: Departures,
  onEvent: (worker: Worker, event: 'gone') => void,
): void {
  const { time } = ground;
  if (worker.lifecycle !== 'Terminating:Wait') return;
  for (const [hook, dueMs] of worker.waits) {
    if (dueMs > time.nowMs()) continue;
    worker.waits.delete(hook);
    departures.ranOut += 1;
  }
  if (worker.waits.size > 0) return;
  departures.heldMs.push(time.nowMs() - (worker.leavingAtMs ?? 0));
  if (isEarly(ground, worker)) departures.early += 1;
  worker.lifecycle = 'Terminating:Proceed';
  time.at(time.nowMs() + ENDING_MS, () => {
    worker.lifecycle = 'Gone';
    onEvent(worker, 'gone');
  });
}

const leaversOf = ({ workers, groups }: Crowd, keptPerGroup: number): readonly Worker[] =>
  groups.flatMap((name) => workers.filter(({ group }) => group === name).slice(keptPerGroup));

/** Route 53 needs its time to spread a change, resolvers keep what they had for the TTL, clients of etcd drain. */
function isEarly({ time, zone, etcd }: Ground, { id }: Worker): boolean {
  const nowMs = time.nowMs();
  const offDnsMs = zone.publishedAtMs.has(id) ? Number.POSITIVE_INFINITY : (zone.withdrawnAtMs.get(id) ?? 0);
  const offEtcdMs = etcd.registeredAtMs.has(id) ? Number.POSITIVE_INFINITY : (etcd.removedAtMs.get(id) ?? 0);
  return nowMs < offDnsMs + SYNC_MS + TTL_MS || nowMs < offEtcdMs + DRAIN_MS;
}

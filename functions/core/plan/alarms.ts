import type { AlarmedView } from '../alarmed.ts';
import type { Observation } from '../observation.ts';
import { isRebooting } from '../reboot/lock.ts';
import { planCorrupt } from './corrupt.ts';
import { merge, type Plan, type Wait, wait } from './plan.ts';
import { planStatusOnly } from './publish.ts';
import { planSpace } from './space.ts';

/**
 * What is done while etcd raises an alarm: nothing about membership, but for the one member that is corrupt, and
 * nothing else but to make an end of the alarm (S59, S60). etcd takes no writes meanwhile, the permit's neither:
 * the queue's group keeps others of us away, and whoever took the permit before is waited for.
 */
export function planAlarmed(world: Observation, alarmed: AlarmedView): Plan {
  const busy = busyWith(world, alarmed);
  const remedy = busy === null ? planRemedy(world, alarmed) : wait(busy);
  return merge(planStatusOnly(world, toldOf(world, remedy), 'degraded'), remedy);
}

function planRemedy(world: Observation, alarmed: AlarmedView): Plan {
  const kinds = new Set(alarmed.alarms.map(({ alarm }) => alarm));
  if (kinds.has('CORRUPT')) return planCorrupt(world, alarmed);
  return kinds.has('NOSPACE') ? planSpace(world, alarmed) : wait();
}

/** In the status stands why nothing more is done, or else that an alarm stands. */
function toldOf({ etcd }: Observation, { waits }: Plan): Wait {
  const final = waits.find(({ kind }) => kind === 'quotaReached' || kind === 'corruptUnclear');
  return final ?? { kind: 'alarmRaised', alarms: etcd.alarms };
}

/**
 * A permit is under a lease of seconds, renewed by a function that lives for a minute at most. While etcd is
 * corrupt no lease ends (its revocation is refused, too), so one that is older than this is nobody's.
 */
const PERMIT_MS_MAX = 300_000;

/** Who is at work in the cluster already; `null`: nobody. */
function busyWith(world: Observation, { agreed, permit, rebooting }: AlarmedView): Wait | null {
  const repairCount = world.records.space.repairsAtMs.length;
  if (!agreed) return { kind: 'makingSpace', next: 'change', repairCount };
  if (permit !== null && !isDead(world, permit.sinceMs))
    return { kind: 'makingSpace', next: 'permit', repairCount };
  return isRebooting(rebooting) ? { kind: 'makingSpace', next: 'reboot', repairCount } : null;
}

const isDead = ({ takenAtMs }: Observation, sinceMs: number | null): boolean =>
  sinceMs !== null && takenAtMs - sinceMs > PERMIT_MS_MAX;

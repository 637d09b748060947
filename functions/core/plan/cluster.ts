import type { Claim } from '../claim.ts';
import { foreignCluster } from '../foreign-cluster.ts';
import { KEY } from '../names.ts';
import type { MemberView, Observation } from '../observation.ts';
import { openRecovery } from '../recovery/records.ts';
import { planAlarmed } from './alarms.ts';
import { planBootstrap } from './bootstrap.ts';
import { planSuspect } from './corrupt.ts';
import { planForming } from './forming.ts';
import { planAdvice } from './holds.ts';
import { planHookAges, planHooks } from './hooks.ts';
import { planJoins } from './joins.ts';
import { planLeaves } from './leaves.ts';
import { planMaintenance } from './maintenance.ts';
import { merge, nothing, type Plan, type Wait, wait } from './plan.ts';
import { planPublishing, planStatusOnly } from './publish.ts';
import { planRebooting } from './rebooting.ts';
import { planCleanup, planRecords } from './records.ts';
import { planRecovering } from './recovering.ts';
import { planLoss, planQuorumBack } from './recovery.ts';
import { planSteady } from './remember.ts';
import { planRemovals } from './removals.ts';
import { planSignals, withFailures } from './signals.ts';
import { planUnhealthy } from './unhealthy.ts';

/**
 * Everything that should be done to a cluster, safest first, and everything that
 * must not happen yet. Total: any observation has a plan, most often an empty one.
 * Heartbeats are not here: they come before the observation, whatever it says.
 */
export function planCluster(world: Observation): Plan {
  const plan = withFailures(world, merge(planPhase(world), tellTurnedAway(world), planHookAges(world)));
  return world.config.frozen ? freeze(plan) : plan;
}

function planPhase(world: Observation): Plan {
  const stranger = foreignCluster(world);
  if (stranger !== null) return wait({ kind: 'foreignCluster', ...stranger });
  const { view } = world.etcd;
  if (view !== null) return merge(planQuorumBack(world, view), planMembers(world, view));
  const { claim, unreadable } = world.records;
  if (unreadable.length > 0)
    return wait(...unreadable.map((name) => ({ kind: 'recordUnreadable', name }) as const));
  const open = openRecovery(world.records);
  if (open === null && claim === null) return planBootstrap(world);
  if (open === null && claim !== null && !wasAlive(world, claim)) return planForming(world, claim);
  const { alarmed } = world.databases;
  if (alarmed !== null) return planAlarmed(world, alarmed);
  const { alarms } = world.etcd;
  if (alarms.length > 0) return planStatusOnly(world, { kind: 'alarmRaised', alarms }, 'degraded');
  return open === null ? planLoss(world) : planRecovering(world, open);
}

/**
 * Whether the cluster of this claim, or of a later one, was ever seen. The pin alone does not
 * tell: a pass may have died right before it, and the claim may be an old reading. What was
 * alive has not failed to form (rules R1, R12), however silent it is now.
 */
function wasAlive({ records, group }: Observation, claim: Claim): boolean {
  const isStarted = [...records.tickets.values()].some(({ state }) => state === 'started');
  const isOutdated = group.bootstrapped !== null && group.bootstrapped > claim.number;
  return claim.clusterId !== null || records.statusText !== null || isStarted || isOutdated;
}

/** The order of work of design section 5: dead first, then add, then leave, then tell, then let go. */
function planMembers(world: Observation, view: MemberView): Plan {
  if (!view.agreed) return wait({ kind: 'membersDisagree' });
  if (!view.memory.ours) return wait({ kind: 'recordNewer', names: [KEY.state] });
  const suspect = planSuspect(world, view);
  // Whose data is right must be known before anybody is replaced (S60).
  if (suspect.waits.some(({ kind }) => kind === 'corruptUnclear'))
    return merge(planPublishing(world, view, suspect.waits), wait(...suspect.waits));
  const changes = merge(
    planRecords(world, view),
    suspect,
    planRemovals(world, view),
    planUnhealthy(world, view),
    planJoins(world, view),
    planLeaves(world, view),
    planAdvice(world, view),
  );
  const membership = planRebooting(world, view, merge(changes, planMaintenance(world, view, changes)));
  const before = merge(
    membership,
    planPublishing(world, view, [...membership.waits, ...planHookAges(world).waits]),
  );
  // What is told of calm is noted on the same look: else it would be another time with each, and told anew.
  const told = merge(before, planSteady(world, view));
  return merge(told, planHooks(world, view), planCleanup(world, view), planSignals(world, view));
}

/** Where a voter answers, it is told of each member instead. */
function tellTurnedAway({ etcd }: Observation): Plan {
  if (etcd.view !== null) return nothing;
  const waits = (['denied', 'untrusted'] as const).flatMap((because): readonly Wait[] => {
    const instanceIds = etcd.turnedAway.filter((one) => one.because === because).map((one) => one.instanceId);
    return instanceIds.length === 0 ? [] : [{ kind: 'accessRefused', because, instanceIds }];
  });
  return wait(...waits);
}

/** Frozen means still, not gone: what would be done is told, nothing is done (rule R13). */
function freeze(plan: Plan): Plan {
  const withheld = [...new Set(plan.actions.map((action) => action.kind))];
  return { actions: [], waits: [{ kind: 'frozen', withheld }, ...plan.waits] };
}

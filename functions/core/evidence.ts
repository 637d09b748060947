import type { InstanceId } from './identity.ts';
import { mustLeave } from './lifecycle.ts';
import type { Instance, Member, Observation } from './observation.ts';
import type { DepartureReason } from './plan/reasons.ts';
import type { BootReport } from './report.ts';

/** How long EC2 must keep saying "no such instance" before it is believed: it says so of young ones too. */
export const MISSING_FOR_MS = 60_000;

/** What is known about an instance that the group no longer lists. Unknown is never gone (rule R5). */
export type Presence = 'listed' | 'gone' | 'unknown';

/**
 * Whether an instance is gone, by evidence: the group was returned and does not
 * list it, and EC2 says `terminated` (final, never said of a living machine), or
 * has said in two passes at least a minute apart that it knows no such id.
 */
export function presenceOf(
  world: Observation,
  instanceId: InstanceId,
  missingSinceMs: number | null,
): Presence {
  if (world.instances.some((instance) => instance.id === instanceId)) return 'listed';
  const machine = world.machines.get(instanceId);
  if (machine === undefined) return 'unknown';
  if (machine.kind === 'known') return machine.state === 'terminated' ? 'gone' : 'unknown';
  return missingSinceMs !== null && world.takenAtMs - missingSinceMs >= MISSING_FOR_MS ? 'gone' : 'unknown';
}

/**
 * Why a member may be removed although nobody moves it in an orderly way, or `null`.
 * An orderly leave of a voter that answers is planned elsewhere.
 */
export function departureReason(world: Observation, member: Member): DepartureReason | null {
  if (member.instanceId === null) return null;
  const instance = instanceOf(world, member.instanceId);
  if (instance !== null) {
    if (instance.stage === 'leaving') return 'terminating';
    if (mustLeave(instance.stage)) return 'outOfService';
    return isDiskLost(world, member) ? 'diskLost' : null;
  }
  const since = world.etcd.view?.memory.missingSinceMs[member.instanceId] ?? null;
  return presenceOf(world, member.instanceId, since) === 'gone' ? 'instanceGone' : null;
}

export const instanceOf = (world: Observation, id: InstanceId): Instance | null =>
  world.instances.find((instance) => instance.id === id) ?? null;

export const memberOf = (members: readonly Member[], instanceId: InstanceId): Member | null =>
  members.find((member) => member.instanceId === instanceId) ?? null;

/**
 * The boot script on the machine of this very member reports that its disk is empty (or holds
 * somebody else's data), and the member does not answer. It refuses to start, so
 * the member is lost as surely as if its instance were (S17, S71).
 */
function isDiskLost(world: Observation, member: Member): boolean {
  const kind = reportOf(world, member)?.kind;
  return (kind === 'empty-disk' || kind === 'foreign-data') && !member.answers;
}

/** Its boot script says that etcd starts by itself when its certificates are right: no other machine has better ones. */
export const lacksCertificates = (world: Observation, member: Member): boolean =>
  reportOf(world, member)?.kind === 'bad-certificates';

const reportOf = (world: Observation, member: Member): BootReport | null =>
  world.records.reports.find(
    (report) => report.memberId === member.id && report.instanceId === member.instanceId,
  ) ?? null;

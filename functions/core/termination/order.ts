import type { InstanceId } from '../identity.ts';
import { stageOf } from '../lifecycle.ts';
import type { ClusterSight } from '../tolerance.ts';
import type { LeavingGroup, LeavingInstance } from './ports.ts';
import type { TerminationRequest } from './request.ts';

/** Somebody who may be named, with everything that the order asks about. */
export interface Candidate {
  readonly instanceId: InstanceId;
  readonly zone: string;
  readonly role: 'leader' | 'follower' | 'notVoter';
  /** The group counts it as unhealthy. */
  readonly isUnhealthy: boolean;
  /** A voter that does not answer, or that is too far behind. */
  readonly isFailing: boolean;
  /** Lower is older; of another launch template than the group's is older than all versions of its own. */
  readonly templateAge: number;
  /** Instances of the group in its zone that are not leaving. */
  readonly crowd: number;
  /** The platform asks for one of its zone. */
  readonly isOfAskedZone: boolean;
}

/**
 * Those of the suggested instances that can still be named, the one to go first in front: the leader last of
 * all; what is unhealthy or failing before what is well; who has no vote before who has; the oldest launch
 * template; the most crowded zone. Among equals, the platform's own order.
 */
export function candidatesInOrder(
  request: TerminationRequest,
  group: LeavingGroup,
  sight: ClusterSight,
  maxLag: number,
): readonly Candidate[] {
  const zones = new Set(request.capacity.map(({ zone }) => zone));
  return request.suggested
    .flatMap(({ instanceId }): readonly Candidate[] => {
      const instance = group.instances.find(({ id }) => id === instanceId);
      if (instance === undefined || !canGo(instance, request)) return [];
      return [{ ...standing(instance, group, sight, maxLag), isOfAskedZone: zones.has(instance.zone) }];
    })
    .sort(byOrder);
}

/** Who leaves already, or is protected now, was so after the platform made its list. */
function canGo({ lifecycle, isProtected }: LeavingInstance, { cause }: TerminationRequest): boolean {
  const stage = stageOf(lifecycle);
  if (stage === 'leaving' || stage === 'retained' || stage === 'warm') return false;
  // A refresh may be told to replace protected instances as well: then it suggests them.
  return !isProtected || cause === 'INSTANCE_REFRESH' || cause === 'MAX_INSTANCE_LIFETIME';
}

function standing(
  instance: LeavingInstance,
  group: LeavingGroup,
  sight: ClusterSight,
  maxLag: number,
): Omit<Candidate, 'isOfAskedZone'> {
  const voter = sight.voters.find(({ name }) => name === instance.id);
  const isFailing = voter !== undefined && (!voter.answers || voter.lag === null || voter.lag > maxLag);
  return {
    instanceId: instance.id,
    zone: instance.zone,
    role: sight.leader === instance.id ? 'leader' : voter === undefined ? 'notVoter' : 'follower',
    isUnhealthy: instance.health !== 'Healthy',
    isFailing,
    templateAge: templateAge(instance, group),
    crowd: group.instances.filter(({ zone, lifecycle }) => zone === instance.zone && isStaying(lifecycle))
      .length,
  };
}

const isStaying = (lifecycle: string): boolean => ['arriving', 'inService'].includes(stageOf(lifecycle));

function templateAge({ template }: LeavingInstance, { templateId }: LeavingGroup): number {
  if (template === null) return -2;
  if (templateId === null) return 0;
  return template.id === templateId ? template.version : -1;
}

/** Each rank: lower goes first. `Array.sort` is stable, so equals keep the platform's order. */
const RANKS: readonly ((one: Candidate) => number)[] = [
  ({ role }) => (role === 'leader' ? 1 : 0),
  ({ isUnhealthy, isFailing }) => (isUnhealthy || isFailing ? 0 : 1),
  ({ role }) => (role === 'notVoter' ? 0 : 1),
  ({ templateAge }) => templateAge,
  ({ crowd }) => -crowd,
  ({ isOfAskedZone }) => (isOfAskedZone ? 0 : 1),
];

function byOrder(a: Candidate, b: Candidate): number {
  for (const rank of RANKS) {
    const difference = rank(a) - rank(b);
    if (difference !== 0) return difference;
  }
  return 0;
}

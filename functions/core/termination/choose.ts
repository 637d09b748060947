import { parseConfig } from '../config.ts';
import type { InstanceId } from '../identity.ts';
import { stageOf } from '../lifecycle.ts';
import { PARAMETER, TAG } from '../names.ts';
import { type Shortfall, shortfall } from '../shortfalls.ts';
import { decodeStatus } from '../status.ts';
import { type ClusterSight, judgeTolerance, type Require, requireOf } from '../tolerance.ts';
import { sightOfParameters } from '../tolerance-sight.ts';
import { type Held, hold } from './holds.ts';
import { judgeGoing } from './may-go.ts';
import { type Candidate, candidatesInOrder } from './order.ts';
import type { LeavingGroup } from './ports.ts';
import type { TerminationRequest } from './request.ts';

/** Everything that one answer is based on. */
export interface TerminationSight {
  readonly request: TerminationRequest;
  readonly group: LeavingGroup;
  /** What is published of the cluster, by names below its path: at least those of {@link NEEDED}. */
  readonly texts: ReadonlyMap<string, string>;
  /** Auto Scaling or CloudFormation deletes the group at this moment. */
  readonly isGroupDeleting: boolean;
  readonly telling: Telling;
  readonly nowMs: number;
}

/** The parameters that an answer needs. */
export const NEEDED = [
  PARAMETER.config,
  PARAMETER.bootstrap,
  PARAMETER.endpoints,
  PARAMETER.peers,
  PARAMETER.status,
  PARAMETER.teardown,
] as const;

export type Choice =
  /** This one, and nobody else until it is gone. */
  | { readonly kind: 'chosen'; readonly instanceId: InstanceId; readonly because: ChoiceReason }
  /** Whomever the platform wants: there is no cluster that could be hurt. */
  | { readonly kind: 'free'; readonly instanceIds: readonly InstanceId[]; readonly because: FreeReason }
  /** Nobody now; the platform asks again. */
  | { readonly kind: 'held'; readonly shortfalls: readonly (Shortfall | Held)[] };

export type ChoiceReason = 'unhealthy' | 'failing' | 'notVoter' | 'follower' | 'leader';
export type FreeReason = 'notOurs' | 'notMembers' | 'deleting' | 'notFounded' | 'dryRun';

/** The cluster whose members the group holds, or why the platform may choose as it likes. */
export function clusterOf(group: LeavingGroup): { readonly cluster: string } | { readonly free: FreeReason } {
  const cluster = group.tags.get(TAG.cluster) ?? '';
  if (cluster === '') return { free: 'notOurs' };
  return group.tags.get(TAG.role) === 'member' ? { cluster } : { free: 'notMembers' };
}

export const freely = (request: TerminationRequest, because: FreeReason): Choice => ({
  kind: 'free',
  instanceIds: request.suggested.map(({ instanceId }) => instanceId),
  because,
});

/** Names at most one: the next is asked for when this one is gone and the cluster is whole again. */
export function chooseLeaver(world: TerminationSight): Choice {
  const { request, group, texts } = world;
  if (world.isGroupDeleting || texts.has(PARAMETER.teardown)) return freely(request, 'deleting');
  const sight = { ...sightOfParameters(texts), desired: group.desiredCapacity };
  if (isUnfounded(sight, group)) return freely(request, 'notFounded');
  const parsed = parseConfig(texts.get(PARAMETER.config) ?? '');
  if (!parsed.ok || parsed.config.frozen) return held(shortfall('frozen'));
  if (world.telling === 'old') return held(hold('notTold'));
  const leaver = leaverIn(group, sight);
  if (leaver !== null) return held(hold('leaverPresent', leaver));
  return firstThatMayGo(world, sight, requireOf(parsed.config));
}

const held = (...shortfalls: readonly (Shortfall | Held)[]): Choice => ({ kind: 'held', shortfalls });

/** By the parameters and by the group's tag: one of them could have been deleted by hand. */
const isUnfounded = ({ obstacles }: ClusterSight, { tags }: LeavingGroup): boolean =>
  obstacles.some(({ code }) => code === 'notFounded') && !tags.has(TAG.bootstrapped);

/** One that is on its way already, and counts until its member is removed; the group knows it before the status does. */
function leaverIn({ instances }: LeavingGroup, { voters, learners }: ClusterSight): InstanceId | null {
  const isMember = (id: InstanceId) => voters.some(({ name }) => name === id) || learners.includes(id);
  const leaver = instances.find(({ id, lifecycle }) => {
    const stage = stageOf(lifecycle);
    return (
      (stage === 'leaving' && (lifecycle.endsWith(':Wait') || isMember(id))) ||
      (stage === 'retained' && isMember(id))
    );
  });
  return leaver?.id ?? null;
}

function firstThatMayGo(world: TerminationSight, sight: ClusterSight, require: Require): Choice {
  const { request, group } = world;
  const nowMs = lookedAtMs(world);
  const candidates = candidatesInOrder(request, group, sight, require.maxLag);
  const [first] = candidates;
  if (first === undefined) return held(hold('nobodyLeft'));
  const able = candidates.find((one) => reasonsAgainst(one, group, sight, require, nowMs).length === 0);
  if (able === undefined) {
    const shortfalls = judgeTolerance(sight, require, nowMs);
    return held(
      ...(shortfalls.length > 0 ? shortfalls : reasonsAgainst(first, group, sight, require, nowMs)),
    );
  }
  return { kind: 'chosen', instanceId: able.instanceId, because: reasonFor(able) };
}

/** How long the cluster has been calm is judged by the time of the look: nobody saw what has been since. */
function lookedAtMs({ texts, nowMs }: TerminationSight): number {
  const atMs = Date.parse(decodeStatus(texts.get(PARAMETER.status) ?? '')?.at ?? '');
  return Number.isNaN(atMs) ? nowMs : Math.min(nowMs, atMs);
}

function reasonsAgainst(
  one: Candidate,
  { desiredCapacity }: LeavingGroup,
  sight: ClusterSight,
  require: Require,
  nowMs: number,
): readonly (Shortfall | Held)[] {
  const isLast = one.role !== 'notVoter' && sight.voters.length <= 1;
  if (isLast && desiredCapacity === 0) return [hold('lastVoter', one.instanceId)];
  return judgeGoing(one, sight, require, nowMs);
}

function reasonFor({ role, isUnhealthy, isFailing }: Candidate): ChoiceReason {
  if (isUnhealthy) return 'unhealthy';
  return isFailing ? 'failing' : role;
}

/** As old as a status may be that answers nobody's question. */
const TOLD_MS_MAX = 15_000;
/** Who writes a status has another clock. */
const CLOCK_SLACK_MS = 1_000;

/**
 * How well the published status tells of this moment: it answers our own question, or is young enough to do
 * without. However young, it may be of before leadership moved: it is never preferred to an answer.
 */
export type Telling = 'answer' | 'recent' | 'old';

/** @param requestId with which this very invocation asked for its looks */
export function tellingOf(texts: ReadonlyMap<string, string>, requestId: string, nowMs: number): Telling {
  const status = decodeStatus(texts.get(PARAMETER.status) ?? '');
  if (status === null) return 'old';
  if (status.asked.some((nonce) => nonce.startsWith(`${requestId}/`))) return 'answer';
  const ageMs = nowMs - Date.parse(status.at);
  return ageMs >= -CLOCK_SLACK_MS && ageMs <= TOLD_MS_MAX ? 'recent' : 'old';
}

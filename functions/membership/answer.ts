import type { ErrorCode } from '../core/errors.ts';
import { explainWait } from '../core/explain.ts';
import { explainAction } from '../core/explain-action.ts';
import { TAG } from '../core/names.ts';
import type { MemberView, Observation } from '../core/observation.ts';
import type { ActionKind, Wait, WaitKind } from '../core/plan/plan.ts';
import { statusOf } from '../core/plan/publish.ts';
import type { ClusterHealth, Status } from '../core/status.ts';
import type { PassReport } from '../engine/report.ts';
import { type AnsweredFinding, findingsOf } from './answer-findings.ts';
import {
  type AnsweredHook,
  type AnsweredInstance,
  type AnsweredMember,
  hooksOf,
  instanceAnswer,
  memberAnswer,
} from './answer-members.ts';
import type { RecoverAnswer } from './answer-recovery.ts';
import {
  type AnsweredPreflight,
  type AnsweredTolerance,
  preflightAnswer,
  toleranceAnswer,
} from './answer-tolerance.ts';

/**
 * What an operator gets who invokes the function: versioned JSON. Numbers that
 * may exceed what JSON readers hold exactly (ids, raft indexes) are decimal text.
 */
export type Answer = StatusAnswer | PlanAnswer | RecoverAnswer | RefusalAnswer;

export interface StatusAnswer {
  readonly etcdAutopilot: 1;
  readonly ok: true;
  readonly request: 'status';
  readonly cluster: string;
  /** Time of the look; `null`: it came to nothing that could be planned from. */
  readonly at: string | null;
  readonly health: AnsweredHealth;
  readonly clusterId: string | null;
  /** Instance of the leader, or its member id where it has none. */
  readonly leader: string | null;
  readonly group: { readonly name: string; readonly desiredCapacity: number } | null;
  /** Empty when no voter answered: who is a member is then unknown. */
  readonly members: readonly AnsweredMember[];
  readonly instances: readonly AnsweredInstance[];
  readonly hooks: readonly AnsweredHook[];
  readonly waits: readonly Told<WaitKind>[];
  /** What DNS and registry found wrong when they looked last. */
  readonly findings: readonly AnsweredFinding[];
  readonly tolerates: AnsweredTolerance;
  /** What was last published, where no voter answers now. */
  readonly lastKnown: Status | null;
}

export interface PlanAnswer {
  readonly etcdAutopilot: 1;
  readonly ok: true;
  readonly request: 'plan';
  readonly cluster: string;
  readonly at: string | null;
  /** What a pass would do now, in this order; it looks again after each. */
  readonly actions: readonly Told<ActionKind>[];
  readonly waits: readonly Told<WaitKind>[];
  /** Whether a version may be rolled out now; `null`: nobody asked. */
  readonly preflight: AnsweredPreflight | null;
}

export interface RefusalAnswer {
  readonly etcdAutopilot: 1;
  readonly ok: false;
  readonly code: ErrorCode;
  readonly message: string;
}

/** `forming`: founded, no voter has answered yet. `deleting`: the intent to delete stands. */
export type AnsweredHealth = ClusterHealth | 'forming' | 'deleting' | 'unknown';

/** A kind that tools may depend on, with the words for people. */
export interface Told<Kind extends string> {
  readonly kind: Kind;
  readonly text: string;
}

/** The answer to `status`, from a pass that only looked. */
export function statusAnswer(report: PassReport, cluster: string): StatusAnswer | RefusalAnswer {
  const refusal = refusalOf(report, cluster);
  if (refusal !== null) return refusal;
  const { world, waits } = report;
  const view = world?.etcd.view ?? null;
  const health = healthOf(report);
  return {
    etcdAutopilot: 1,
    ok: true,
    request: 'status',
    cluster,
    at: timeOf(world),
    health,
    clusterId: view?.clusterId ?? world?.records.claim?.clusterId ?? null,
    leader: view === null ? null : leaderOf(view),
    group: world === null ? null : { name: world.group.name, desiredCapacity: world.group.desiredCapacity },
    members:
      view === null
        ? []
        : view.members.map((one) => memberAnswer(view, one, world?.etcd.statuses ?? new Map())),
    instances: world === null ? [] : world.instances.map((instance) => instanceAnswer(view, instance)),
    hooks: world === null ? [] : hooksOf(world),
    waits: tellWaits(cluster, waits),
    findings: findingsOf(world),
    tolerates: toleranceAnswer(world, health === 'deleting'),
    lastKnown: view === null ? (world?.records.status ?? null) : null,
  };
}

/** The answer to `plan`, from a pass that only looked. */
export function planAnswer(
  report: PassReport,
  cluster: string,
  etcdVersion: string | null = null,
): PlanAnswer | RefusalAnswer {
  const refusal = refusalOf(report, cluster);
  if (refusal !== null) return refusal;
  return {
    etcdAutopilot: 1,
    ok: true,
    request: 'plan',
    cluster,
    at: timeOf(report.world),
    actions: report.pending.map((action) => ({ kind: action.kind, text: explainAction(cluster, action) })),
    waits: tellWaits(cluster, report.waits),
    preflight: etcdVersion === null ? null : preflightAnswer(report.world, isDeleting(report), etcdVersion),
  };
}

/** A group that is not there is most often a name that was mistyped, so it is told as such. */
export function refusalOf(report: PassReport, cluster: string): RefusalAnswer | null {
  if (report.error !== null) return refusalAnswer(report.error.code, report.error.message);
  if (report.waits.every(({ kind }) => kind !== 'groupMissing')) return null;
  const tags = `${TAG.cluster} = ${cluster} and ${TAG.role} = member`;
  return refusalAnswer('AWS_GONE', `no Auto Scaling group has the tags ${tags}`);
}

/** What an operator gets when the request cannot be answered. */
export const refusalAnswer = (code: ErrorCode, message: string): RefusalAnswer => ({
  etcdAutopilot: 1,
  ok: false,
  code,
  message,
});

const timeOf = (world: Observation | null): string | null =>
  world === null ? null : new Date(world.takenAtMs).toISOString();

const tellWaits = (cluster: string, waits: readonly Wait[]): readonly Told<WaitKind>[] =>
  waits.map((wait) => ({ kind: wait.kind, text: explainWait(cluster, wait) }));

const isDeleting = ({ pending, waits }: PassReport): boolean =>
  pending.some((action) => 'because' in action && action.because === 'clusterDeleted') ||
  waits.some(({ kind }) => kind === 'deletionPending');

function healthOf(report: PassReport): AnsweredHealth {
  const { world, waits } = report;
  const kinds = new Set(waits.map(({ kind }) => kind));
  if (isDeleting(report)) return 'deleting';
  if (world === null) return 'unknown';
  if (world.etcd.view !== null) return healthOfMembers(world, world.etcd.view, waits);
  if (kinds.has('clusterForming')) return 'forming';
  return LOST.some((kind) => kinds.has(kind)) ? 'quorumLost' : 'unknown';
}

const LOST: readonly WaitKind[] = ['quorumUnknown', 'quorumLost', 'recovering'];

/** A second cluster, or two tellings of one, is never healthy, however well each half does. */
function healthOfMembers(world: Observation, view: MemberView, waits: readonly Wait[]): ClusterHealth {
  const { health } = statusOf(world, view, waits);
  const isDivided = waits.some(({ kind }) => kind === 'foreignCluster' || kind === 'membersDisagree');
  return isDivided && health === 'healthy' ? 'degraded' : health;
}

function leaderOf(view: MemberView): string | null {
  const leader = view.members.find((member) => member.id === view.leaderId);
  return leader?.instanceId ?? view.leaderId;
}

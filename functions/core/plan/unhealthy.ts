import { instanceOf, lacksCertificates, memberOf } from '../evidence.ts';
import { mustLeave } from '../lifecycle.ts';
import { DAY_MS } from '../memory.ts';
import type { Instance, Member, MemberView, Observation, Silence } from '../observation.ts';
import { votersOf } from '../observation.ts';
import { judgeRemoval } from '../quorum.ts';
import { type SilenceClass, silenceClassOf, silenceKey } from '../silence.ts';
import { planEndings } from './endings.ts';
import { isHeld, isWithheld } from './holds.ts';
import { answerHook } from './hooks.ts';
import { newcomersOf } from './newcomers.ts';
import { act, merge, nothing, type Plan, wait } from './plan.ts';
import type { SilenceStep } from './reasons.ts';

/**
 * Voters reported for silence in a day, at most: a fault that comes back with every new
 * machine (a bad image, a full disk) must not go on replacing them for ever.
 */
export const REPORTS_MAX = 3;

/** A silent voter of ours, with the instance that its group lists. */
interface Silent {
  readonly member: Member;
  readonly instance: Instance;
}

/**
 * Has the group replace the instances whose voters stay silent beyond their grace, one at a
 * time, and those that EC2 is about to end. Both leave through their terminate hooks;
 * nothing is removed here.
 */
export function planUnhealthy(world: Observation, view: MemberView): Plan {
  const silent = votersOf(view.members).flatMap((member) => {
    const instance = member.instanceId === null ? null : instanceOf(world, member.instanceId);
    return member.answers || instance === null || mustLeave(instance.stage) ? [] : [{ member, instance }];
  });
  return merge(...silent.map((one) => planSilent(world, view, one)), planEndings(world, view));
}

function planSilent(world: Observation, view: MemberView, silent: Silent): Plan {
  const next = nextFor(world, view, silent);
  const { member, instance } = silent;
  const about = { memberId: member.id, instanceId: instance.id };
  const told = wait({ kind: 'voterSilent', ...about, because: member.silence ?? 'failed', next });
  if (next !== 'due' && next !== 'overdue') return told;
  const verdict = judgeRemoval(view.members, member.id);
  if (!verdict.safe) return merge(told, wait({ kind: 'quorumAtRisk', memberId: member.id, verdict }));
  return merge(told, next === 'due' ? planReport(world, view, silent) : planEnd(world, view, silent));
}

function nextFor(world: Observation, view: MemberView, silent: Silent): SilenceStep {
  const { member, instance } = silent;
  const kind = silenceClassOf(member, instance);
  if (kind === null || lacksCertificates(world, member)) return 'kept';
  const sinceMs = view.memory.silentSinceMs[silenceKey(member, kind)];
  const graceMs = Math.max(graceOf(world, kind), isRewriting(world, view, member) ? REWRITING_MS : 0);
  const isWithin = sinceMs === undefined || world.takenAtMs - sinceMs < graceMs;
  const early = !view.memory.ours || isWithin ? 'grace' : doubtOf(world, member);
  if (instance.isUnhealthy && early === null) return 'overdue';
  // Whether it may be ended depends on the leader's answer: where that would free somebody, the pass stays for it.
  if (instance.isUnhealthy) return early === 'asking' && isInTheWay(world, view) ? 'asking' : 'replaced';
  if (early !== null) return early;
  const reportedAtMs = view.memory.reportedAtMs[instance.id] ?? world.takenAtMs;
  if (world.takenAtMs - reportedAtMs > REPORT_AGAIN_MS) return 'vetoed';
  return isAnotherLeaving(world, view, instance) ? 'queued' : 'due';
}

/** A report whose reply was lost is made again within this time; later, somebody has called the instance healthy since. */
const REPORT_AGAIN_MS = 600_000;

function graceOf({ config }: Observation, kind: SilenceClass): number {
  const { silent, restarting } = config.graceSeconds;
  return (kind === 'restarting' ? Math.max(silent, restarting) : silent) * 1_000;
}

/** A member answers nobody while its database is rewritten: tens of gigabytes take minutes. */
const REWRITING_MS = 1_200_000;

function isRewriting({ takenAtMs }: Observation, { memory }: MemberView, { id }: Member): boolean {
  const begunAtMs = memory.defragmentedAtMs[id];
  return begunAtMs !== undefined && takenAtMs - begunAtMs < REWRITING_MS;
}

/** Silences that a way broken between us and the machine would explain as well as a dead etcd. */
const IN_DOUBT: readonly Silence[] = ['deadline', 'unreachable', 'refused'];

/** The leader is asked, too: a voter that it hears is alive, and only we cannot reach it. */
function doubtOf({ pass }: Observation, { id, silence }: Member): 'asking' | 'heard' | 'unconfirmed' | null {
  if (silence === null || !IN_DOUBT.includes(silence)) return null;
  if (pass.isLeaderMute) return 'unconfirmed';
  const hears = pass.leaderHears.get(id);
  if (hears === undefined) return 'asking';
  return hears ? 'heard' : null;
}

/** Counted before it is done: a crash in between reports too few rather than for ever. */
function planReport(world: Observation, view: MemberView, { member, instance }: Silent): Plan {
  const { reportedAtMs } = view.memory;
  if (reportedAtMs[instance.id] === undefined) {
    const count = Object.keys(reportedAtMs).length;
    if (count >= REPORTS_MAX) return wait({ kind: 'replacementsExhausted', instanceId: instance.id, count });
    const reported = { ...reportedAtMs, [instance.id]: world.takenAtMs };
    return act({ kind: 'remember', memory: { ...view.memory, reportedAtMs: reported } });
  }
  // In its launch hook the group asks us, not for its health.
  if (instance.waitsIn === 'launch') return answerHook(world, instance, 'ABANDON', 'joinFailed');
  return act({ kind: 'reportUnhealthy', memberId: member.id, instanceId: instance.id, because: 'silent' });
}

const isAnotherLeaving = (world: Observation, view: MemberView, instance: Instance): boolean =>
  world.instances.some(
    (other) =>
      other.id !== instance.id &&
      ((other.stage === 'leaving' && !isHeld(world, view, other)) ||
        (isBeingReplaced(view, other) && !isWithheld(world, other.id))),
  );

/** Reported and silent. One that answers is kept by its group until its replacement is there, and blocks nobody. */
const isBeingReplaced = (view: MemberView, { id, stage, isUnhealthy }: Instance): boolean =>
  stage === 'inService' && isUnhealthy && memberOf(view.members, id)?.answers === false;

/**
 * With an instance maintenance policy that launches first, the group keeps an unhealthy instance
 * until its replacement is in service. That one cannot be promoted while too many silent voters
 * count, nor be added by an etcd that wants all voters connected. Somebody must go first, and it
 * is the one that does nothing.
 */
function planEnd(world: Observation, view: MemberView, { member, instance }: Silent): Plan {
  return isInTheWay(world, view)
    ? act({ kind: 'endInstance', instanceId: instance.id, memberId: member.id, because: 'silent' })
    : nothing;
}

/** Somebody waits to take the place of who is silent, and nobody is leaving yet. */
function isInTheWay(world: Observation, view: MemberView): boolean {
  const isAwaited =
    newcomersOf(world, view).some(({ waitsIn }) => waitsIn === 'launch') ||
    view.members.some((one) => one.role === 'learner' && one.instanceId !== null);
  return (
    isAwaited && world.instances.every((other) => other.stage !== 'leaving' || isHeld(world, view, other))
  );
}

/** Reports older than a day are forgotten. */
export const recentReports = (
  reportedAtMs: Readonly<Record<string, number>>,
  nowMs: number,
): Readonly<Record<string, number>> =>
  Object.fromEntries(Object.entries(reportedAtMs).filter(([, atMs]) => nowMs - atMs < DAY_MS));

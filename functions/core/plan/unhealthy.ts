import { instanceOf, lacksCertificates, memberOf } from '../evidence.ts';
import { mustLeave } from '../lifecycle.ts';
import { DAY_MS } from '../memory.ts';
import type { Instance, Member, MemberView, Observation, Silence } from '../observation.ts';
import { votersOf } from '../observation.ts';
import { judgePromotion, judgeRemoval } from '../quorum.ts';
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
  if (next === 'replaced') return merge(told, planEnd(world, view, silent));
  if (next !== 'due') return told;
  const verdict = judgeRemoval(view.members, member.id);
  if (!verdict.safe) return merge(told, wait({ kind: 'quorumAtRisk', memberId: member.id, verdict }));
  const { reportedAtMs } = view.memory;
  if (reportedAtMs[instance.id] === undefined) {
    if (Object.keys(reportedAtMs).length >= REPORTS_MAX) {
      return merge(
        told,
        wait({ kind: 'replacementsExhausted', instanceId: instance.id, count: REPORTS_MAX }),
      );
    }
    // Counted before it is done: a crash in between reports too few rather than for ever.
    const reported = { ...reportedAtMs, [instance.id]: world.takenAtMs };
    return merge(told, act({ kind: 'remember', memory: { ...view.memory, reportedAtMs: reported } }));
  }
  return merge(told, act({ kind: 'reportUnhealthy', ...about, because: 'silent' }));
}

function nextFor(world: Observation, view: MemberView, { member, instance }: Silent): SilenceStep {
  if (instance.stage !== 'inService' || !IS_OF_THE_MACHINE[member.silence ?? 'failed']) return 'kept';
  if (instance.isUnhealthy) return 'replaced';
  if (lacksCertificates(world, member)) return 'kept';
  const sinceMs = view.memory.silentSinceMs[member.id];
  if (!view.memory.ours || sinceMs === undefined) return 'grace';
  if (world.takenAtMs - sinceMs < graceSeconds(world, member) * 1_000) return 'grace';
  return doubtOf(world, member) ?? (isAnotherLeaving(world, view, instance) ? 'queued' : 'due');
}

/** Silences that a way broken between us and the machine would explain as well as a dead etcd. */
const IN_DOUBT: readonly Silence[] = ['deadline', 'unreachable'];

/** The leader is asked, too: a voter that it hears is alive, and only we cannot reach it. */
function doubtOf({ pass }: Observation, { id, silence }: Member): 'asking' | 'heard' | 'unconfirmed' | null {
  if (silence === null || !IN_DOUBT.includes(silence)) return null;
  const hears = pass.leaderHears.get(id);
  if (hears === undefined) return pass.isLeaderMute ? 'unconfirmed' : 'asking';
  return hears ? 'heard' : null;
}

/**
 * Which silences speak of the machine, so that another machine may mend them. A denial and a
 * certificate speak of settings that a new machine shares; an alarm, of the data.
 */
const IS_OF_THE_MACHINE: Readonly<Record<Silence, boolean>> = {
  deadline: true,
  unreachable: true,
  refused: true,
  cutOff: true,
  denied: false,
  untrusted: false,
  failed: false,
  alarmed: false,
  notAsked: false,
};

/** A machine that refuses the connection is up, and its etcd may be loading a large database. */
function graceSeconds({ config }: Observation, member: Member): number {
  const { silent, restarting } = config.graceSeconds;
  return member.silence === 'refused' ? Math.max(silent, restarting) : silent;
}

const isAnotherLeaving = (world: Observation, view: MemberView, instance: Instance): boolean =>
  world.instances.some(
    (other) =>
      other.id !== instance.id &&
      ((other.stage === 'leaving' && !isHeld(view, other)) ||
        (other.stage === 'inService' && other.isUnhealthy)),
  );

/** A leaver without which too few would answer waits for the silent one to be replaced: neither may wait for the other. */
function isHeld(view: MemberView, leaver: Instance): boolean {
  const member = memberOf(view.members, leaver.id);
  return member?.role === 'voter' && !judgeRemoval(view.members, member.id).safe;
}

/**
 * With an instance maintenance policy that launches first, the group keeps an unhealthy instance
 * until its replacement is in service; and that one cannot be promoted while the silent voter
 * counts. Somebody must go first, and it is the one that does nothing.
 */
function planEnd(world: Observation, view: MemberView, { member, instance }: Silent): Plan {
  const isAwaited =
    newcomersOf(world, view).some(({ waitsIn }) => waitsIn === 'launch') ||
    view.members.some((one) => one.role === 'learner' && one.instanceId !== null);
  const isStuck = isAwaited && !judgePromotion(view.members).safe;
  if (!isStuck || isAnotherLeaving(world, view, instance)) return nothing;
  const verdict = judgeRemoval(view.members, member.id);
  if (!verdict.safe) return wait({ kind: 'quorumAtRisk', memberId: member.id, verdict });
  return act({ kind: 'endInstance', instanceId: instance.id, memberId: member.id });
}

/** Replaced ahead of their end, so that they leave through the hook while they still answer (S36). */
function planEndings(world: Observation, view: MemberView): Plan {
  const ending = world.instances.flatMap((instance) => {
    const member = view.members.find(({ instanceId }) => instanceId === instance.id);
    const { ending: because } = instance;
    return because === null || instance.stage !== 'inService' || member?.answers !== true
      ? []
      : [{ instance, because, about: { instanceId: instance.id, memberId: member.id } }];
  });
  return merge(
    ...ending.map(({ instance, because, about }) =>
      merge(
        wait({ kind: 'machineEnding', ...about, because }),
        instance.isUnhealthy ? nothing : act({ kind: 'reportUnhealthy', ...about, because }),
      ),
    ),
  );
}

/** Reports older than a day are forgotten. */
export const recentReports = (
  reportedAtMs: Readonly<Record<string, number>>,
  nowMs: number,
): Readonly<Record<string, number>> =>
  Object.fromEntries(Object.entries(reportedAtMs).filter(([, atMs]) => nowMs - atMs < DAY_MS));

import { mustLeave } from '../lifecycle.ts';
import type { Instance, Member, MemberView, Observation } from '../observation.ts';
import type { Ending } from '../ports.ts';
import { judgeRemoval } from '../quorum.ts';
import { act, merge, nothing, type Plan, wait } from './plan.ts';

/** A voter that answers on a machine in service that EC2 has announced to end. */
interface Ender {
  readonly member: Member;
  readonly instance: Instance;
  readonly because: Ending;
}

/**
 * Has instances replaced ahead of their announced end, so that they leave through the hook while
 * they still answer (S36). An interruption comes within two minutes, whatever we do: it is reported
 * at once. A retirement is days ahead: one at a time, the leader last, and only while the others could do without.
 */
export function planEndings(world: Observation, view: MemberView): Plan {
  const enders = endersOf(world, view);
  const isBusy = world.instances.some(({ stage, isUnhealthy }) => mustLeave(stage) || isUnhealthy);
  const retired = enders.filter(({ because }) => because === 'retirement');
  const next = isBusy ? undefined : retired.find(({ member }) => judgeRemoval(view.members, member.id).safe);
  return merge(
    ...enders.map((ender) => planEnding(ender, ender.because === 'spotInterruption' || ender === next)),
  );
}

function endersOf(world: Observation, view: MemberView): readonly Ender[] {
  const enders = world.instances.flatMap((instance) => {
    const member = view.members.find(({ instanceId }) => instanceId === instance.id);
    const { ending: because, stage } = instance;
    const isVoter = member?.role === 'voter' && member.answers;
    return because !== null && stage === 'inService' && isVoter ? [{ member, instance, because }] : [];
  });
  const rank = ({ member }: Ender) => Number(member.id === view.leaderId);
  return enders.sort((a, b) => rank(a) - rank(b));
}

function planEnding({ member, instance, because }: Ender, isNow: boolean): Plan {
  const about = { memberId: member.id, instanceId: instance.id, because };
  const isReported = instance.isUnhealthy || isNow;
  const told = wait({ kind: 'machineEnding', ...about, isReported });
  return merge(told, isNow && !instance.isUnhealthy ? act({ kind: 'reportUnhealthy', ...about }) : nothing);
}

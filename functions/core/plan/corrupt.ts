import type { AlarmedView } from '../alarmed.ts';
import { type HashVerdict, judgeHashes } from '../hashes.ts';
import type { MemberId } from '../identity.ts';
import { mustLeave } from '../lifecycle.ts';
import { type Instance, type Member, type MemberView, type Observation, votersOf } from '../observation.ts';
import { judgeRemoval } from '../quorum.ts';
import type { CorruptDoubt } from './maintenance-wait.ts';
import { act, merge, nothing, type Plan, wait } from './plan.ts';
import { removeSafely } from './removals.ts';
import { moveFrom } from './transfer.ts';

/**
 * Replaces the one member that etcd calls corrupt, where a quorum of the others holds the same, and something
 * else than it does (S60). Two of them, or hashes that do not say so: everything stands still. Its machine is
 * ended before the alarm is taken back, for the alarm is what tells a later pass that this is still to do.
 */
export function planCorrupt(world: Observation, alarmed: AlarmedView): Plan {
  const alarms = alarmed.alarms.filter(({ alarm }) => alarm === 'CORRUPT');
  const ids = [...new Set(alarms.map(({ memberId }) => memberId))];
  const [alarm] = alarms;
  if (alarm === undefined) return nothing;
  if (ids.length > 1) return unclear(ids, 'alarms');
  const id = alarm.memberId;
  if (id === NOBODY) return unclear([id], 'noMajority');
  const member = alarmed.members.find((one) => one.id === id);
  if (member === undefined) {
    const ending = endOf(world, id);
    return ending ?? act({ kind: 'disarm', alarm, because: 'memberGone', record: null });
  }
  const doubt = doubtOf(world, alarmed, member);
  return doubt === null ? planReplacement(world, alarmed, member) : unclear([id], doubt);
}

/** Whom etcd names where it found members to differ, and cannot tell which is wrong: no member that has gone. */
const NOBODY = '0';

/** Why the alarm alone is not believed; `null`: the hashes bear it out, as far as the member itself can be asked. */
function doubtOf(world: Observation, { members }: AlarmedView, { id, role }: Member): CorruptDoubt | null {
  if (role === 'learner') return 'stranger';
  const verdict = judgeHashes(votersOf(members), world.databases.hashes);
  if (verdict.kind === 'unclear') return verdict.because;
  if (verdict.kind === 'differs') return verdict.memberId === id ? null : 'several';
  return world.databases.hashes.has(id) ? 'same' : null;
}

function planReplacement(world: Observation, alarmed: AlarmedView, member: Member): Plan {
  const { id: memberId, instanceId, peerUrl } = member;
  const told = wait({ kind: 'memberCorrupt', memberId, instanceId });
  const { proven } = alarmed;
  const members = alarmed.members.map((one) => ({
    ...one,
    answers: proven.has(one.id) && one.id !== memberId,
  }));
  const verdict = judgeRemoval(members, memberId);
  if (!verdict.safe) return merge(told, wait({ kind: 'quorumAtRisk', memberId, verdict }));
  const transfer = moveFrom(world, alarmed, member);
  const removal = act({ kind: 'removeMember', memberId, instanceId, peerUrl, because: 'corrupt' } as const);
  return merge(told, transfer ?? removal);
}

/** The machine of a member that is removed already, as its ticket tells; `null`: it goes, or is gone. */
function endOf({ records, instances }: Observation, memberId: MemberId): Plan | null {
  const ticket = [...records.tickets.values()].find((one) => one.memberId === memberId);
  const instance = instances.find(({ id }) => id === ticket?.instanceId);
  return instance === undefined || mustLeave(instance.stage) ? null : end(instance, memberId);
}

const end = ({ id: instanceId }: Instance, memberId: MemberId): Plan =>
  act({ kind: 'endInstance', instanceId, memberId, because: 'corrupt' });

/**
 * The same for a member that no alarm was raised for, and whose hash differs from what a quorum of the others
 * agrees on: checks found it so in one look, and this pass compared them anew. That it is removed for this is
 * remembered before it is, so that its machine is ended after it, whoever comes next.
 */
export function planSuspect(world: Observation, view: MemberView): Plan {
  const ended = planEnds(world, view);
  if (world.databases.hashes.size === 0) return ended;
  const verdict = judgeHashes(votersOf(view.members), world.databases.hashes);
  // Whoever could not be compared this time is compared the next.
  if (verdict.kind === 'same' || isTooFew(verdict)) return ended;
  const compared = [...world.databases.hashes.keys()];
  if (verdict.kind === 'unclear') return merge(ended, unclear(compared, verdict.because));
  const member = view.members.find(({ id }) => id === verdict.memberId);
  return member === undefined ? ended : merge(ended, replaceSuspect(world, view, member));
}

const isTooFew = (verdict: HashVerdict): boolean =>
  verdict.kind === 'unclear' && verdict.because === 'tooFew';

function replaceSuspect(world: Observation, view: MemberView, member: Member): Plan {
  const { id: memberId, instanceId } = member;
  const told = wait({ kind: 'memberCorrupt', memberId, instanceId });
  if (instanceId === null || !view.memory.ours) return told;
  const { corruptAtMs } = view.memory;
  if (corruptAtMs[instanceId] === undefined) {
    const remembered = { ...corruptAtMs, [instanceId]: world.takenAtMs };
    return merge(told, act({ kind: 'remember', memory: { ...view.memory, corruptAtMs: remembered } }));
  }
  const proven = new Set(votersOf(view.members).flatMap(({ id, answers }) => (answers ? [id] : [])));
  const transfer = moveFrom(world, { ...view, proven }, member);
  return merge(told, transfer ?? removeSafely(view, member, 'corrupt'));
}

/** Machines of members that were removed for it, and are no members now. */
function planEnds({ instances, records }: Observation, view: MemberView): Plan {
  const { corruptAtMs } = view.memory;
  const bare = instances.filter(
    ({ id, stage }) =>
      corruptAtMs[id] !== undefined &&
      !mustLeave(stage) &&
      view.members.every(({ instanceId }) => instanceId !== id),
  );
  const [next] = bare;
  return next === undefined ? nothing : end(next, records.tickets.get(next.id)?.memberId ?? '');
}

const unclear = (memberIds: readonly MemberId[], because: CorruptDoubt): Plan =>
  wait({ kind: 'corruptUnclear', memberIds: memberIds.toSorted(), because });

import { memberIdOf } from '../../../functions/core/raft-ids.ts';
import type { EtcdState } from './etcd-state.ts';
import type { EtcdText } from './failures.ts';
import type { FakeEtcd, FakeMember } from './member.ts';
import { lead } from './raft.ts';
import { objectionToAdding, objectionToPromoting, objectionToRemoving } from './reconfiguration.ts';

/** A change of membership that etcd is about to apply. */
export interface Change {
  readonly name: 'addLearner' | 'addVoter' | 'promote' | 'remove' | 'moveLeader';
  readonly member: FakeMember;
  readonly apply: () => void;
}

/** What the member that is asked says by itself, before anything is proposed. */
export const STRICT = {
  add: objectionToAdding,
  remove: objectionToRemoving,
} as const;

/** As etcd judges it when it applies the proposal: the id is made of the address and the second. */
export function adding(state: EtcdState, peerUrl: string, isLearner: boolean): Change | EtcdText {
  const id = memberIdOf(peerUrl, String(Math.floor(state.now() / 1_000)));
  if (state.removedIds.has(id)) return 'member not found';
  for (const member of state.members) {
    if (member.id === id) return 'member ID already exist';
    if (member.peerUrl === peerUrl) return 'Peer URLs already exists';
  }
  if (isLearner && state.members.some((member) => member.isLearner)) return TOO_MANY;
  const member = { id, name: '', peerUrl, clientUrl: '', isLearner };
  const apply = () => {
    state.members.push(member);
    state.space.adopt(id, state.leaderId);
  };
  return { name: isLearner ? 'addLearner' : 'addVoter', member, apply };
}

const TOO_MANY = 'too many learner members in cluster';

/** Judged by the leader: what it knows the learner to have counts, not whether that runs. */
export function promoting(state: EtcdState, asked: FakeEtcd, id: string): Change | EtcdText {
  const member = find(state, id);
  if (member !== undefined && (state.progress.get(id) ?? 0n) * 10n < state.index * 9n) return NOT_IN_SYNC;
  const objection = objectionToPromoting(state, asked);
  if (objection !== null) return objection;
  if (member === undefined) return 'member not found';
  if (!member.isLearner) return NO_LEARNER;
  const apply = () => {
    member.isLearner = false;
    delete member.hasStaleFlag;
  };
  return { name: 'promote', member, apply };
}

export const NOT_IN_SYNC = 'can only promote a learner member which is in sync with leader';
export const NO_LEARNER = 'can only promote a learner member';

export function removing(state: EtcdState, id: string): Change | EtcdText {
  const member = find(state, id);
  if (member === undefined) return 'member not found';
  return { name: 'remove', member, apply: () => take(state, id) };
}

/** Who hears of it ends; who does not lives on, and believes to be a member. */
function take(state: EtcdState, id: string): void {
  state.members = state.members.filter((member) => member.id !== id);
  state.removedIds.add(id);
  state.progress.delete(id);
  if (state.processOf(id)?.up === false) state.quit(id);
}

/** `silence`: the heir does not answer, and who asked waits until the deadline. */
export function moving(state: EtcdState, asked: FakeEtcd, to: string): Change | EtcdText | 'silence' {
  if (asked.memberId !== state.leaderId) return 'not leader';
  const heir = find(state, to);
  if (heir === undefined || heir.isLearner) return 'bad leader transferee';
  if (state.processOf(to)?.isInTouch !== true) return 'silence';
  return { name: 'moveLeader', member: heir, apply: () => to === asked.memberId || lead(state, to) };
}

const find = (state: EtcdState, id: string): FakeMember | undefined =>
  state.members.find((member) => member.id === id);

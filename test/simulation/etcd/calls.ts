import type { EtcdOperation } from '../../../functions/adapters/etcd/errors.ts';
import type { EtcdState } from './etcd-state.ts';
import { type EtcdText, type Silence, saidBy, silenceOf } from './failures.ts';
import type { FakeEtcd, FakeMember } from './member.ts';

/** One call to one endpoint, which has its deadline. */
export class Call {
  readonly #state: EtcdState;
  readonly #endpoint: string;
  readonly #operation: EtcdOperation;
  #leftMs: number;

  constructor(state: EtcdState, endpoint: string, operation: EtcdOperation, deadlineMs: number) {
    this.#state = state;
    this.#endpoint = endpoint;
    this.#operation = operation;
    this.#leftMs = deadlineMs;
  }

  /** Who answers there, after as long as it takes. */
  reach(): FakeEtcd {
    this.#state.elect();
    const found = answererAt(this.#state, this.#endpoint);
    if (found === 'deadline') throw this.#runOut();
    if (typeof found === 'string') throw silenceOf(this.#endpoint, this.#operation, found);
    if (found.answerMs >= this.#leftMs) throw this.#runOut();
    this.#wait(found.answerMs);
    return found;
  }

  /** As `reach`, for what learners do not serve. */
  reachVoter(): FakeEtcd {
    const found = this.reach();
    if (isShownLearner(memberOf(this.#state, found))) throw this.said('rpc not supported for learner');
    return found;
  }

  /** A proposal waits for the next leader. */
  awaitLeader(asked: FakeEtcd): void {
    if (this.#hasLeader(asked)) return;
    this.#waitForElection(asked);
    if (!this.#hasLeader(asked)) throw this.#runOut();
  }

  /** A read that began without a leader is given up when there is one. */
  needLeader(asked: FakeEtcd): void {
    if (this.#hasLeader(asked)) return;
    this.#waitForElection(asked);
    throw this.#hasLeader(asked) ? this.said('leader changed') : this.#runOut();
  }

  said(text: EtcdText): Error {
    return saidBy(this.#endpoint, this.#operation, text);
  }

  /** It waits for the rest of its time. */
  #runOut(): Error {
    this.#wait(this.#leftMs);
    return silenceOf(this.#endpoint, this.#operation, 'deadline');
  }

  runOut(): Error {
    return this.#runOut();
  }

  #hasLeader(asked: FakeEtcd): boolean {
    return asked.isInTouch && this.#state.leaderId !== null;
  }

  #waitForElection(asked: FakeEtcd): void {
    const dueAtMs = this.#state.electionDueAtMs;
    if (!asked.isInTouch || dueAtMs === null) return;
    const leftMs = dueAtMs - this.#state.now();
    if (leftMs >= this.#leftMs) return;
    this.#wait(leftMs);
    this.#state.elect();
  }

  /** What was asked for takes so long, or longer than anybody waits. */
  take(ms: number): void {
    if (ms >= this.#leftMs) throw this.#runOut();
    this.#wait(ms);
  }

  #wait(ms: number): void {
    if (ms <= 0) return;
    this.#leftMs -= ms;
    this.#state.onWait(ms);
  }
}

export const memberOf = (state: EtcdState, { memberId, lastKnown }: FakeEtcd): FakeMember | undefined => {
  for (const member of lastKnown?.members ?? state.members) if (member.id === memberId) return member;
  return undefined;
};

export const isShownLearner = (member: FakeMember | undefined): boolean =>
  member?.isLearner === true && member.hasStaleFlag !== true;

/** A founder serves nobody before a majority of the founders runs, nor does who starts before it finds its cluster. */
export function answererAt(state: EtcdState, endpoint: string): FakeEtcd | Silence {
  if (state.unreachable.size > 0 && state.unreachable.has(endpoint)) return 'unreachable';
  if (state.blackHoles.size > 0 && state.blackHoles.has(endpoint)) return 'deadline';
  const found = state.processes.get(endpoint);
  if (found === undefined || !found.up) return 'notListening';
  if (found.frozen || found.busyUntilMs > state.now()) return 'deadline';
  if (found.denies) return 'denied';
  const isForming = found.clusterId !== state.clusterId && !state.strangers.has(found.clusterId);
  return isForming || !found.serves ? 'deadline' : found;
}

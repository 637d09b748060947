import type { Probe } from '../../../functions/core/ports.ts';
import { answererAt, isShownLearner, memberOf } from './calls.ts';
import type { EtcdState } from './etcd-state.ts';
import type { FakeEtcd } from './member.ts';

const NO_LEADER = 'etcdserver: no leader';
const NONE: readonly string[] = [];

/** One round of probes: whoever is slowest, or says nothing, costs its time once. */
export function probeAll(
  state: EtcdState,
  endpoints: readonly string[],
  deadlineMs: number,
): readonly Probe[] {
  state.elect();
  let waitMs = 0;
  const probes: Probe[] = [];
  for (const endpoint of endpoints) {
    const found = answererAt(state, endpoint);
    if (found === 'deadline') waitMs = deadlineMs;
    else if (typeof found !== 'string') waitMs = Math.max(waitMs, waitOf(state, found, deadlineMs));
    probes.push(probeOf(state, endpoint, found, deadlineMs));
  }
  if (waitMs > 0) state.onWait(waitMs);
  return probes;
}

function probeOf(
  state: EtcdState,
  endpoint: string,
  found: ReturnType<typeof answererAt>,
  deadlineMs: number,
): Probe {
  if (found === 'notListening') return { kind: 'silent', endpoint, because: 'refused' };
  if (typeof found === 'string') return { kind: 'silent', endpoint, because: found };
  if (found.answerMs >= deadlineMs) return { kind: 'silent', endpoint, because: 'deadline' };
  const isLearner = isShownLearner(memberOf(state, found));
  const { memberId, clusterId } = found;
  const isAlone = state.strangers.has(clusterId);
  const leaderId = isAlone ? memberId : leaderAsKnown(state, found, isLearner);
  const index = isAlone ? state.index : knownIndex(state, found);
  const raftIndex = String(index);
  const status = {
    memberId,
    clusterId,
    leaderId,
    isLearner,
    raftIndex,
    raftTerm: String(found.lastKnown?.term ?? state.term),
    appliedIndex: raftIndex,
    revision: String(state.space.revisionAt(index)),
    version: found.version ?? state.version,
    ...state.space.sizesOf(memberId),
    errors: errorsOf(state, found, leaderId),
  };
  return { kind: 'status', endpoint, linearizable: isAlone || (readsOf(state, found) && !isLearner), status };
}

const knownIndex = (state: EtcdState, { memberId, isInTouch }: FakeEtcd): bigint =>
  (isInTouch ? state.progress.get(memberId) : undefined) ?? state.indexOf(memberId);

const readsOf = (state: EtcdState, found: FakeEtcd): boolean => found.isInTouch && state.leaderId !== null;

/** A read that nobody confirms lasts until the deadline, or until the next leader is there. */
function waitOf(state: EtcdState, found: FakeEtcd, deadlineMs: number): number {
  if (readsOf(state, found) || state.strangers.has(found.clusterId))
    return Math.min(found.answerMs, deadlineMs);
  if (isShownLearner(memberOf(state, found))) return Math.min(found.answerMs, deadlineMs);
  const dueMs = state.electionDueAtMs === null ? deadlineMs : state.electionDueAtMs - state.now();
  return found.isInTouch ? Math.min(Math.max(dueMs, found.answerMs), deadlineMs) : deadlineMs;
}

/** Who hears nothing of the last leader names it for a while; a learner, which elects nobody, for ever. */
function leaderAsKnown(state: EtcdState, found: FakeEtcd, isLearner: boolean): string | null {
  if (found.lastKnown === null) return state.leaderId ?? state.lastLeaderId;
  const isForgotten = !isLearner && state.now() - found.turnedAtMs >= state.electionMs;
  return isForgotten ? null : found.lastKnown.leaderId;
}

function errorsOf(state: EtcdState, { errors }: FakeEtcd, leaderId: string | null): readonly string[] {
  if (leaderId !== null && state.alarms.size === 0) return errors.length === 0 ? NONE : [...errors];
  const alarms = [...state.alarms].map(([id, alarm]) => `memberID:${id} alarm:${alarm} `);
  return [...(leaderId === null ? [NO_LEADER] : []), ...alarms, ...errors];
}

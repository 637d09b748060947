import { quorumOf } from '../../../functions/core/quorum.ts';
import type { EtcdState } from './etcd-state.ts';
import type { EtcdText } from './failures.ts';
import type { FakeEtcd, FakeMember } from './member.ts';
import { READ_TIMEOUT_MS } from './raft.ts';

/** For so long a peer must have been connected to count (`HealthInterval` of etcd's server). */
const HEALTHY_AFTER_MS = 5_000;

/**
 * etcd's strict reconfiguration check: it is made by the member that is asked, before
 * anything is proposed, by its own connections. `null`: no objection.
 */
export function objectionToAdding(world: EtcdState, asked: FakeEtcd, isLearner: boolean): EtcdText | null {
  const listed = listedVoters(world, asked);
  if (!isLearner && !isReadyToAdd(listed)) return NOT_STARTED;
  // Whoever is alone is connected to everybody: no version refuses a cluster of one its second member.
  const isAlone = listed.length === 1;
  const needsAll = isAlone || world.family.addNeeds === 'everyVoter';
  const needed = needsAll ? listed.length : quorumOf(listed.length + 1);
  return connectedCount(world, asked, listed) < needed ? 'unhealthy cluster' : null;
}

export function objectionToRemoving(world: EtcdState, asked: FakeEtcd, id: string): EtcdText | null {
  const listed = listedVoters(world, asked);
  const isVoter = listed.some((voter) => voter.id === id);
  if (!isVoter && world.listOf(asked).some((member) => member.id === id)) return null;
  const staying = listed.filter((voter) => voter.id !== id);
  if (startedCount(staying) < quorumOf(staying.length)) return NOT_STARTED;
  if (id !== asked.memberId && !isConnected(world, asked, id, 0)) return null;
  const otherCount = connectedCount(world, asked, listed) - 1;
  return otherCount < 1 + Math.floor((listed.length - 1) / 2) ? 'unhealthy cluster' : null;
}

export function objectionToPromoting(world: EtcdState, asked: FakeEtcd): EtcdText | null {
  const listed = listedVoters(world, asked);
  return startedCount(listed) + 1 < quorumOf(listed.length + 1) ? NOT_STARTED : null;
}

const NOT_STARTED = 're-configuration failed due to not enough started members';

const listedVoters = (world: EtcdState, asked: FakeEtcd): readonly FakeMember[] =>
  world.listOf(asked).filter((member) => !member.isLearner || member.hasStaleFlag === true);

const startedCount = (members: readonly FakeMember[]): number =>
  members.filter(({ name }) => name !== '').length;

/** A cluster of one may always grow. */
const isReadyToAdd = (voters: readonly FakeMember[]): boolean =>
  voters.length === 1 || startedCount(voters) >= quorumOf(voters.length + 1);

function connectedCount(world: EtcdState, asked: FakeEtcd, voters: readonly FakeMember[]): number {
  let count = 0;
  for (const { id } of voters) {
    if (id === asked.memberId || isConnected(world, asked, id, HEALTHY_AFTER_MS)) count += 1;
  }
  return count;
}

/** As the member that is asked sees its peer: what lost its line without a word seems connected for a while. */
function isConnected(world: EtcdState, asked: FakeEtcd, id: string, forMs: number): boolean {
  const peer = world.processOf(id);
  if (peer === undefined || !peer.up) return false;
  const nowMs = world.now();
  if (peer.frozen && nowMs - peer.turnedAtMs >= world.family.frozenSeemsConnectedMs) return false;
  if (!world.reaches(asked.memberId, id)) {
    const lostAtMs = Math.max(asked.isInTouch ? 0 : asked.turnedAtMs, peer.isInTouch ? 0 : peer.turnedAtMs);
    if (nowMs - lostAtMs >= READ_TIMEOUT_MS) return false;
  }
  return nowMs - Math.max(asked.connectedSinceMs, peer.connectedSinceMs) >= forMs;
}

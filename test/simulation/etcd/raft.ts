import { quorumOf } from '../../../functions/core/quorum.ts';
import type { EtcdState } from './etcd-state.ts';
import type { FakeEtcd, FakeMember } from './member.ts';

/** So much later a connection whose other side says nothing any more is given up. */
export const READ_TIMEOUT_MS = 5_000;

/** What Raft brings about by itself while time passes: who hears whom, who leads, who has what. */
export function letRaftRun(world: EtcdState): void {
  const processes = world.indexProcesses();
  if (processes.size === 0 && world.leaderId === null) return;
  expire(world);
  const hub = hubOf(world);
  elect(world, hub);
  for (const process of processes.values()) touch(world, process, hub);
}

/** Only a leader ends leases: what runs out while there is none begins anew under the next one. */
function expire(world: EtcdState): void {
  const { permit, leaderId } = world;
  if (permit !== null && leaderId !== null && permit.expiresAtMs < world.now()) world.permit = null;
}

/**
 * The voter whose connections make a majority: the leader as long as it has one, else who would
 * be elected, which is the first of those that miss nothing. `null`: no majority is connected.
 */
function hubOf(world: EtcdState): FakeMember | null {
  const voters = world.voters();
  const needed = quorumOf(voters.length);
  const reaches = (voter: FakeMember): boolean =>
    isAwake(world.processOf(voter.id)) && reachedCount(world, voter, voters) >= needed;
  const leader = voters.find(({ id }) => id === world.leaderId);
  if (leader !== undefined && reaches(leader)) return leader;
  let best: FakeMember | null = null;
  let bestIndex = -1n;
  for (const voter of voters) {
    if (voter === leader || !reaches(voter)) continue;
    const index = world.indexOf(voter.id);
    if (index > bestIndex) [best, bestIndex] = [voter, index];
  }
  return best;
}

export const isAwake = (process: FakeEtcd | undefined): process is FakeEtcd =>
  process?.up === true && !process.frozen;

function reachedCount(world: EtcdState, voter: FakeMember, voters: readonly FakeMember[]): number {
  let count = 0;
  for (const { id } of voters) {
    if (isAwake(world.processOf(id)) && world.reaches(voter.id, id)) count += 1;
  }
  return count;
}

/** A leader that lost its majority is followed by the next one, once its followers have missed it for long enough. */
function elect(world: EtcdState, hub: FakeMember | null): void {
  if (hub !== null && hub.id === world.leaderId) return;
  world.lastLeaderId = world.leaderId ?? world.lastLeaderId;
  world.leaderId = null;
  if (hub === null) {
    world.electionDueAtMs = null;
    return;
  }
  world.electionDueAtMs ??= world.now() + world.electionMs;
  if (world.now() < world.electionDueAtMs) return;
  world.electionDueAtMs = null;
  lead(world, hub.id);
}

/** What the new leader does not have is lost, acknowledged or not; leases begin anew. */
export function lead(world: EtcdState, memberId: string): void {
  world.leaderId = memberId;
  world.term += 1;
  world.elections += 1;
  const index = world.indexOf(memberId);
  if (index < world.acknowledgedIndex) world.lostWrites += Number(world.acknowledgedIndex - index);
  if (index < world.index) world.space.truncate(index);
  if (index < world.index) world.index = index;
  if (world.acknowledgedIndex > index) world.acknowledgedIndex = index;
  world.index += 1n;
  if (world.permit !== null) world.permit.expiresAtMs = world.now() + world.permit.ttlSeconds * 1_000;
  // A new leader knows of nobody's progress before it hears of it.
  for (const id of world.progress.keys()) {
    if (!isAwake(world.processOf(id)) || !world.reaches(memberId, id)) world.progress.delete(id);
  }
}

/** Brings one process up to what the majority knows, or leaves it with what it last knew. */
function touch(world: EtcdState, process: FakeEtcd, hub: FakeMember | null): void {
  const { memberId } = process;
  const isInTouch = hub !== null && isAwake(process) && world.reaches(hub.id, memberId);
  if (isInTouch !== process.isInTouch) turn(world, process, isInTouch);
  if (!isInTouch) return;
  const member = world.member(memberId);
  if (member === undefined) {
    world.quit(memberId);
    return;
  }
  if (world.leaderId === null) return;
  process.serves = true;
  if (process.introduces !== null) {
    Object.assign(member, process.introduces);
    process.introduces = null;
    world.index += 1n;
  }
  const index = memberId === world.leaderId ? world.index : world.index - lagOf(world, process);
  const stored = member.isLearner ? index : world.index;
  if (world.progress.get(memberId) !== index) world.progress.set(memberId, index);
  // What is committed lies on the disks of a majority, so a voter lags in applying it at most.
  if (world.disks.get(memberId) !== stored) world.disks.set(memberId, stored);
}

function turn(world: EtcdState, process: FakeEtcd, isInTouch: boolean): void {
  const nowMs = world.now();
  if (!isInTouch) {
    const { frozenSeemsConnectedMs } = world.family;
    process.seemsConnectedMs = process.frozen ? frozenSeemsConnectedMs : READ_TIMEOUT_MS;
  } else if (nowMs - process.turnedAtMs >= process.seemsConnectedMs) process.connectedSinceMs = nowMs;
  process.isInTouch = isInTouch;
  process.turnedAtMs = nowMs;
  const { term } = world;
  const leaderId = world.leaderId ?? world.lastLeaderId;
  process.lastKnown = isInTouch
    ? null
    : { members: world.members.map((one) => ({ ...one })), leaderId, term };
}

/** A newcomer catches up bit by bit; nobody has less than nothing. */
function lagOf({ index, catchUpMs, now }: EtcdState, { lag, startedAtMs }: FakeEtcd): bigint {
  const leftMs = catchUpMs === 0 ? 0 : startedAtMs + catchUpMs - now();
  const left = leftMs <= 0 ? 0n : (index * BigInt(leftMs)) / BigInt(catchUpMs);
  const behind = left > lag ? left : lag;
  return behind > index ? index : behind;
}

import { setTimeout as sleep } from 'node:timers/promises';
import type { FloorMember } from './floor-member.ts';
import { CONNECTED_MS, type FloorDeed, type FloorGround, leaderOf, MENDED_MS } from './story.ts';

/** The leader first, then the others. */
function rolesOf({ cluster, observer }: FloorGround): {
  readonly leader: FloorMember;
  readonly others: readonly FloorMember[];
} {
  const leader = cluster.member(leaderOf(observer));
  return { leader, others: cluster.members.filter((member) => member !== leader) };
}

const namesOf = (members: readonly FloorMember[]): readonly string[] => members.map(({ name }) => name);

/** @throws {Error} the cluster is smaller than the story. */
function the(members: readonly FloorMember[], index: number): FloorMember {
  const found = members[index];
  if (found === undefined) throw new Error('the floor has too few members');
  return found;
}

async function lose({ cluster }: FloorGround, victim: FloorMember, via: FloorMember): Promise<FloorDeed> {
  const fromMs = performance.now();
  await victim.kill();
  await cluster.remove(via, victim);
  await cluster.join(via);
  return { fromMs, gone: [victim.name], leftOver: [victim] };
}

export function loseFollower(ground: FloorGround): Promise<FloorDeed> {
  const { leader, others } = rolesOf(ground);
  return lose(ground, the(others, 0), leader);
}

export function loseLeader(ground: FloorGround): Promise<FloorDeed> {
  const { leader, others } = rolesOf(ground);
  return lose(ground, leader, the(others, 0));
}

/** Learner first, then the old one goes; a leader hands over before. */
async function replace({ cluster }: FloorGround, old: FloorMember, via: FloorMember): Promise<void> {
  await cluster.join(via);
  await cluster.remove(via, old);
}

async function replaceLeader({ cluster }: FloorGround, old: FloorMember, next: FloorMember): Promise<void> {
  await cluster.join(old);
  await cluster.moveLeader(old, next);
  await cluster.remove(next, old);
}

export async function terminateLeader(ground: FloorGround): Promise<FloorDeed> {
  const { leader, others } = rolesOf(ground);
  const fromMs = performance.now();
  await replaceLeader(ground, leader, the(others, 0));
  return { fromMs, gone: [leader.name], leftOver: [leader] };
}

/**
 * One after the other: of three voters two may never go at once. Where the first is mended long before the second
 * goes, etcd has had the time that it wants between two changes.
 */
export async function terminateTwo(ground: FloorGround, betweenMs: number): Promise<FloorDeed> {
  const { leader, others } = rolesOf(ground);
  const [stays, second] = [the(others, 0), the(others, 1)];
  const isFirstMended = betweenMs >= MENDED_MS;
  const beganMs = performance.now();
  await replaceLeader(ground, leader, stays);
  if (isFirstMended) await sleep(CONNECTED_MS);
  const fromMs = isFirstMended ? performance.now() : beganMs;
  await replace(ground, second, stays);
  return { fromMs, beganMs, gone: namesOf([leader, second]), leftOver: [leader, second] };
}

export async function refresh(ground: FloorGround): Promise<FloorDeed> {
  const { leader, others } = rolesOf(ground);
  const fromMs = performance.now();
  for (const old of others) await replace(ground, old, leader);
  await replaceLeader(ground, leader, the(ground.cluster.members, others.length + 1));
  const all = [leader, ...others];
  return { fromMs, gone: namesOf(all), leftOver: all };
}

export async function killAll(ground: FloorGround): Promise<FloorDeed> {
  const { cluster } = ground;
  const { leader, others } = rolesOf(ground);
  const fromMs = performance.now();
  await Promise.all([leader, ...others].map((member) => member.kill()));
  for (const member of others) member.start();
  const startedMs = performance.now();
  const via = the(others, 0);
  await cluster.remove(via, leader);
  await cluster.join(via);
  return { fromMs, gone: [leader.name], leftOver: [leader], quorumStartedMs: async () => startedMs };
}

export async function terminateBesideGhost(ground: FloorGround): Promise<FloorDeed> {
  const { cluster } = ground;
  const { leader, others } = rolesOf(ground);
  const old = the(others, 0);
  await cluster.addGhost(leader);
  const fromMs = performance.now();
  await cluster.removeGhost(leader);
  await replace(ground, old, leader);
  return { fromMs, gone: [old.name], leftOver: [old] };
}

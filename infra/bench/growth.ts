import { runPass } from '../../functions/engine/pass.ts';
import type { Ports } from '../../functions/engine/ports.ts';
import { CLUSTER, FakeWorld } from '../../test/simulation/world/fake-world.ts';
import { median } from './figures.ts';

/** What clusters of one size, or so many of them at once, cost in the simulation. */
export interface GrowthRow {
  readonly members: number;
  readonly clusters: number;
  /** Calls to ports in an idle pass: those to AWS, and those to etcd. */
  readonly awsCalls: number;
  readonly etcdCalls: number;
  /** Processor time of an idle pass, of all that is ours, in milliseconds. */
  readonly passMs: number;
  /** From nothing until nothing is left to do; an even number is founded with one less. */
  readonly foundingCalls: number;
  readonly foundingLooks: number;
}

export interface Growth {
  readonly members: readonly GrowthRow[];
  readonly clusters: readonly GrowthRow[];
}

const MEMBERS = [1, 2, 3, 4, 5, 6, 7];
const CLUSTERS = [1, 10, 50, 100, 200];
const USUAL_SIZE = 3;
const SECONDS = 48_000;
/** Enough for the compiler to have seen all of it, and for a median that holds. */
const WARM_PASSES = 200;
const PASSES = 100;

interface Counts {
  aws: number;
  etcd: number;
  looks: number;
}

interface Grown {
  readonly world: FakeWorld;
  readonly counts: Counts;
  /** Of its founding. */
  readonly founding: Counts;
}

/** Members from 1 to 7, and clusters from 1 to 200, whose passes run side by side. @throws {Error} one did not settle. */
export async function measureGrowth(): Promise<Growth> {
  await passesOf([await grow(USUAL_SIZE)], WARM_PASSES);
  return growthOf(MEMBERS, CLUSTERS, PASSES);
}

export async function growthOf(
  sizes: readonly number[],
  clusterCounts: readonly number[],
  passes: number,
): Promise<Growth> {
  const members: GrowthRow[] = [];
  for (const size of sizes) members.push(await rowOf([await grow(size)], size, passes));
  const clusters: GrowthRow[] = [];
  for (const count of clusterCounts) {
    const worlds = await Promise.all(Array.from({ length: count }, () => grow(USUAL_SIZE)));
    clusters.push(await rowOf(worlds, USUAL_SIZE, passes));
  }
  return { members, clusters };
}

async function rowOf(worlds: readonly Grown[], members: number, passes: number): Promise<GrowthRow> {
  for (const { counts } of worlds) Object.assign(counts, { aws: 0, etcd: 0, looks: 0 });
  const rounds = Math.max(3, Math.ceil(passes / worlds.length));
  const times = await passesOf(worlds, rounds);
  const passCount = rounds * worlds.length;
  const sum = (of: (grown: Grown) => number): number => worlds.reduce((all, one) => all + of(one), 0);
  return {
    members,
    clusters: worlds.length,
    awsCalls: sum(({ counts }) => counts.aws) / passCount,
    etcdCalls: sum(({ counts }) => counts.etcd) / passCount,
    passMs: median(times) ?? 0,
    foundingCalls: sum(({ founding }) => founding.aws) / worlds.length,
    foundingLooks: sum(({ founding }) => founding.looks) / worlds.length,
  };
}

/** Processor milliseconds of one pass, for each round in which every cluster has one. */
async function passesOf(worlds: readonly Grown[], rounds: number): Promise<readonly number[]> {
  const times: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const before = process.cpuUsage();
    await Promise.all(worlds.map(({ world }, at) => onePass(world, `idle-${round}-${at}`)));
    const { user, system } = process.cpuUsage(before);
    times.push((user + system) / 1_000 / worlds.length);
  }
  return times;
}

async function onePass(world: FakeWorld, owner: string): Promise<boolean> {
  const report = await runPass(portsOf(world), {
    cluster: CLUSTER,
    owner,
    deadlineMs: world.nowMs + SECONDS,
    mode: 'act',
    groupName: null,
  });
  return report.outcome === 'settled';
}

/** Without the judge, whose time is not ours. */
const portsOf = (world: FakeWorld): Ports => world.ports();

const FOUNDING_PASSES_MAX = 50;

async function grow(size: number): Promise<Grown> {
  const world = new FakeWorld(size % 2 === 1 ? size : size - 1);
  const counts: Counts = { aws: 0, etcd: 0, looks: 0 };
  world.interfere = (call) => {
    if (call === 'scaling.listGroups') counts.looks += 1;
    if (call.startsWith('etcd.')) counts.etcd += 1;
    else counts.aws += 1;
  };
  for (let pass = 0; pass < FOUNDING_PASSES_MAX; pass += 1) {
    world.tick();
    const isSettled = await onePass(world, `founding-${pass}`);
    if (isSettled) world.desired = size;
    if (isSettled && world.voters().length === size) return { world, counts, founding: { ...counts } };
  }
  throw new Error(`a simulated cluster of ${size} did not settle`);
}

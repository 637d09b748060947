import { Agent } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { isRecord, parseJson } from '../../functions/core/json.ts';
import { postJson } from '../../infra/demo/etcd-http.ts';
import { openClients } from './clients.ts';
import { messagesOf } from './logs.ts';
import { type TestCluster, type Theatre, until } from './stage.ts';

/** Whom the termination policy named, and who led etcd at that moment. */
export interface NamedReally {
  readonly atMs: number;
  readonly instanceId: string;
  readonly leader: string | null;
}

/** One scale-in or refresh on real etcd, with the leader in a chosen place. */
export interface LeaderRun {
  readonly story: 'refresh of 3' | 'scale-in 5 to 3';
  /** Which of the instances led at the start, in the order of their ids. */
  readonly position: number;
  readonly leader: string;
  readonly named: readonly NamedReally[];
  /** It was named while a follower of the old instances was left; empty is what is wanted. */
  readonly leaderTooSoon: readonly NamedReally[];
  readonly seconds: number;
}

const SAMPLE_EVERY_MS = 100;
const RUN_SECONDS_MAX = 300;

/**
 * Refreshes of three with the leader in each position, then scale-ins from five to three: five real runs, or as
 * many of them as `count` says. `parameters` are those of the clusters' stacks, for example `GateStableSeconds`.
 */
export async function playLeaderRuns(
  theatre: Theatre,
  count = 5,
  parameters: Readonly<Record<string, string>> = {},
): Promise<readonly LeaderRun[]> {
  const runs: LeaderRun[] = [];
  const three = await theatre.cluster('three', 3, parameters);
  for (let position = 0; position < Math.min(3, count); position += 1) {
    await three.untilWhole(3, 120);
    runs.push(await playOne(theatre, three, 'refresh of 3', position));
  }
  await three.remove();
  if (count <= 3) return runs;
  const five = await theatre.cluster('five', 5, parameters);
  for (let position = 0; position < count - 3; position += 1) {
    await five.stage.setDesired(5);
    await five.untilWhole(5, 180);
    // From the first on, or from the last back: the oldest is whom the platform alone would take first.
    runs.push(await playOne(theatre, five, 'scale-in 5 to 3', position === 0 ? 0 : 5 - position));
  }
  await five.remove();
  return runs;
}

/** The figures in one line for each run. */
export const leaderRunLine = ({ story, position, named, leaderTooSoon, seconds }: LeaderRun): string =>
  `${story}, position ${position} leads: ${named.length} named, the leader ${leaderTooSoon.length === 0 ? 'last' : 'TOO SOON'}, ${seconds.toFixed(1)} s`;

async function playOne(
  theatre: Theatre,
  cluster: TestCluster,
  story: LeaderRun['story'],
  position: number,
): Promise<LeaderRun> {
  const old = (await cluster.stage.see()).instances.map(({ id }) => id).sort();
  const leader = old[position] ?? '';
  await moveLeader(theatre, cluster, leader);
  const [startedAtMs, before] = [Date.now(), performance.now()];
  const sampler = sampleLeader(cluster);
  const wanted = story === 'refresh of 3' ? 3 : 2;
  try {
    if (story === 'refresh of 3') await refresh(cluster);
    else await cluster.stage.setDesired(3);
    await until('all are named', RUN_SECONDS_MAX, async () => {
      return (await chosenSince(theatre, cluster.name, startedAtMs)).length >= wanted;
    });
    await cluster.untilWhole(3, RUN_SECONDS_MAX);
  } finally {
    await sampler.stop();
  }
  const chosen = await chosenSince(theatre, cluster.name, startedAtMs);
  const named = chosen.map((one) => ({ ...one, leader: sampler.leaderAt(one.atMs) }));
  const leaderTooSoon = named.filter((one, index) => one.leader === one.instanceId && index < old.length - 1);
  return { story, position, leader, named, leaderTooSoon, seconds: (performance.now() - before) / 1_000 };
}

async function refresh(cluster: TestCluster): Promise<void> {
  const id = await cluster.stage.startRefresh();
  await until('the refresh is successful', RUN_SECONDS_MAX, async () => {
    return (await cluster.stage.refreshStatus(id)) === 'Successful';
  });
}

async function moveLeader(theatre: Theatre, cluster: TestCluster, instanceId: string): Promise<void> {
  const clients = openClients(theatre);
  try {
    const endpoints = (await cluster.stage.see()).endpoints.join(',');
    const to = (await cluster.members()).find(({ name }) => name === instanceId);
    const now = await leaderOf(cluster);
    if (to === undefined || now === instanceId) return;
    const moved = await clients.etcdctl(endpoints, 'move-leader', BigInt(to.id).toString(16));
    if (moved.code !== 0) throw new Error(`leadership did not move to ${instanceId}: ${moved.err}`);
    await until(`${instanceId} leads`, 20, async () => (await leaderOf(cluster)) === instanceId);
  } finally {
    clients.close();
  }
}

/** Who led etcd when, a few times a second. */
function sampleLeader(cluster: TestCluster) {
  const samples: { readonly atMs: number; readonly leader: string | null }[] = [];
  let isOver = false;
  const run = async (): Promise<void> => {
    while (!isOver) {
      samples.push({ leader: await leaderOf(cluster).catch(() => null), atMs: Date.now() });
      await sleep(SAMPLE_EVERY_MS);
    }
  };
  const running = run();
  return {
    leaderAt: (atMs: number) => samples.findLast((sample) => sample.atMs <= atMs)?.leader ?? null,
    stop: async () => {
      isOver = true;
      await running;
    },
  };
}

/** As the first member says that answers; `null`: nobody does, or nobody leads. */
async function leaderOf(cluster: TestCluster): Promise<string | null> {
  const agent = new Agent();
  try {
    const members = await cluster.members();
    for (const endpoint of (await cluster.stage.see()).endpoints) {
      const status = await postJson(agent, `${endpoint}/v3/maintenance/status`, {}, 1_000).catch(() => null);
      const found = members.find(({ id }) => id === String(status?.['leader']));
      if (found !== undefined) return found.name;
    }
    return null;
  } finally {
    agent.destroy();
  }
}

/** Every instance that the function named since then, once, with the moment of its first naming. */
async function chosenSince(
  { region }: Theatre,
  cluster: string,
  sinceMs: number,
): Promise<readonly { readonly atMs: number; readonly instanceId: string }[]> {
  const lines = (await messagesOf(region, 'termination-policy')).map(parseJson).filter(isRecord);
  const first = new Map<string, number>();
  for (const { cluster: of, outcome, instanceId, at } of lines) {
    const atMs = Date.parse(String(at));
    if (of !== cluster || outcome !== 'chosen' || atMs < sinceMs) continue;
    if (!first.has(String(instanceId))) first.set(String(instanceId), atMs);
  }
  return [...first].map(([instanceId, atMs]) => ({ instanceId, atMs }));
}

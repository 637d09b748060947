import { Agent } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { addGhost } from './insist.ts';
import { type Deed, leaderOf, MENDED_MS, type OurGround } from './story.ts';

/** Between two looks at the processes of machines. */
const LOOK_EVERY_MS = 20;
const RESTART_MS_MAX = 60_000;

const followersOf = ({ instances, observer }: OurGround): readonly string[] =>
  instances.filter((id) => id !== leaderOf(observer));

const followerOf = (ground: OurGround): string => followersOf(ground)[0] ?? leaderOf(ground.observer);

/** The power goes: no hook, no shutdown. */
async function lose({ region }: OurGround, id: string): Promise<Deed> {
  const fromMs = performance.now();
  await region.groups.lifecycle.endMachine(region.groups.instance(id), false);
  return { fromMs, gone: [id] };
}

export const loseFollower = (ground: OurGround): Promise<Deed> => lose(ground, followerOf(ground));
export const loseLeader = (ground: OurGround): Promise<Deed> => lose(ground, leaderOf(ground.observer));

export async function terminateLeader({ stage, observer }: OurGround): Promise<Deed> {
  const leader = leaderOf(observer);
  const fromMs = performance.now();
  await stage.terminate(leader);
  return { fromMs, gone: [leader] };
}

/** The leader, and after so long a second one. */
export async function terminateTwo(ground: OurGround, betweenMs: number): Promise<Deed> {
  const { stage, observer } = ground;
  const gone = [leaderOf(observer), followerOf(ground)] as const;
  const beganMs = performance.now();
  await stage.terminate(gone[0]);
  await sleep(betweenMs);
  const secondMs = performance.now();
  await stage.terminate(gone[1]);
  if (betweenMs >= MENDED_MS) return { fromMs: secondMs, beganMs, gone };
  return { fromMs: beganMs, gone, given: [{ fromMs: beganMs, toMs: secondMs }] };
}

export async function refresh({ stage, instances }: OurGround): Promise<Deed> {
  const fromMs = performance.now();
  const id = await stage.startRefresh();
  const isOver = async () => (await stage.refreshStatus(id)) === 'Successful';
  return { fromMs, gone: instances, isOver };
}

/** Every etcd is killed at once, and the leader's machine with it. The others' boot scripts start theirs again. */
export async function killAll(ground: OurGround): Promise<Deed> {
  const { region, observer } = ground;
  const missing = leaderOf(observer);
  const others = followersOf(ground);
  const fromMs = performance.now();
  for (const id of others) region.machines.signal(id, 'etcd', 'SIGKILL');
  await region.groups.lifecycle.endMachine(region.groups.instance(missing), false);
  const restarts = Promise.all(others.map((id) => restartMs(ground, id)));
  const quorumStartedMs = async () => {
    const times = await restarts;
    return times.some((time) => time === null) ? null : Math.max(...times.map(Number));
  };
  return { fromMs, gone: [missing], quorumStartedMs };
}

async function restartMs({ region }: OurGround, id: string): Promise<number | null> {
  const untilMs = performance.now() + RESTART_MS_MAX;
  while (performance.now() < untilMs) {
    if (region.machines.etcdOf(id) === 'running') return performance.now();
    await sleep(LOOK_EVERY_MS);
  }
  return null;
}

/** A voter's entry that nobody will ever start, made by hand as a careless tool would; then a follower is terminated. */
export async function terminateBesideGhost(ground: OurGround): Promise<Deed> {
  const { region, observer, stage } = ground;
  const leader = region.groups.instance(leaderOf(observer));
  const victim = followerOf(ground);
  const agent = new Agent();
  const nobody = leader.address.replace(/\d+$/, '253');
  await addGhost(agent, `http://${leader.address}:2379`, `http://${nobody}:2380`);
  agent.destroy();
  const fromMs = performance.now();
  await stage.terminate(victim);
  return { fromMs, gone: [victim] };
}

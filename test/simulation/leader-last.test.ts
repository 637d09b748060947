import { describe, expect, test } from 'vitest';
import { workOn } from '../../functions/membership/work.ts';
import { Operator } from './etcd/operator.ts';
import { CLUSTER, type FakeInstance, FakeWorld } from './world/fake-world.ts';
import { isInService, isOnItsWayOut } from './world/instance.ts';

/** What becomes of leadership meanwhile. */
const WEATHERS = {
  steady: () => undefined,
  /** Somebody moves it to and fro. */
  moving: (world: FakeWorld, second: number) => {
    if (second % 13 === 0) lead(world, second % 5);
  },
  /** It comes back every time to who had it first. */
  returning: (world: FakeWorld, second: number) => {
    if (second % 29 === 0) lead(world, 0);
  },
  /** The leader's process ends, and is back after a while. */
  crashing: (world: FakeWorld, second: number) => {
    const { leaderId } = world.etcd;
    if (second % 90 !== 10 || leaderId === null) return;
    world.etcd.crash(leaderId);
    restarts.push({ world, memberId: leaderId, second: second + 5 });
  },
} satisfies Readonly<Record<string, (world: FakeWorld, second: number) => void>>;
type Weather = keyof typeof WEATHERS;

const restarts: { readonly world: FakeWorld; readonly memberId: string; readonly second: number }[] = [];

const staying = (world: FakeWorld): readonly FakeInstance[] =>
  world.instances.filter((one) => isInService(one) && one.disk !== null);

/** Leadership goes to the n-th of those that stay. */
function lead(world: FakeWorld, position: number): void {
  const all = staying(world);
  const disk = all[position % all.length]?.disk;
  if (typeof disk === 'string') new Operator(world.etcd).moveLeader(disk);
}

interface Lived {
  readonly world: FakeWorld;
  /** Of all seconds: the fewest voters that ran, and the most members that were leaving at once. */
  leastUp: number;
  mostLeaving: number;
}

/** Lives on, with the function at work on what the queue has, until `isDone` or the time is over. */
async function live(
  lived: Lived,
  seconds: number,
  weather: Weather,
  isDone: (world: FakeWorld) => boolean,
): Promise<number> {
  const { world } = lived;
  for (let second = 1; second <= seconds; second += 1) {
    WEATHERS[weather](world, second);
    for (const one of restarts.filter((due) => due.world === world && due.second === second))
      world.etcd.restart(one.memberId);
    world.tick();
    look(lived);
    await work(world);
    look(lived);
    if (isDone(world)) return second;
  }
  throw new Error(`not done: ${JSON.stringify([...world.termination.held])}`);
}

async function work(world: FakeWorld): Promise<void> {
  for (let body = world.mail.take(world); body !== null; body = world.mail.take(world)) {
    const owner = world.nextOwner();
    const deadlineMs = world.nowMs + 48_000;
    const options = { owner, deadlineMs, dryRun: false, onStep: () => undefined };
    const handled = await workOn(world.ports(owner), { cluster: CLUSTER, body }, options);
    if (handled.kind === 'passed') world.judge.close(owner, handled.report);
    world.mail.queue.done();
  }
}

function look(lived: Lived): void {
  const { world } = lived;
  const voters = world.etcd.voters();
  const up = voters.filter(({ id }) => world.etcd.processOf(id)?.up === true);
  const leaving = world.instances.filter(
    (one) => one.listed && isOnItsWayOut(one) && voters.some(({ id }) => id === one.disk),
  );
  lived.leastUp = Math.min(lived.leastUp, up.length);
  lived.mostLeaving = Math.max(lived.mostLeaving, leaving.length);
}

/** A founded cluster that is whole, with the function first among the group's policies, and this position leading. */
async function founded(size: number, position: number): Promise<Lived> {
  const world = new FakeWorld(size);
  world.mail.isOpen = true;
  world.hooks.enforced = true;
  world.etcd.onWait = (ms) => world.spend(ms);
  world.zones.names = ['a', 'b', 'c'];
  world.termination.isOn = true;
  const lived: Lived = { world, leastUp: size, mostLeaving: 0 };
  const isWhole = () => world.etcd.voters().length === size && staying(world).length === size;
  await live(lived, 300, 'steady', isWhole);
  await live(lived, 60, 'steady', () => world.nowMs % 20_000 === 0);
  lead(world, position);
  return { world, leastUp: size, mostLeaving: 0 };
}

const isSettled = (world: FakeWorld, size: number): boolean =>
  world.etcd.voters().length === size &&
  world.instances.filter(({ listed }) => listed).length === size &&
  staying(world).length === size;

interface Run {
  readonly story: 'scale-in 5 to 3' | 'refresh of 3' | 'refresh of 5';
  readonly position: number;
  readonly weather: Weather;
}

const runsOf = (story: Run['story'], positions: number, weathers: readonly Weather[]): readonly Run[] =>
  weathers.flatMap((weather) =>
    Array.from({ length: positions }, (_, position) => ({ story, position, weather })),
  );

/** Every position of the leader, in every weather that suits: 50 in all. */
const RUNS: readonly Run[] = [
  ...runsOf('scale-in 5 to 3', 5, ['steady', 'moving', 'returning', 'crashing']),
  ...runsOf('refresh of 3', 3, ['steady', 'moving', 'returning', 'crashing', 'crashing']),
  ...runsOf('refresh of 5', 5, ['steady', 'moving', 'crashing']),
];

async function play({ story, position, weather }: Run): Promise<Lived> {
  const size = story === 'refresh of 3' ? 3 : 5;
  const lived = await founded(size, position);
  const { world } = lived;
  if (story === 'scale-in 5 to 3') world.desired = 3;
  else world.refresh.start(world, 'launchFirst');
  await live(lived, 3_000, weather, () => !world.refresh.isRunning && isSettled(world, world.desired));
  return lived;
}

describe('50 runs with the leader in every position', () => {
  test('there are fifty', () => {
    expect(RUNS).toHaveLength(50);
  });

  const named = RUNS.map((run) => [run.story, run.position, run.weather, run] as const);
  test.each(named)('%s, position %i leads, leadership %s: it goes last', async (...[, , , run]) => {
    const { world, leastUp, mostLeaving } = await play(run);
    const { named } = world.termination;
    expect(world.etcd.violations).toEqual([]);
    expect(named.length).toBe(run.story === 'scale-in 5 to 3' ? 2 : Number(run.story.at(-1)));
    expect(named.filter(({ isLeader, otherVoterCount }) => isLeader && otherVoterCount > 0)).toEqual([]);
    expect(mostLeaving).toBe(1);
    expect(named.filter(({ othersDownCount }) => othersDownCount > 0)).toEqual([]);
    if (run.story !== 'scale-in 5 to 3' && run.weather !== 'crashing')
      expect(leastUp).toBe(run.story === 'refresh of 3' ? 3 : 5);
  });
});

import { describe, expect, test } from 'vitest';
import { FakeWorld, PATH } from '../simulation/world/fake-world.ts';
import { expectSafe, followerOf, setConfig } from '../support/story.ts';

/**
 * Crash-point enumeration (S39): a story is run once without faults to count its side
 * effects; then, for every k, again with the function killed right after effect k, and
 * again with the reply to effect k lost. The end state must be the same, and no rule
 * broken on the way.
 */
interface Story {
  readonly name: string;
  readonly size: number;
  /** The cluster stands before the story begins. */
  readonly isGrown: boolean;
  readonly happen: (world: FakeWorld) => void | Promise<void>;
}

const grow = (desired: number) => (world: FakeWorld) => {
  world.desired = desired;
};

const STORIES: readonly Story[] = [
  { name: 'bootstrap of three', size: 3, isGrown: false, happen: () => undefined },
  { name: 'a bootstrap that fails', size: 3, isGrown: false, happen: failFounding },
  {
    name: 'leave of the leader',
    size: 3,
    isGrown: true,
    happen: (world) => world.terminate(world.leaderName),
  },
  {
    name: 'leave of the only voter',
    size: 1,
    isGrown: true,
    happen: (world) => world.terminate(world.leaderName),
  },
  { name: 'a vanished voter', size: 3, isGrown: true, happen: (world) => world.vanish(followerOf(world)) },
  { name: 'a wiped voter', size: 3, isGrown: true, happen: (world) => world.wipe(followerOf(world)) },
  { name: 'a frozen voter', size: 3, isGrown: true, happen: freeze },
  { name: 'a frozen voter of a group that launches first', size: 3, isGrown: true, happen: freezeFirst },
  { name: 'three to five', size: 3, isGrown: true, happen: grow(5) },
  { name: 'five to three', size: 5, isGrown: true, happen: grow(3) },
  { name: 'one to three to one', size: 1, isGrown: true, happen: thereAndBack },
  { name: 'two replaced at once', size: 3, isGrown: true, happen: replaceTwo },
  { name: 'teardown', size: 3, isGrown: true, happen: tearDown },
];

/** Two founders die before their etcd runs, as soon as the claim stands. */
async function failFounding(world: FakeWorld): Promise<void> {
  world.imageBoots = false;
  await until(world, () => world.parameters.has(`${PATH}bootstrap`));
  for (const { id } of world.instances.slice(0, 2)) world.vanish(id);
  world.imageBoots = true;
}

async function thereAndBack(world: FakeWorld): Promise<void> {
  world.desired = 3;
  await world.settle();
  world.desired = 1;
}

function replaceTwo(world: FakeWorld): void {
  for (const id of world.voters().slice(0, 2)) world.terminate(id);
}

function freeze(world: FakeWorld): void {
  setConfig(world, { graceSeconds: { silent: 20 } });
  world.processOf(followerOf(world)).frozen = true;
}

function freezeFirst(world: FakeWorld): void {
  world.launchesFirst = true;
  freeze(world);
}

function tearDown(world: FakeWorld): void {
  world.parameters.set(`${PATH}teardown`, '{}');
  world.desired = 0;
}

async function until(world: FakeWorld, isReached: () => boolean): Promise<void> {
  for (let count = 0; count < 5 && !isReached(); count += 1) {
    world.tick();
    await world.pass({ seconds: 13 }).catch(() => null);
  }
}

/** Ends when the cluster is settled, or nothing of it is left. */
async function finish(world: FakeWorld): Promise<void> {
  if (!world.isTearingDown()) await world.settle();
  else await until(world, () => world.parameters.size === 0);
}

type Fault = 'killAfter' | 'loseAfter';

async function run(
  story: Story,
  fault: Fault,
  k: number,
): Promise<{ world: FakeWorld; effectCount: number }> {
  const world = new FakeWorld(story.size);
  if (story.isGrown) await world.settle();
  const before = world.effects.length;
  world[fault] = before + k;
  await story.happen(world);
  await finish(world);
  return { world, effectCount: world.effects.length - before };
}

describe.each(STORIES)('$name', (story) => {
  test.each([
    ['wherever the function is killed', 'killAfter'],
    ['whichever reply is lost', 'loseAfter'],
  ] as const)('ends in the same state %s', async (_title, fault) => {
    const whole = await run(story, fault, Number.POSITIVE_INFINITY);
    expect(whole.effectCount).toBeGreaterThan(3);
    expectSafe(whole.world);
    for (let k = 1; k <= whole.effectCount; k += 1) {
      const { world } = await run(story, fault, k);
      expect(world.endState(), `${fault} ${k}`).toEqual(whole.world.endState());
      expect(world.etcd.violations, `${fault} ${k}`).toEqual([]);
    }
  });
});

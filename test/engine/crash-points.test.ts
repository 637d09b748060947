import { describe, expect, test } from 'vitest';
import { FakeWorld } from '../support/fake-world.ts';

/**
 * Crash-point enumeration: a story is run once without faults to count its side
 * effects; then, for every k, again with the function killed right after effect k.
 * The end state must be the same, and no rule broken on the way.
 */
interface Story {
  readonly name: string;
  readonly size: number;
  readonly happen: (world: FakeWorld) => void;
}

const leaderOf = (world: FakeWorld): string =>
  world.etcd.members.find((member) => member.id === world.etcd.leaderId)?.name ?? '';

const STORIES: readonly Story[] = [
  { name: 'bootstrap of three', size: 3, happen: () => undefined },
  { name: 'leave of the leader', size: 3, happen: (world) => world.terminate(leaderOf(world)) },
  { name: 'leave of the only voter', size: 1, happen: (world) => world.terminate(leaderOf(world)) },
  { name: 'a vanished voter', size: 3, happen: (world) => world.vanish(world.voters()[0] ?? '') },
  {
    name: 'three to five',
    size: 3,
    happen: (world) => {
      world.desired = 5;
    },
  },
  {
    name: 'five to three',
    size: 5,
    happen: (world) => {
      world.desired = 3;
    },
  },
  { name: 'a wiped voter', size: 3, happen: (world) => world.wipe(world.voters()[0] ?? '') },
];

async function run(story: Story, killAfter: number): Promise<{ world: FakeWorld; effectCount: number }> {
  const world = new FakeWorld(story.size);
  if (story.name !== 'bootstrap of three') await world.settle();
  const before = world.effects.length;
  world.killAfter = before + killAfter;
  story.happen(world);
  await world.settle();
  return { world, effectCount: world.effects.length - before };
}

describe.each(STORIES)('$name', (story) => {
  test('ends in the same state wherever the function is killed', async () => {
    const whole = await run(story, Number.POSITIVE_INFINITY);
    expect(whole.effectCount).toBeGreaterThan(3);
    expect(whole.world.etcd.violations).toEqual([]);
    for (let k = 1; k <= whole.effectCount; k += 1) {
      const { world } = await run(story, k);
      expect(world.endState(), `killed after effect ${k}`).toEqual(whole.world.endState());
      expect(world.etcd.violations, `killed after effect ${k}`).toEqual([]);
    }
  });
});

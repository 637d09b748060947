import { expect, test } from 'vitest';
import { grown } from '../../support/story.ts';
import { FakeWorld } from '../world/fake-world.ts';
import type { Fault } from './fault.ts';
import { awaiting, whileForming } from './moments.ts';
import { Random } from './random.ts';

const GRIPS: Fault = {
  about: 'the group is suspended once it wants five',
  apply: (world) => {
    if (world.desired !== 5) return null;
    world.suspended.add('Launch');
    return () => {
      world.suspended.delete('Launch');
    };
  },
};

function armed(world: FakeWorld) {
  let count = 0;
  const fault = awaiting({ grips: GRIPS })['grips'];
  const end = fault?.apply(world, new Random(1), () => {
    count += 1;
  });
  if (typeof end !== 'function') throw new Error('it has no end');
  return { end, count: () => count };
}

test('a fault that waits happens once, before the first call that finds its moment, and counts only then', async () => {
  const world = await grown(3);
  const { end, count } = armed(world);
  await world.pass();
  expect([count(), world.suspended.size]).toEqual([0, 0]);
  world.desired = 5;
  await world.pass();
  expect([count(), world.suspended.size]).toEqual([1, 1]);
  end();
  expect([world.suspended.size, world.troubles.size]).toEqual([0, 0]);
});

test('a fault whose moment did not come in its time never happens', async () => {
  const world = await grown(3);
  const { end, count } = armed(world);
  end();
  world.desired = 5;
  await world.pass();
  expect([count(), world.suspended.size]).toEqual([0, 0]);
});

test('what befalls a founding befalls no cluster that has formed', async () => {
  const fault = whileForming({ grips: { about: 'it happens', apply: () => 'done' } })['gripsAtFounding'];
  expect(fault?.apply(new FakeWorld(3), new Random(1))).toBe('done');
  expect(fault?.apply(await grown(3), new Random(1))).toBeNull();
});

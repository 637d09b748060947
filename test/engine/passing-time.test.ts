import { expect, test } from 'vitest';
import { effectsOf, expectWhole, followerOf, grown, minutes } from '../support/story.ts';

test('time that passes between two looks is no news: what is told stands still as soon as nothing happens', async () => {
  const world = await grown(3);
  world.interfere = (call) => {
    if (call === 'scaling.listGroups') world.nowMs += 9;
  };
  const before = effectsOf(world, /^write status/).length;
  world.terminate(followerOf(world));
  await minutes(world, 3);
  expect(effectsOf(world, /^write status/).length - before).toBeLessThan(12);
  expectWhole(world, 3);
});

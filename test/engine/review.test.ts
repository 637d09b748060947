import { describe, expect, test } from 'vitest';
import { PATH } from '../support/fake-world.ts';
import { expectWhole, followerOf, grown, throttled } from '../support/story.ts';

describe('a write that Parameter Store refuses, whose text changes with the time', () => {
  test('keeps nobody from removing a voter that is gone', async () => {
    const world = await grown(3);
    const gone = followerOf(world);
    world.parameters.delete(`${PATH}bootstrap`);
    world.failing.set('parameters.write', throttled);
    // A look takes its time, so what is written of the time differs in each.
    world.interfere = (call) => {
      if (call === 'parameters.readAll') world.nowMs += 50;
    };
    world.vanish(gone);
    await world.pass();
    expect(world.voters()).not.toContain(gone);
    world.failing.clear();
    world.interfere = () => undefined;
    await world.settle();
    expectWhole(world, 3);
  });
});

import { describe, expect, test } from 'vitest';
import { decodeStatus } from '../../functions/core/status.ts';
import { type FakeWorld, PATH } from '../simulation/world/fake-world.ts';
import { expectWhole, grown, minutes } from '../support/story.ts';

/** What was told to be put back, and what the status says of it. */
const told = (world: FakeWorld): readonly unknown[] =>
  world.events
    .filter(({ detailType }) => detailType === 'Drift Repaired')
    .map(({ detail }) => detail['parameter']);
const noted = (world: FakeWorld): readonly string[] =>
  (decodeStatus(world.parameters.get(`${PATH}status`) ?? '')?.repaired ?? []).map(({ name }) => name);

describe('what somebody changed by hand is written again, and told', () => {
  test.each(['endpoints', 'peers', 'status', 'bootstrap'])('the parameter %s, deleted', async (name) => {
    const world = await grown(3);
    world.parameters.delete(PATH + name);
    await world.settle();
    expectWhole(world, 3);
    expect(told(world)).toEqual([name]);
    expect(noted(world)).toEqual([name]);
  });

  test.each(['endpoints', 'peers', 'status', 'bootstrap'])('the parameter %s, edited', async (name) => {
    const world = await grown(3);
    world.parameters.set(PATH + name, 'http://10.9.9.9:2379');
    await world.settle();
    expectWhole(world, 3);
    expect(told(world)).toEqual([name]);
    expect(noted(world)).toEqual([name]);
  });

  test('the ticket of a member', async () => {
    const world = await grown(3);
    const name = `members/${world.voters()[1] ?? ''}`;
    world.parameters.delete(PATH + name);
    await world.settle();
    expect(told(world)).toEqual([name]);
    expect(noted(world)).toEqual([name]);
    await minutes(world, 2);
    world.parameters.set(PATH + name, 'nobody can read this');
    await minutes(world, 2);
    expect(told(world)).toEqual([name, name]);
    expect(noted(world)).toEqual([name, name]);
  });

  test('it is noted once, and nothing is written for it afterwards', async () => {
    const world = await grown(3);
    world.parameters.delete(`${PATH}peers`);
    await world.settle();
    const effects = world.effects.length;
    await minutes(world, 5);
    expect(world.effects.slice(effects)).toEqual([]);
  });
});

describe('a change is no edit', () => {
  test('not the founding, nor growing, nor a voter that falls silent and comes back', async () => {
    const world = await grown(3);
    const [voter = ''] = world.voters();
    world.processOf(voter).up = false;
    await minutes(world, 2);
    world.processOf(voter).up = true;
    await world.settle();
    expectWhole(world, 3);
    expect(told(world)).toEqual([]);
    expect(noted(world)).toEqual([]);
  });

  test('not a replacement', async () => {
    const world = await grown(3);
    world.vanish(world.voters()[0] ?? '');
    await world.settle();
    expectWhole(world, 3);
    expect(told(world)).toEqual([]);
  });
});

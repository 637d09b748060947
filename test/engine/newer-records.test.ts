import { describe, expect, test } from 'vitest';
import { KEY } from '../../functions/core/names.ts';
import type { FakeWorld } from '../simulation/world/fake-world.ts';
import { PATH } from '../simulation/world/fake-world.ts';
import { expectWhole, grown, minutes, seconds, snapshot, waitKinds } from '../support/story.ts';

/** What the version after this one may have left behind, each by its own way in; undone when the deploy has ended. */
const TRACES: readonly (readonly [string, (world: FakeWorld) => () => void])[] = [
  ['status', (world) => edit(world.parameters, `${PATH}status`, (text) => withVersion(text))],
  ['bootstrap', (world) => edit(world.parameters, `${PATH}bootstrap`, (text) => withVersion(text))],
  [
    'a ticket',
    (world) =>
      edit(world.parameters, `${PATH}members/${world.voters()[0]}`, (text) => `${text}AUTOPILOT_VERSION=2\n`),
  ],
  ['the memory in etcd', (world) => edit(world.etcd.keys, KEY.state, () => '{"version":2}')],
];

const withVersion = (text: string): string => JSON.stringify({ ...JSON.parse(text), version: 2 });

function edit(texts: Map<string, string>, name: string, change: (text: string) => string): () => void {
  const before = texts.get(name);
  texts.set(name, change(before ?? ''));
  return () => (before === undefined ? texts.delete(name) : texts.set(name, before));
}

describe('S69 a newer version of the autopilot has written', () => {
  test.each(TRACES)('%s: this one only looks, holds the hooks, and goes on afterwards', async (_, leave) => {
    const world = await grown(3);
    const undo = leave(world);
    const [leader = ''] = world.voters();
    world.terminate(leader);
    seconds(world, 10); // its replacement is launched, and waits in its hook
    const before = snapshot(world);
    const heartbeatCount = world.heartbeats.length;
    expect(waitKinds(await minutes(world, 3))).toContain('recordNewer');
    expect(snapshot(world)).toEqual(before);
    expect(world.heartbeats.length).toBeGreaterThan(heartbeatCount);
    undo();
    await world.settle();
    expectWhole(world, 3);
    expect(world.voters()).not.toContain(leader);
  });
});

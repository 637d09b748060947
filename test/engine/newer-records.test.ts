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

/** What versions before this one left: no version, and fewer fields. */
const OLDER: readonly (readonly [string, (world: FakeWorld) => void])[] = [
  [
    'a memory without version, of fewer fields',
    (world) => world.etcd.keys.set(KEY.state, '{"missingSinceMs":{}}'),
  ],
  ['no memory', (world) => world.etcd.keys.delete(KEY.state)],
  ['a memory that nobody can read', (world) => world.etcd.keys.set(KEY.state, 'since yesterday')],
  ['a status of another form', (world) => world.parameters.set(`${PATH}status`, '{"healthy":true}')],
  ['no status', (world) => world.parameters.delete(`${PATH}status`)],
  [
    'tickets with lines that nobody knows any more',
    (world) => {
      for (const id of world.voters())
        edit(world.parameters, `${PATH}members/${id}`, (text) => `${text}ETCD_OLD_SETTING=1\n`);
    },
  ],
];

describe('S69 an older version of the autopilot has written', () => {
  test.each(OLDER)('%s: this one goes on from there, and a replacement ends whole', async (_, leave) => {
    const world = await grown(3);
    leave(world);
    await world.pass();
    expectWhole(world, 3);
    const leader = world.leaderName;
    world.terminate(leader);
    await world.settle();
    expectWhole(world, 3);
    expect(world.voters()).not.toContain(leader);
  });
});

describe('S69 somebody goes back to this version for good', () => {
  test('what the newer one wrote is deleted, except the claim: all of it is written again from what is true', async () => {
    const world = await grown(3);
    const claim = world.parameters.get(`${PATH}bootstrap`);
    for (const [name, leave] of TRACES) if (name !== 'bootstrap') leave(world);
    world.terminate(world.leaderName);
    expect(waitKinds(await minutes(world, 3))).toContain('recordNewer');
    const { waits } = await world.pass();
    const named = waits.flatMap((wait) => (wait.kind === 'recordNewer' ? wait.names : []));
    expect(named.length).toBeGreaterThan(0);
    for (const name of named) world.parameters.delete(PATH + name);
    const after = await world.pass();
    for (const wait of after.waits) if (wait.kind === 'recordNewer') world.etcd.keys.delete(KEY.state);
    await world.settle();
    expectWhole(world, 3);
    expect(world.parameters.get(`${PATH}bootstrap`)).toBe(claim);
  });
});

import { expect, test } from 'vitest';
import { denied, effectsOf, expectWhole, minutes, setConfig } from '../support/story.ts';
import {
  expectRecovered,
  expectUntouched,
  jsonAt,
  kept,
  lose,
  minutesOn,
  recordsOf,
  stop,
  textAt,
  told,
} from './recovery-world.ts';

test('of three members two are lost for ever: the survivor’s data is brought back, and the loss is told (S43)', async () => {
  const world = await kept(3, 'from-survivor');
  const [first = '', second = '', third = ''] = world.voters();
  const before = textAt(world, 'bootstrap');
  lose(world, first, second);
  await minutes(world, 8);
  expectRecovered(world, 3);
  expect(jsonAt(world, 'recovery/2')).toMatchObject({
    source: { how: 'from-survivor', instanceId: third },
    fenced: [third],
    by: 'policy',
  });
  const claim = jsonAt(world, 'bootstrap');
  expect(claim).toMatchObject({ number: 2, recovery: 2 });
  expect(claim.clusterId).not.toBe(JSON.parse(before).clusterId);
  expect(world.voters()).not.toContain(third);
  expect(jsonAt(world, 'recovery/2/done').text).toContain('may be lost');
});

test('all are lost: the newest restorable snapshot is brought back, and the loss is told to the write (S44)', async () => {
  const world = await kept(3, 'from-snapshot');
  const { revision: snapshot } = jsonAt(world, 'backup').restorable;
  for (let count = 0; count < 5; count += 1) world.etcd.acknowledge();
  for (let second = 0; second < 61; second += 1) world.tick(); // the checks see them
  const lost = world.etcd.revision - BigInt(snapshot);
  lose(world, ...world.voters());
  await minutes(world, 8);
  expectRecovered(world, 3);
  const done = jsonAt(world, 'recovery/2/done');
  expect(done).toMatchObject({ restoredRevision: snapshot, lostAtLeast: String(lost) });
  expect(done.text).toContain(`at least ${lost} writes are lost`);
});

test('the snapshot is left where a survivor holds as much or more', async () => {
  const world = await kept(3, 'from-snapshot');
  const [first = '', second = '', third = ''] = world.voters();
  lose(world, first, second);
  await minutes(world, 8);
  expect(jsonAt(world, 'recovery/2').source).toMatchObject({ how: 'from-survivor', instanceId: third });
  expectRecovered(world, 3);
});

test('without anything to bring back nothing is founded, however long it lasts (S45)', async () => {
  const world = await kept(3, 'from-snapshot');
  world.bucket.objects.clear();
  lose(world, ...world.voters());
  const report = await minutes(world, 30);
  expect(told(report)).toEqual(['quorumLost', 'noSnapshot']);
  expect(world.etcd.formed.size).toBe(1);
  expect(effectsOf(world, /claims|recovery|complete/)).toHaveLength(3); // those of its founders
  expectUntouched(world);
});

test('a snapshot of another cluster of the same name, or one that is not proved, is passed over (S45)', async () => {
  const world = await kept(3, 'from-snapshot');
  const keys = [...world.bucket.objects.keys()].filter((key) => key.includes('/snapshots/'));
  for (const key of keys) {
    const object = world.bucket.objects.get(key);
    const text = object?.text.replace(/"clusterId":"\d+"/, '"clusterId":"1"') ?? '';
    if (object !== undefined) world.bucket.objects.set(key, { ...object, text });
  }
  lose(world, ...world.voters());
  expect(told(await minutes(world, 5))).toEqual(['quorumLost', 'noSnapshot']);
  expectUntouched(world);
});

test('a listing that fails is not an empty one: it waits, and recovers when it is told (S46)', async () => {
  const world = await kept(3, 'from-snapshot');
  const [first = '', second = ''] = world.voters();
  lose(world, first, second);
  world.failing.set('objects.list', denied);
  expect(told(await minutes(world, 5))).toEqual(['quorumLost', 'savedUnknown']);
  expectUntouched(world);
  world.failing.clear();
  await minutes(world, 8);
  expectRecovered(world, 3);
});

test.each(['manual', 'from-survivor', 'from-snapshot'] as const)(
  'processes that are killed with their disks intact are waited for, and a quorum of them is enough (S41, %s)',
  async (mode) => {
    const world = await kept(3, mode);
    const members = structuredClone(world.etcd.members);
    const [first = '', second = '', third = ''] = world.voters();
    stop(world, first, second, third);
    const report = await minutes(world, 10);
    expect(report.waits.map(({ kind }) => kind)).toContain('quorumUnknown');
    expectUntouched(world);
    for (const id of [first, second]) world.processOf(id).up = true;
    await minutes(world, 2);
    expect(world.etcd.members).toEqual(members);
    expect(jsonAt(world, 'status').health).toBe('degraded');
    expectUntouched(world);
  },
);

test('one that is silent may hold more than the survivor: it is waited for, and the quorum is back with it', async () => {
  const world = await kept(3, 'from-survivor');
  const [first = '', second = '', third = ''] = world.voters();
  lose(world, first);
  stop(world, second, third);
  expect((await minutes(world, 5)).waits.map(({ kind }) => kind)).toContain('quorumUnknown');
  for (const id of [second, third]) world.processOf(id).up = true;
  await minutes(world, 8);
  expectUntouched(world);
  expectWhole(world, 3);
});

test('of five members three are lost and one is silent: the survivor waits until that one is lost, too', async () => {
  const world = await kept(5, 'from-survivor');
  const [first = '', second = '', third = '', fourth = ''] = world.voters();
  lose(world, first, second, third);
  stop(world, fourth);
  expect(told(await minutes(world, 6))).toEqual(['quorumLost', 'survivorUnknown']);
  expectUntouched(world);
  lose(world, fourth);
  await minutes(world, 12);
  expectRecovered(world, 5);
});

test('that EC2 knows no such instance is believed when it has said so for a minute (R5)', async () => {
  const world = await kept(3, 'from-survivor');
  const [first = '', second = ''] = world.voters();
  lose(world, first, second);
  for (const id of [first, second]) world.forgotten.add(id);
  expect((await world.pass()).waits.map(({ kind }) => kind)).toContain('quorumUnknown');
  expect(jsonAt(world, 'quorum').notFoundSinceMs).toHaveProperty(first);
  expectUntouched(world);
  await minutes(world, 10);
  expectRecovered(world, 3);
  expect(textAt(world, 'quorum')).toBe('');
});

test('a group that wants no instance is not recovered for nobody', async () => {
  const world = await kept(3, 'from-snapshot');
  lose(world, ...world.voters());
  world.desired = 0;
  expect(told(await minutes(world, 3))).toEqual(['quorumLost', 'noCapacity']);
  expectUntouched(world);
  world.desired = 3;
  await minutes(world, 8);
  expectRecovered(world, 3);
});

test('a frozen cluster is not recovered', async () => {
  const world = await kept(3, 'from-survivor');
  setConfig(world, { frozen: true });
  const [first = '', second = ''] = world.voters();
  lose(world, first, second);
  expect((await minutes(world, 3)).waits.map(({ kind }) => kind)).toContain('frozen');
  expectUntouched(world);
});

test('a group that launches nobody keeps its survivor running, captured or not', async () => {
  const world = await kept(3, 'from-survivor');
  const [first = '', second = '', third = ''] = world.voters();
  world.suspended.add('Launch');
  lose(world, first, second);
  expect(told(await minutes(world, 5))).toEqual(['recovering', 'fencing']);
  expect(world.instance(third)).toMatchObject({ state: 'running', lifecycle: 'InService' });
  world.suspended.clear();
  await minutes(world, 8);
  expectRecovered(world, 3);
});

test('what is fenced and listed nowhere is waited for until EC2 says that it is terminated', async () => {
  const world = await kept(3, 'from-survivor');
  const [first = '', second = '', third = ''] = world.voters();
  world.instance(third).listed = false; // detached: it runs on, and nobody can end it through the group
  lose(world, first, second);
  expect(told(await minutes(world, 6))).toEqual(['recovering', 'fencing']);
  expect(effectsOf(world, /claims/)).toEqual([]);
  world.kill(third);
  await minutes(world, 8);
  expectRecovered(world, 3);
});

test.each([
  'create recovery/2$',
  'ask for a capture',
  'end instance',
  'create claims/2',
  'tag',
  'write bootstrap',
  'create members/',
  'create recovery/2/done',
])('a function that dies right after "%s" is followed by one that goes on (S47)', async (effect) => {
  const world = await kept(3, 'from-survivor');
  const [first = '', second = ''] = world.voters();
  lose(world, first, second);
  world.killOn = new RegExp(effect);
  await minutesOn(world, 12);
  expect(world.killOn).toBeNull();
  expect(recordsOf(world)).toEqual(['2', '2/captured', '2/done']);
  expectRecovered(world, 3);
});

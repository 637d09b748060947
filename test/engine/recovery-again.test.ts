import { expect, test } from 'vitest';
import { effectsOf, listNames, minutes } from '../support/story.ts';
import {
  choiceOf,
  expectRecovered,
  expectUntouched,
  jsonAt,
  kept,
  lose,
  recordsOf,
  stop,
  told,
} from './recovery-world.ts';

test('a survivor that is lost before it was captured is followed by what the configuration names next', async () => {
  const world = await kept(3, 'from-snapshot');
  const [first = '', second = '', third = ''] = world.voters();
  world.backups.captureSeconds = Number.POSITIVE_INFINITY;
  lose(world, first, second);
  expect(told(await minutes(world, 3))).toEqual(['recovering', 'capturing']);
  expect(world.instance(third).state).toBe('running'); // nobody is ended before the copy is there
  lose(world, third);
  await minutes(world, 8);
  expect(recordsOf(world)).toEqual(['2', '2/again-2', '2/done']);
  expect(jsonAt(world, 'recovery/2/again-2').source.how).toBe('from-snapshot');
  expectRecovered(world, 3);
});

test('a learner that was on its way is waited for by nobody: it has no vote, and shows what it holds', async () => {
  const world = await kept(3, 'from-survivor');
  const [first = '', second = ''] = world.voters();
  world.etcd.catchUpMs = 3_600_000;
  lose(world, first);
  await minutes(world, 4);
  expect(world.etcd.members.filter(({ isLearner }) => isLearner)).toHaveLength(1);
  lose(world, second);
  world.etcd.catchUpMs = 0;
  await minutes(world, 12);
  expectRecovered(world, 3);
});

test('where nothing else may be taken it stands still, and says so', async () => {
  const world = await kept(3, 'from-survivor');
  const [first = '', second = '', third = ''] = world.voters();
  world.backups.captureSeconds = Number.POSITIVE_INFINITY;
  lose(world, first, second);
  await minutes(world, 2);
  lose(world, third);
  expect(told(await minutes(world, 10))).toEqual(['recovering', 'sourceLost']);
  expect(world.etcd.formed.size).toBe(1);
  const [snapshot] = [...world.bucket.objects.keys()].filter((key) => key.endsWith('.db'));
  const choice = await choiceOf(world, { how: 'from-snapshot', key: snapshot ?? '' });
  await world.pass({ recover: choice });
  await minutes(world, 8);
  expect(recordsOf(world)).toEqual(['2', '2/again-2', '2/done']);
  expectRecovered(world, 3);
});

test('a founder that is lost before its cluster was seen is followed by another, from the same source', async () => {
  const world = await kept(3, 'from-survivor');
  const [first = '', second = ''] = world.voters();
  world.imageBoots = false; // its machine never starts etcd
  lose(world, first, second);
  expect(told(await minutes(world, 4))).toEqual(['recovering', 'restoring']);
  const [founder = ''] = Object.keys(jsonAt(world, 'bootstrap').members);
  for (const instance of world.instances) instance.boots = true;
  world.imageBoots = true;
  lose(world, founder);
  await minutes(world, 8);
  expect(listNames(world, 'claims/')).toEqual(['2', '3']);
  expect(jsonAt(world, 'claims/3').restore).toEqual(jsonAt(world, 'claims/2').restore);
  expect(jsonAt(world, 'bootstrap')).toMatchObject({ number: 3, recovery: 2 });
  expectRecovered(world, 3);
});

test('a cluster that was brought back and is lost again is recovered again, under another number', async () => {
  const world = await kept(3, 'from-survivor');
  const [first = '', second = ''] = world.voters();
  lose(world, first, second);
  await minutes(world, 8);
  expectRecovered(world, 3);
  const { clusterId } = jsonAt(world, 'bootstrap');
  const [fourth = '', fifth = ''] = world.voters();
  lose(world, fourth, fifth);
  await minutes(world, 8);
  expect(jsonAt(world, 'recovery/3')).toMatchObject({ formerClusterId: clusterId });
  expect(jsonAt(world, 'recovery/3/done')).toMatchObject({ outcome: 'recovered' });
  expect(world.etcd.violations).toEqual([]);
});

test('the manual way: nothing is done until an operator chooses, and then all of it', async () => {
  const world = await kept(3, 'manual');
  const [first = '', second = '', third = ''] = world.voters();
  lose(world, first, second);
  expect(told(await minutes(world, 5))).toEqual(['quorumLost', 'manual']);
  expectUntouched(world);
  await world.pass({ recover: await choiceOf(world, { how: 'from-survivor', instanceId: third }) });
  await minutes(world, 8);
  expect(jsonAt(world, 'recovery/2')).toMatchObject({ by: 'operator somebody', nonce: 'one' });
  expectRecovered(world, 3);
});

test('of two operators who choose at once the first is right, and the second is told', async () => {
  const world = await kept(3, 'manual');
  const [first = '', second = '', third = ''] = world.voters();
  lose(world, first, second);
  const [snapshot = ''] = [...world.bucket.objects.keys()].filter((key) => key.endsWith('.db'));
  const one = await choiceOf(world, { how: 'from-snapshot', key: snapshot }, [], 'one');
  const other = await choiceOf(world, { how: 'from-survivor', instanceId: third }, [], 'two');
  await world.pass({ recover: one });
  const report = await world.pass({ recover: other });
  const refusals = report.waits.filter(({ kind }) => kind === 'choiceRefused');
  expect(refusals.length).toBeLessThanOrEqual(1);
  await minutes(world, 8);
  expect(jsonAt(world, 'recovery/2')).toMatchObject({ nonce: 'one', source: { how: 'from-snapshot' } });
  expect(recordsOf(world)).toEqual(['2', '2/done']);
  expectRecovered(world, 3);
});

test('a choice is refused where a quorum may come back, unless the operator calls the silent ones lost', async () => {
  const world = await kept(3, 'manual');
  const [first = '', second = '', third = ''] = world.voters();
  lose(world, first);
  stop(world, second);
  await minutes(world, 2);
  const source = { how: 'from-survivor', instanceId: third } as const;
  const report = await world.pass({ recover: await choiceOf(world, source) });
  expect(report.waits).toContainEqual(
    expect.objectContaining({ kind: 'choiceRefused', because: expect.stringContaining(second) }),
  );
  expectUntouched(world);
  await world.pass({ recover: await choiceOf(world, source, [second]) });
  expect(jsonAt(world, 'recovery/2')).toMatchObject({ forced: [second], fenced: [second, third].sort() });
  await minutes(world, 10);
  expectRecovered(world, 3);
  expect(world.instance(second).state).toBe('terminated'); // called lost, and ended before anything was founded
});

test('a choice that was made of something else than what stands now is refused', async () => {
  const world = await kept(3, 'manual');
  const [first = '', second = '', third = ''] = world.voters();
  lose(world, first, second);
  const choice = await choiceOf(world, { how: 'from-survivor', instanceId: third });
  const report = await world.pass({ recover: { ...choice, confirm: '0123456789abcdef' } });
  expect(report.waits).toContainEqual(
    expect.objectContaining({ kind: 'choiceRefused', because: expect.stringContaining('has changed') }),
  );
  expectUntouched(world);
});

test('one that was called lost and comes back in time has the recovery called off, and nobody is ended', async () => {
  const world = await kept(3, 'manual');
  const [first = '', second = '', third = ''] = world.voters();
  world.backups.captureSeconds = Number.POSITIVE_INFINITY;
  lose(world, first);
  stop(world, second);
  await minutes(world, 2);
  const source = { how: 'from-survivor', instanceId: third } as const;
  await world.pass({ recover: await choiceOf(world, source, [second]) });
  expect(recordsOf(world)).toEqual(['2']);
  world.processOf(second).up = true;
  await minutes(world, 3);
  expect(jsonAt(world, 'recovery/2/done')).toMatchObject({ outcome: 'calledOff' });
  expect([second, third].map((id) => world.instance(id).state)).toEqual(['running', 'running']);
  expect(effectsOf(world, /end instance|claims/)).toEqual([]);
  expect(world.etcd.violations).toEqual([]);
});

import { expect, test } from 'vitest';
import { verifiedKey } from '../../functions/core/backup/keys.ts';
import type { FakeWorld } from '../simulation/world/fake-world.ts';
import { denied, effectsOf, minutes } from '../support/story.ts';
import { choiceOf, expectRecovered, jsonAt, kept, lose, recordsOf, told } from './recovery-world.ts';

/** Two of three are lost, the third is captured, and nobody has restored the copy for proof. */
async function unproved(): Promise<readonly [world: FakeWorld, survivorId: string]> {
  const world = await kept(3, 'from-survivor');
  const [first = '', second = '', third = ''] = world.voters();
  world.backups.verifySeconds = Number.POSITIVE_INFINITY;
  lose(world, first, second);
  expect(told(await minutes(world, 5))).toEqual(['recovering', 'proving']);
  expectKept(world, third);
  return [world, third];
}

function expectKept(world: FakeWorld, survivorId: string): void {
  expect(world.instance(survivorId)).toMatchObject({ state: 'running', lifecycle: 'InService' });
  expect(effectsOf(world, /end instance|claims/)).toEqual([]);
}

function find(world: FakeWorld, reason: string | null): void {
  const { key } = jsonAt(world, 'recovery/2/captured');
  const restorable = reason === null;
  const at = new Date(world.nowMs).toISOString();
  const found = { version: 1, key, at, restorable, reason, keyCount: null, etcdVersion: '3.6.14' };
  const text = JSON.stringify({ ...found, revision: restorable ? '9' : null });
  world.bucket.putText(verifiedKey(key), text, world.nowMs);
}

test('nobody is ended before the copy is proved, and the verdict is what it goes on with (R12)', async () => {
  const [world] = await unproved();
  find(world, null);
  await minutes(world, 8);
  expectRecovered(world, 3);
});

test('a copy that cannot be restored ends nobody, however long, and a person may choose a snapshot (R12)', async () => {
  const [world, survivorId] = await unproved();
  find(world, 'it is no database');
  expect(told(await minutes(world, 30))).toEqual(['recovering', 'captureBad']);
  expectKept(world, survivorId);
  const key = [...world.bucket.objects.keys()].find((one) => one.endsWith('.db')) ?? '';
  await world.pass({ recover: await choiceOf(world, { how: 'from-snapshot', key }) });
  await minutes(world, 8);
  expect(recordsOf(world)).toEqual(['2', '2/again-2', '2/captured', '2/done']);
  expectRecovered(world, 3);
});

test('without a verdict it goes on after ten minutes, and says that the copy was not proved', async () => {
  const [world, survivorId] = await unproved();
  world.instance(survivorId).listed = false; // nobody can end it through the group
  const report = await minutes(world, 10);
  expect(report.waits).toContainEqual(
    expect.objectContaining({ kind: 'recovering', because: expect.stringContaining('was not proved') }),
  );
  world.kill(survivorId);
  await minutes(world, 8);
  expectRecovered(world, 3);
});

test('a verdict that cannot be read is waited for: unknown is not "none"', async () => {
  const [world, survivorId] = await unproved();
  find(world, null);
  world.failing.set('objects.readText', denied);
  const report = await minutes(world, 20);
  expect(told(report)).toEqual(['recovering', 'proving']);
  expectKept(world, survivorId);
  world.failing.clear();
  await minutes(world, 8);
  expectRecovered(world, 3);
});

test('where there are no tools nobody is waited for', async () => {
  const world = await kept(3, 'from-survivor');
  const [first = '', second = ''] = world.voters();
  world.backups.verifySeconds = Number.POSITIVE_INFINITY;
  world.parameters.set(
    [...world.parameters.keys()].find((name) => name.endsWith('/backup')) ?? '',
    JSON.stringify({ ...jsonAt(world, 'backup'), unverifiable: true }),
  );
  lose(world, first, second);
  await minutes(world, 8);
  expectRecovered(world, 3);
});

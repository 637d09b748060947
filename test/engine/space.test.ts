import { describe, expect, test } from 'vitest';
import { sightKey } from '../../functions/core/backup/keys.ts';
import { decodeSight, encodeSight, nextSight } from '../../functions/core/checks/sight.ts';
import { decodeSpaceRecord, encodeSpaceRecord } from '../../functions/core/space.ts';
import { type FakeWorld, PATH } from '../simulation/world/fake-world.ts';
import { effectsOf, expectSafe, expectWhole, grown, minutes, waitKinds } from '../support/story.ts';

const MEGABYTE = 1_048_576;
const QUOTA_BYTES = 100 * MEGABYTE;

/** Clients overwrite what they have until etcd takes no more. */
function fill(world: FakeWorld): void {
  world.etcd.space.quotaBytes = QUOTA_BYTES;
  world.etcd.space.load(QUOTA_BYTES);
  expect(world.etcd.clientWrite()).toBe(false);
  expect([...world.etcd.alarms.values()]).toContain('NOSPACE');
}

const SIGHT = sightKey('etcd-autopilot/', 'core');

/** As checks do every minute. */
function see({ etcd, nowMs, bucket }: FakeWorld): void {
  const sight = {
    at: new Date(nowMs).toISOString(),
    clusterId: etcd.clusterId ?? '',
    revision: String(etcd.revision),
    raftTerm: String(etcd.term),
    raftIndex: String(etcd.index),
    voters: [],
    counters: {},
  };
  bucket.putText(SIGHT, encodeSight(nextSight(sight, decodeSight(bucket.textOf(SIGHT)))), nowMs);
}

const settings = { maintenance: { quotaBytes: QUOTA_BYTES } };

const spaceOf = (world: FakeWorld) => decodeSpaceRecord(world.parameters.get(`${PATH}maintenance`) ?? null);

const DONE = /^(?:etcd\.(?:compact|defragment|disarm|moveLeader)|write maintenance)/;

describe('S59 the databases reach their quota', () => {
  test('the past is forgotten, databases are defragmented one by one, the leader last, and writes are taken', async () => {
    const world = await grown(3, settings);
    fill(world);
    const before = world.effects.length;
    await world.settle();
    expect(world.etcd.alarms.size).toBe(0);
    expect(world.etcd.clientWrite()).toBe(true);
    const done = world.effects.slice(before).filter((effect) => DONE.test(effect));
    const order = done.filter((effect) => !effect.startsWith('write'));
    const [defragment, disarm] = ['etcd.defragment', 'etcd.disarm'];
    expect([...new Set(order)]).toEqual(['etcd.compact', defragment, 'etcd.moveLeader', disarm]);
    expect(order.slice(1, 5)).toEqual([defragment, defragment, 'etcd.moveLeader', defragment]);
    expect(order.slice(5).every((effect) => effect === disarm)).toBe(true);
    expect(spaceOf(world)).toMatchObject({ repair: null });
    expect(spaceOf(world).repairsAtMs).toHaveLength(1);
    expectWhole(world, 3);
  });

  test('the repair is counted before anything is done', async () => {
    const world = await grown(3, settings);
    fill(world);
    const before = world.effects.length;
    await world.settle();
    const [first] = world.effects.slice(before).filter((effect) => DONE.test(effect));
    expect(first).toBe('write maintenance');
  });

  test('what is older than minutes is forgotten, and nothing newer, where that is enough', async () => {
    const world = await grown(3, settings);
    world.etcd.space.load(QUOTA_BYTES);
    for (let minute = 0; minute < 8; minute += 1) {
      world.etcd.clientWrite();
      see(world);
      world.nowMs += 60_000;
      world.tick();
    }
    const before = world.etcd.revision;
    world.etcd.space.quotaBytes = QUOTA_BYTES;
    expect(world.etcd.clientWrite()).toBe(false);
    await world.settle();
    expect(world.etcd.clientWrite()).toBe(true);
    expect(world.etcd.space.compactRevision).toBeGreaterThan(1n);
    expect(world.etcd.space.compactRevision).toBeLessThan(before - 3n);
    expectSafe(world);
  });

  test('no membership changes while it is armed, and the leave goes on after it', async () => {
    const world = await grown(3, settings);
    fill(world);
    // Nothing that could help can be done.
    world.parameters.set(
      `${PATH}maintenance`,
      encodeSpaceRecord({ repairsAtMs: [world.nowMs, world.nowMs, world.nowMs], repair: null }),
    );
    world.terminate(world.voters()[0] ?? '');
    world.tick();
    const count = world.effects.length;
    const report = await minutes(world, 3);
    expect(waitKinds(report)).toContain('quotaReached');
    expect(world.effects.slice(count)).toEqual(['write status']);
    world.parameters.delete(`${PATH}maintenance`);
    await world.settle();
    expect(world.etcd.alarms.size).toBe(0);
    expectWhole(world, 3);
  });

  test('three repairs in a day are the last: a person is told, and nothing more is forgotten', async () => {
    const world = await grown(3, settings);
    for (let repair = 0; repair < 3; repair += 1) {
      fill(world);
      await world.settle();
      expect(world.etcd.alarms.size).toBe(0);
    }
    fill(world);
    const count = effectsOf(world, /compact|defragment|disarm/).length;
    const report = await minutes(world, 5);
    expect(report.waits).toContainEqual(
      expect.objectContaining({ kind: 'quotaReached', because: 'tooOften' }),
    );
    expect(effectsOf(world, /compact|defragment|disarm/)).toHaveLength(count);
    world.nowMs += 86_400_000;
    await world.settle();
    expect(world.etcd.alarms.size).toBe(0);
  });

  test('what is kept fills the quota: it stays armed, and a person is told what to do', async () => {
    const world = await grown(3, settings);
    world.etcd.space.keptBytes = QUOTA_BYTES;
    fill(world);
    const report = await minutes(world, 3);
    expect(report.waits).toContainEqual(expect.objectContaining({ kind: 'quotaReached', because: 'noRoom' }));
    expect(world.etcd.alarms.size).toBeGreaterThan(0);
    expect(world.parameters.get(`${PATH}status`)).toContain('quotaReached');
  });

  test('with one of three voters down nobody is defragmented, and all are when it is back', async () => {
    const world = await grown(3, settings);
    fill(world);
    const [down = ''] = world.voters().filter((id) => id !== world.leaderName);
    world.processOf(down).up = false;
    await minutes(world, 3);
    expect(effectsOf(world, /defragment|disarm/)).toEqual([]);
    world.processOf(down).up = true;
    await world.settle();
    expect(world.etcd.alarms.size).toBe(0);
    expect(effectsOf(world, /defragment/)).toHaveLength(3);
  });

  test('with one of five voters down the others are defragmented all the same', async () => {
    const world = await grown(5, settings);
    fill(world);
    const [down = ''] = world.voters().filter((id) => id !== world.leaderName);
    world.processOf(down).up = false;
    await minutes(world, 2);
    expect(world.etcd.alarms.size).toBe(0);
    expect(effectsOf(world, /defragment/)).toHaveLength(4);
  });

  test('a permit that is held is waited for', async () => {
    const world = await grown(3, settings);
    const held = { owner: 'somebody', reason: 'reboot', leaseId: '1', ttlSeconds: 120 };
    world.etcd.permit = { ...held, expiresAtMs: world.nowMs + 120_000 };
    fill(world);
    const report = await world.pass();
    expect(report.waits).toContainEqual(expect.objectContaining({ kind: 'makingSpace', next: 'permit' }));
    expect(effectsOf(world, /compact|defragment/)).toEqual([]);
    await minutes(world, 4);
    expect(world.etcd.alarms.size).toBe(0);
  });
});

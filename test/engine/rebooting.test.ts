import { describe, expect, test } from 'vitest';
import { KEY, MEMBERS } from '../../functions/core/names.ts';
import { encodeRebootLock, FREE_LOCK, withHolder } from '../../functions/core/reboot/lock.ts';
import type { FakeWorld } from '../simulation/world/fake-world.ts';
import { effectsOf, expectWhole, grown, minutes, waitKinds } from '../support/story.ts';

const LOCK = KEY.reboots + MEMBERS;

/** Somebody may reboot, and its etcd does not come back; `other` is a third one. Neither leads. */
async function lost(
  size: number,
  launchesFirst: boolean,
): Promise<{ readonly world: FakeWorld; readonly holder: string; readonly other: string }> {
  const world = await grown(size);
  world.launchesFirst = launchesFirst;
  const [holder = '', other = ''] = world.voters().filter((id) => id !== world.leaderName);
  const since = new Date(world.nowMs).toISOString();
  world.etcd.keys.set(LOCK, encodeRebootLock(withHolder(FREE_LOCK, { instanceId: holder, since })) ?? '');
  world.processOf(holder).frozen = true;
  return { world, holder, other };
}

describe.each([false, true])(
  'a machine that never comes back from its reboot (group launches first: %s)',
  (first) => {
    test('is replaced, and its lock ends with it', async () => {
      const { world, holder } = await lost(3, first);
      await minutes(world, 20);
      expect(world.etcd.keys.has(LOCK)).toBe(false);
      await world.settle();
      expectWhole(world, 3);
      expect(world.voters()).not.toContain(holder);
    });

    test('does not wait for one that leaves, which waits for it: of five, two are replaced', async () => {
      const { world, holder, other } = await lost(5, first);
      await minutes(world, 1);
      world.terminate(other);
      const report = await minutes(world, 3);
      expect(waitKinds(report)).toContain('rebooting');
      expect(effectsOf(world, /etcd\.remove/)).toEqual([]);
      await minutes(world, 20);
      expect(world.etcd.keys.has(LOCK)).toBe(false);
      await world.settle();
      expectWhole(world, 5);
      expect(world.voters()).not.toContain(holder);
      expect(world.voters()).not.toContain(other);
    });

    test('nor for one that its group found unhealthy, and that nobody holds for the sake of others', async () => {
      const { world, holder, other } = await lost(5, first);
      const sick = world.instances.find(({ id }) => id === other);
      if (sick !== undefined) sick.health = 'Unhealthy';
      await minutes(world, 25);
      expect(world.etcd.keys.has(LOCK)).toBe(false);
      await world.settle();
      expectWhole(world, 5);
      expect(world.voters()).not.toContain(holder);
      expect(world.voters()).not.toContain(other);
    });

    test('nor for one that is silent and unhealthy beside it', async () => {
      const { world, holder, other } = await lost(5, first);
      const sick = world.instances.find(({ id }) => id === other);
      if (sick !== undefined) sick.health = 'Unhealthy';
      world.processOf(other).frozen = true;
      await minutes(world, 25);
      expect(world.etcd.keys.has(LOCK)).toBe(false);
      await world.settle();
      expectWhole(world, 5);
      expect(world.voters()).not.toContain(holder);
      expect(world.voters()).not.toContain(other);
    });
  },
);

import { describe, expect, test } from 'vitest';
import { FakeWorld } from '../simulation/world/fake-world.ts';
import { effectsOf, expectSafe, expectWhole, followerOf, minutes, waitKinds } from '../support/story.ts';

/** Three voters of one version; whatever starts from now on is of another. */
async function upgrading(from: string, to: string): Promise<FakeWorld> {
  const world = new FakeWorld(3);
  world.etcd.version = from;
  await world.settle();
  expectWhole(world, 3);
  world.etcd.newVersion = to;
  return world;
}

async function versionsOf(world: FakeWorld): Promise<readonly (string | null)[]> {
  const { world: seen } = await world.pass({ mode: 'look' });
  return (seen?.etcd.view?.members ?? []).map(({ version }) => version).sort();
}

describe('S66 a release of another version of etcd', () => {
  test.each([
    ['3.4.23', '3.5.33'],
    ['3.5.33', '3.6.14'],
    ['3.6.14', '3.7.1'],
    ['3.5.16', '3.5.33'],
  ])('from %s to %s replaces one after the other, and all voters are of the new one', async (from, to) => {
    const world = await upgrading(from, to);
    world.refresh.start(world, 'launchFirst');
    await minutes(world, 12);
    expect(world.refresh.isRunning).toBe(false);
    expectWhole(world, 3);
    expect(await versionsOf(world)).toEqual([to, to, to]);
  });

  test.each([
    ['3.5.16', '3.6.14'],
    ['3.6.8', '3.7.1'],
    ['3.5.33', '3.7.1'],
    ['3.6.14', '3.5.33'],
  ])(
    'from %s to %s stops at its first node: it is told why, and all voters are as before',
    async (from, to) => {
      const world = await upgrading(from, to);
      const before = world.voters();
      world.refresh.start(world, 'launchFirst');
      const report = await minutes(world, 4);
      expect(waitKinds(report)).toContain('versionStep');
      await minutes(world, 6);
      expect(world.refresh.isRunning).toBe(false);
      expect(world.voters()).toEqual(before);
      expect(await versionsOf(world)).toEqual([from, from, from]);
      expect(effectsOf(world, /^(cancel|complete ABANDON|etcd.promote)/)).toEqual([
        'cancel refresh',
        'complete ABANDON',
      ]);
      expectSafe(world);
    },
  );

  test('that stopped half-way is taken back in the minor of the others', async () => {
    const world = await upgrading('3.5.33', '3.6.14');
    world.terminate(followerOf(world));
    await world.settle();
    expect(await versionsOf(world)).toEqual(['3.5.33', '3.5.33', '3.6.14']);
    world.etcd.newVersion = '3.5.33';
    world.terminate(world.instances.at(-1)?.id ?? '');
    await world.settle();
    expectWhole(world, 3);
    expect(await versionsOf(world)).toEqual(['3.5.33', '3.5.33', '3.5.33']);
  });

  test('waits for a voter that does not answer: nobody knows what it runs, nor whom it takes for members', async () => {
    const world = new FakeWorld(5);
    world.etcd.version = '3.5.33';
    await world.settle();
    world.etcd.newVersion = '3.6.14';
    const silent = followerOf(world);
    world.processOf(silent).frozen = true;
    world.desired = 6;
    world.tick();
    const report = await minutes(world, 2);
    expect(report.world?.etcd.view).toMatchObject({ agreed: true, toldByAll: false });
    expect(report.waits.find(({ kind }) => kind === 'versionStep')).toMatchObject({
      doubts: [{ code: 'unknown', voters: [silent] }, { code: 'viewsDiffer' }],
    });
    expect(world.voters()).toHaveLength(5);
    world.processOf(silent).frozen = false;
    await minutes(world, 2);
    expect(world.voters()).toHaveLength(6);
  });
});

test('every voter has told its members where all of them answer', async () => {
  const world = await upgrading('3.6.14', '3.6.14');
  const { world: seen } = await world.pass({ mode: 'look' });
  expect(seen?.etcd.view).toMatchObject({ agreed: true, toldByAll: true });
});

import { describe, expect, test } from 'vitest';
import { CLUSTER, codesIn, DnsScene } from '../../simulation/fronts/dns-scene.ts';

describe('an instance of which EC2 has announced the end (S36)', () => {
  test('is taken out of its name while it is in service, and its hook is left alone until it leaves', async () => {
    const scene = new DnsScene();
    const [first = '', ...others] = scene.serve('web', 3);
    await scene.run();
    scene.fleet.ending = new Set([first, 'i-00000000000000999']);
    const report = await scene.run();
    expect(scene.web).toEqual(scene.addressesOf(others));
    expect(report).toMatchObject({ error: null, isComplete: true, clusters: [{ holds: [] }] });
    expect(scene.fleet.instance(first).lifecycle).toBe('InService');
    scene.fleet.terminate(scene.fleet.instance(first));
    scene.pass(2);
    await scene.runFor(3);
    expect(scene.fleet.ends).toMatchObject([{ hook: { instanceId: first }, by: 'completed' }]);
  });

  test('stays while it is the last that its name leads to, until another is in service', async () => {
    const scene = new DnsScene();
    const [only = ''] = scene.serve('web', 1);
    await scene.run();
    scene.fleet.ending = new Set([only]);
    expect(codesIn(await scene.run())).toContain('nothingToPublish');
    expect(scene.web).toEqual(scene.addressesOf([only]));
    scene.fleet.group('web').desired = 2;
    scene.pass(12);
    await scene.run({ cluster: CLUSTER });
    expect(scene.web).toEqual(
      scene.addressesOf(
        scene.fleet
          .inService('web')
          .map(({ id }) => id)
          .slice(1),
      ),
    );
  });

  test('is published again when EC2 takes it back', async () => {
    const scene = new DnsScene();
    const ids = scene.serve('web', 2);
    scene.fleet.ending = new Set(ids.slice(0, 1));
    await scene.run();
    expect(scene.web).toEqual(scene.addressesOf(ids.slice(1)));
    scene.fleet.ending = new Set();
    await scene.run();
    expect(scene.web).toEqual(scene.addressesOf(ids));
  });

  test('is unknown while EC2 does not tell: everybody is published, and nothing counts as failed', async () => {
    const scene = new DnsScene();
    const ids = scene.serve('web', 2);
    scene.fleet.ending = null;
    expect(await scene.run()).toMatchObject({ error: null, isComplete: true });
    expect(scene.web).toEqual(scene.addressesOf(ids));
  });
});

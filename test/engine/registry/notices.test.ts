import { describe, expect, test } from 'vitest';
import { RegistryScene } from '../../simulation/fronts/registry-world.ts';

describe('an instance of which EC2 has announced the end (S36)', () => {
  test('offers nothing any more while it is in service, and its hook is left alone until it leaves', async () => {
    const scene = new RegistryScene();
    const [first = ''] = scene.serve('web', 2);
    await scene.run();
    expect(scene.services('web')).toEqual(['10.0.0.4:80', '10.0.0.5:80']);
    scene.fleet.ending = new Set([first]);
    expect(await scene.run()).toMatchObject({ error: null, findings: [], heldCount: 0, completedCount: 0 });
    expect(scene.services('web')).toEqual(['10.0.0.5:80']);
    expect(Object.keys(scene.keys.under(`/etcd-autopilot/machines/${first}`))).toHaveLength(1);
    scene.pass(60);
    scene.fleet.terminate(scene.fleet.instance(first));
    scene.pass(2);
    const leftAtMs = scene.fleet.nowMs;
    await scene.run();
    expect(scene.fleet.ends).toMatchObject([{ hook: { instanceId: first }, by: 'completed' }]);
    // Its drain began when its services were taken out, and is over.
    expect(scene.fleet.nowMs - leftAtMs).toBeLessThan(5_000);
  });

  test('keeps the last key of a service, until another is in service', async () => {
    const scene = new RegistryScene();
    const [only = ''] = scene.serve('web', 1);
    await scene.run();
    scene.fleet.ending = new Set([only]);
    expect((await scene.run()).findings.map(({ code }) => code)).toContain('nothingToPublish');
    expect(scene.services('web')).toEqual(['10.0.0.4:80']);
    scene.fleet.group('web').desired = 2;
    scene.pass(12);
    await scene.run();
    expect(scene.services('web')).toEqual(['10.0.0.5:80']);
  });

  test('is unknown while EC2 does not tell: everybody is registered, and nothing counts as failed', async () => {
    const scene = new RegistryScene();
    scene.serve('web', 2);
    scene.fleet.ending = null;
    expect(await scene.run()).toMatchObject({ error: null, outcome: 'settled', sawAll: true });
    expect(scene.services('web')).toHaveLength(2);
  });
});

import { describe, expect, test } from 'vitest';
import { OperationError } from '../../../functions/core/errors.ts';
import { RegistryScene } from '../../simulation/fronts/registry-world.ts';

const MANY = 60;

/** Many leave at once, and every call about a hook takes Auto Scaling a second. */
async function manyLeaving() {
  const scene = new RegistryScene();
  const ids = scene.serve('web', MANY + 2, { tags: { 'etcd-autopilot:drain-seconds': '0' } });
  await scene.run();
  for (const id of ids.slice(0, MANY)) scene.fleet.terminate(scene.fleet.instance(id));
  scene.pass(2);
  const calls: string[] = [];
  scene.gate = (call, given) => {
    calls.push(call.name);
    if (call.name === 'joined.complete' || call.name === 'joined.heartbeat') scene.pass(1);
    return call.send(...given);
  };
  return { scene, calls, leavers: ids.slice(0, MANY) };
}

const noted = (scene: RegistryScene): number =>
  Object.keys(scene.keys.under('/etcd-autopilot/leaving/')).length;

describe('where many leave at once', () => {
  test('one look answers as many hooks as there is time for, and the next goes on', async () => {
    const { scene, calls } = await manyLeaving();
    const report = await scene.run();
    const secondLook = calls.indexOf('joined.listByCluster', calls.indexOf('joined.complete'));
    const ofFirstLook = calls.slice(0, secondLook).filter((name) => name === 'joined.complete').length;
    expect(ofFirstLook).toBeGreaterThanOrEqual(10);
    expect(ofFirstLook).toBeLessThanOrEqual(20);
    expect(report.lookCount).toBeGreaterThan(1);
    expect(report.completedCount).toBeGreaterThan(ofFirstLook);
  });

  test('the notes of those that were let go are taken away in the same pass', async () => {
    const { scene } = await manyLeaving();
    const { completedCount } = await scene.run();
    expect(completedCount).toBeGreaterThan(0);
    expect(noted(scene)).toBe(MANY - completedCount);
  });

  test('a few passes let all of them go', async () => {
    const { scene, leavers } = await manyLeaving();
    await scene.runFor(4);
    const answered = scene.fleet.ends.filter(({ by }) => by === 'completed');
    expect(new Set(answered.map(({ hook }) => hook.instanceId))).toEqual(new Set(leavers));
    expect(scene.fleet.ends.filter(({ by }) => by === 'timeout')).toEqual([]);
    expect(noted(scene)).toBe(0);
  });

  test('hooks that cannot be read now are extended as they were read last: not all of them, in every look', async () => {
    const { scene, calls, leavers } = await manyLeaving();
    const slow = scene.gate;
    const throttle = (...names: readonly string[]) => {
      scene.gate = (call, given) =>
        names.includes(call.name)
          ? Promise.reject(new OperationError('AWS_THROTTLED', 'nextLook', 'slow down'))
          : slow(call, given);
    };
    throttle('joined.complete');
    await scene.run();
    expect(calls).toContain('joined.listHooks');
    expect(calls).not.toContain('joined.heartbeat');
    throttle('joined.complete', 'joined.listHooks');
    await scene.run();
    expect(calls).not.toContain('joined.heartbeat');
    scene.pass(150);
    await scene.run();
    expect(calls.filter((name) => name === 'joined.heartbeat').length).toBeGreaterThanOrEqual(10);
    expect(scene.fleet.ends.filter(({ hook }) => leavers.includes(hook.instanceId))).toEqual([]);
  });
});

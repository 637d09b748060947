import { describe, expect, test } from 'vitest';
import { BeatMemory } from '../../../functions/engine/dns/heartbeats.ts';
import { DnsScene } from '../../simulation/fronts/dns-scene.ts';

const MANY = 90;
const TIMEOUT_MS = 60_000;

/** Many leave at once, and every call about a hook takes Auto Scaling a second. */
function manyLeaving() {
  const scene = new DnsScene();
  const ids = scene.serve('web', MANY + 2);
  const leavers = ids.slice(0, MANY);
  for (const id of leavers) scene.fleet.terminate(scene.fleet.instance(id));
  scene.pass(2);
  const calls: string[] = [];
  scene.gate = (call, given) => {
    calls.push(call.name);
    if (call.name === 'joined.complete' || call.name === 'joined.heartbeat') scene.pass(1);
    return call.send(...given);
  };
  return { scene, calls, leavers };
}

const count = (calls: readonly string[], name: string): number =>
  calls.filter((call) => call === name).length;

describe('where many leave at once', () => {
  test('heartbeats leave time for the records, and answers end before the function does', async () => {
    const { scene, calls } = manyLeaving();
    const startedAtMs = scene.fleet.nowMs;
    const report = await scene.run({ beats: new BeatMemory() });
    expect(scene.fleet.nowMs - startedAtMs).toBeLessThan(TIMEOUT_MS);
    expect(count(calls, 'joined.heartbeat')).toBeLessThan(MANY);
    expect(report.failedBeatCount).toBe(MANY - count(calls, 'joined.heartbeat'));
    expect(scene.zone.batches).toHaveLength(1);
    expect(count(calls, 'joined.complete')).toBeGreaterThan(10);
    expect(count(calls, 'joined.complete')).toBeLessThan(MANY);
  });

  test('the passes after it let go the others, and send few heartbeats where some were sent before', async () => {
    const { scene, calls, leavers } = manyLeaving();
    const beats = new BeatMemory();
    await scene.run({ beats });
    calls.length = 0;
    await scene.run({ beats });
    expect(count(calls, 'joined.heartbeat')).toBe(0);
    for (let pass = 0; pass < 4; pass += 1) await scene.run({ beats });
    const answered = scene.fleet.ends.filter(({ by }) => by === 'completed');
    expect(new Set(answered.map(({ hook }) => hook.instanceId))).toEqual(new Set(leavers));
    expect(scene.fleet.ends.filter(({ by }) => by === 'timeout')).toEqual([]);
  });
});

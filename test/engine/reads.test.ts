import { describe, expect, test } from 'vitest';
import { OperationError } from '../../functions/core/errors.ts';
import type { FakeWorld } from '../simulation/world/fake-world.ts';
import { effectsOf, expectWhole, followerOf, grown } from '../support/story.ts';

/** The calls of a pass, in order. */
function recorded(world: FakeWorld): string[] {
  const calls: string[] = [];
  world.interfere = (call) => {
    calls.push(call);
  };
  return calls;
}

const AWS_READS = [
  'scaling.listGroups',
  'parameters.readAll',
  'machines.describe',
  'machines.endings',
  'scaling.listHooks',
  'scaling.listActivities',
];

describe('what a look reads of AWS', () => {
  test('is read once: an idle pass makes five calls, none of them a write', async () => {
    const world = await grown(3);
    await world.settle();
    const calls = recorded(world);
    const report = await world.pass();
    expect(report.outcome).toBe('settled');
    const aws = calls.filter((call) => !call.startsWith('etcd.'));
    expect(aws.sort()).toEqual(
      ['scaling.listGroups', 'parameters.readAll', 'machines.describe', 'machines.endings'].sort(),
    );
  });

  test('comes after the heartbeats in the first look of a pass', async () => {
    const world = await grown(3);
    world.terminate(followerOf(world));
    const calls = recorded(world);
    await world.pass();
    expect(calls.slice(0, 2)).toEqual(['scaling.listGroups', 'scaling.heartbeat']);
  });

  test('is read side by side from the second look on: all is asked for before the first answer', async () => {
    const world = await grown(3);
    world.terminate(followerOf(world));
    const calls = recorded(world);
    await world.pass();
    const second = calls.indexOf('parameters.readAll', calls.indexOf('etcd.probe'));
    const asked = calls.slice(second, second + 5).sort();
    expect(asked).toEqual(AWS_READS.filter((call) => call !== 'machines.endings').sort());
  });

  test('and fails, fails the look only where it is needed: a cluster without settings is told of as ever', async () => {
    const world = await grown(3);
    world.parameters.set('/etcd-autopilot/core/config', '{');
    world.failing.set('describe', () => new OperationError('AWS_UNAVAILABLE', 'nextLook', 'throttled'));
    const report = await world.pass();
    expect(report.waits.map(({ kind }) => kind)).toEqual(['configInvalid']);
    expect(report.error).toBeNull();
  });

  test('of an instance that was never asked for is asked for once more, and nothing twice', async () => {
    const world = await grown(3);
    world.desired = 4;
    world.tick();
    const calls = recorded(world);
    await world.settle();
    expectWhole(world, 4);
    const looks = calls.filter((call) => call === 'scaling.listGroups').length;
    expect(calls.filter((call) => call === 'parameters.readAll')).toHaveLength(looks);
    expect(calls.filter((call) => call === 'machines.describe').length).toBeLessThanOrEqual(looks + 1);
  });
});

test('a leaver of which the activities could not tell yet waits for its replacement as any other', async () => {
  const world = await grown(7);
  const leavers = world
    .voters()
    .filter((id) => id !== world.leaderName)
    .slice(0, 3);
  world.suspended.add('Launch');
  world.terminate(leavers.pop() ?? '');
  let lookCount = 0;
  world.interfere = (call) => {
    if (call === 'etcd.probe') lookCount += 1;
    // The group is read last of all: what it shows now is in no activity that was read beside it.
    if (call !== 'scaling.listGroups' || lookCount < 8 || leavers.length === 0) return;
    lookCount = 0;
    world.terminate(leavers.pop() ?? '');
  };
  await world.pass();
  expect(leavers).toEqual([]);
  expect(effectsOf(world, /etcd\.(?:remove|moveLeader|takePermit)/)).toEqual([]);
});

import { describe, expect, test } from 'vitest';
import { OperationError } from '../../functions/core/errors.ts';
import { FakeWorld, PATH } from '../simulation/world/fake-world.ts';
import {
  denied,
  effectsOf,
  expectSafe,
  expectWhole,
  followerOf,
  grown,
  minutes,
  seconds,
  snapshot,
  throttled,
  unavailable,
  waitKinds,
} from '../support/story.ts';

describe('S50 a port fails: what it did not say is unknown', () => {
  const READS = ['scaling.listGroups', 'machines.describe', 'parameters.readAll', 'scaling.listHooks'];
  const FAILURES = { unavailable, throttled, denied };
  const cases = READS.flatMap((call) =>
    Object.entries(FAILURES).map(([name, failure]) => [call, name, failure] as const),
  );

  test.each(cases)('%s %s: nothing changes, then the work is done', async (call, _name, failure) => {
    const world = await grown(3);
    world.vanish(followerOf(world));
    world.tick();
    const before = snapshot(world);
    world.failing.set(call, failure);
    const report = await world.pass();
    expect(report.outcome).toBe('failed');
    expect(report.error?.code).toBe(failure().code);
    expect(report.waits).toEqual([{ kind: 'refused', code: failure().code, message: failure().message }]);
    expect(snapshot(world)).toEqual(before);
    world.failing.clear();
    await world.settle();
    expectWhole(world, 3);
  });

  test.each(cases)('%s %s: no cluster is founded', async (call, _name, failure) => {
    const world = new FakeWorld(3);
    world.tick();
    world.failing.set(call, failure);
    expect((await world.pass()).outcome).toBe('failed');
    expect(world.effects).toEqual([]);
  });

  const LATER = READS.filter((call) => call !== 'scaling.listGroups');
  test.each(LATER)('%s fails: heartbeats were sent before, they need nothing but the group', async (call) => {
    const world = await grown(3);
    const leaver = followerOf(world);
    world.terminate(leaver);
    world.failing.set(call, denied);
    expect((await world.pass()).outcome).toBe('failed');
    expect(world.heartbeats.at(-1)).toBe(leaver);
  });

  test('a failure that passes costs a second, not the pass', async () => {
    const world = await grown(3);
    world.vanish(followerOf(world));
    world.tick();
    let left = 2;
    world.interfere = (call) => {
      if (call !== 'machines.describe' || left === 0) return;
      left -= 1;
      throw throttled();
    };
    expect((await world.pass()).outcome).toBe('settled');
    expectWhole(world, 3);
  });

  const WRITES = ['parameters.write', 'scaling.complete', 'etcd.addLearner', 'etcd.remove', 'etcd.promote'];

  test.each(WRITES)('%s is refused for a while: the story ends the same', async (call) => {
    const world = await grown(3);
    world.failing.set(
      call,
      call.startsWith('etcd') ? () => new OperationError('ETCD_REFUSED', 'nextLook', 'no') : throttled,
    );
    world.terminate(world.leaderName);
    await minutes(world, 3);
    expectSafe(world);
    world.failing.clear();
    await world.settle();
    expectWhole(world, 3);
  });

  test('a founding whose writes fail half way goes on where it was', async () => {
    const world = new FakeWorld(3);
    world.failing.set('scaling.tagGroup', denied);
    await minutes(world, 2);
    expect(world.etcd.formed.size).toBe(0);
    expect(effectsOf(world, /members/)).toEqual([]);
    world.failing.clear();
    await world.settle();
    expectWhole(world, 3);
  });

  test('heartbeats that fail are counted, and keep nobody else from theirs', async () => {
    const world = new FakeWorld(3);
    world.tick();
    let call = 0;
    world.interfere = (name) => {
      if (name !== 'scaling.heartbeat') return;
      call += 1;
      if (call === 1) throw throttled();
    };
    await world.pass({ mode: 'dryRun' });
    expect(world.heartbeats).toEqual(world.instances.slice(1).map(({ id }) => id));
  });
});

describe('S50 absence in one read', () => {
  test('a living voter that the group leaves out of its list stays', async () => {
    const world = await grown(3);
    world.hidden.add(followerOf(world));
    const before = world.etcd.members.length;
    await minutes(world, 5);
    expect(world.etcd.members).toHaveLength(before);
    expect(effectsOf(world, /etcd\.remove/)).toEqual([]);
    expectSafe(world);
  });

  test('an empty group removes nobody, and founds nothing', async () => {
    const world = await grown(3);
    for (const id of world.voters()) world.hidden.add(id);
    world.desired = 3;
    await minutes(world, 3);
    expect(effectsOf(world, /etcd\.remove/)).toEqual([]);
    expect(effectsOf(world, /create bootstrap/)).toHaveLength(1);
    expectSafe(world);
  });

  test('EC2 knows none of them for a while: nobody that answers is removed', async () => {
    const world = await grown(3);
    for (const id of world.voters()) world.forgotten.add(id);
    await minutes(world, 5);
    expect(effectsOf(world, /etcd\.remove/)).toEqual([]);
    world.forgotten.clear();
    await world.settle();
    expectWhole(world, 3);
  });
});

describe('S41 a majority restarts', () => {
  test('nothing changes but the status, and all is well when they are back', async () => {
    const world = await grown(3);
    const before = world.parameters.get(`${PATH}endpoints`);
    for (const id of world.voters().slice(0, 2)) world.processOf(id).up = false;
    const count = world.effects.length;
    const report = await minutes(world, 3);
    expect(waitKinds(report)).toEqual(['quorumUnknown']);
    expect(world.effects.slice(count)).toEqual(['write status']);
    expect(world.parameters.get(`${PATH}endpoints`)).toBe(before);
    for (const id of world.voters()) world.processOf(id).up = true;
    await world.settle();
    expectWhole(world, 3);
    const told = world.events.map(({ detailType }) => detailType);
    expect(told.slice(-3)).toEqual(['Health Changed', 'Quorum Lost', 'Health Changed']);
  });
});

describe('an alarm that etcd raised on every voter', () => {
  test('is told as what it is, and membership stays as it is until it is disarmed', async () => {
    const world = await grown(3);
    const processes = world.voters().map((id) => world.processOf(id));
    for (const process of processes) process.errors = ['memberID:11 alarm:NOSPACE '];
    world.terminate(world.voters()[0] ?? '');
    world.tick();
    const count = world.effects.length;
    const report = await minutes(world, 3);
    expect(report.waits).toContainEqual({ kind: 'alarmRaised', alarms: ['NOSPACE'] });
    expect(world.effects.slice(count)).toEqual(['write status']);
    expect(world.events.map(({ detailType }) => detailType)).not.toContain('Quorum Lost');
    for (const process of processes) process.errors = [];
    await world.settle();
    expectSafe(world);
  });
});

describe('S42 only the minority of a partition can be reached', () => {
  test('its word does not count: nothing changes', async () => {
    const world = await grown(3);
    const [reached = '', ...others] = world.voters();
    world.etcd.cutOff.add(world.processOf(reached).memberId);
    for (const id of others) world.etcd.unreachable.add(world.clientUrl(world.instance(id)));
    world.terminate(others[0] ?? '');
    world.tick();
    const count = world.effects.length;
    const report = await minutes(world, 3);
    expect(report.waits).toContainEqual({ kind: 'quorumUnknown', askedCount: 4, statusCount: 1 });
    expect(world.effects.slice(count)).toEqual(['write status']);
    expect(world.instance(others[0] ?? '').lifecycle).toBe('Terminating:Wait');
    expectSafe(world);
  });

  test('the majority is reached: the one that is cut off is silent, and stays', async () => {
    const world = await grown(3);
    const cut = followerOf(world);
    world.etcd.cutOff.add(world.processOf(cut).memberId);
    const report = await minutes(world, 3);
    expect(waitKinds(report)).toEqual(['voterSilent']);
    const endpoints = world.parameters.get(`${PATH}endpoints`) ?? '';
    expect(endpoints).not.toContain(world.clientUrl(world.instance(cut)));
    expect(endpoints.split(',')).toHaveLength(2);
    expectSafe(world);
  });
});

test('a member with an alarm does not count as one that answers', async () => {
  const world = await grown(3);
  const alarmed = followerOf(world);
  world.processOf(alarmed).errors.push('memberID:1 alarm:NOSPACE');
  expect(waitKinds(await world.pass())).toEqual(['voterSilent']);
  expect(world.voters()).toContain(alarmed);
  world.processOf(alarmed).errors.length = 0;
  await world.settle();
  expectWhole(world, 3);
});

test('an instance that EC2 gives no address joins when it has one', async () => {
  const world = await grown(3);
  world.desired = 4;
  world.tick();
  const late = world.instances[3]?.id ?? '';
  world.addressless.add(late);
  expect(waitKinds(await world.pass())).toContain('addressMissing');
  world.addressless.clear();
  seconds(world, 5);
  await world.settle();
  expectWhole(world, 4);
});

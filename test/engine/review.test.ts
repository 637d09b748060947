import { describe, expect, test } from 'vitest';
import { FakeWorld, PATH } from '../simulation/world/fake-world.ts';
import {
  effectsOf,
  expectSafe,
  expectWhole,
  followerOf,
  grown,
  listNames,
  minutes,
  throttled,
  waitKinds,
} from '../support/story.ts';

describe('a write that Parameter Store refuses, whose text changes with the time', () => {
  test('keeps nobody from removing a voter that is gone', async () => {
    const world = await grown(3);
    const gone = followerOf(world);
    world.parameters.delete(`${PATH}bootstrap`);
    world.failing.set('parameters.write', throttled);
    // A look takes its time, so what is written of the time differs in each.
    world.interfere = (call) => {
      if (call === 'parameters.readAll') world.nowMs += 50;
    };
    world.vanish(gone);
    await world.pass();
    expect(world.voters()).not.toContain(gone);
    world.failing.clear();
    world.interfere = () => undefined;
    await world.settle();
    expectWhole(world, 3);
  });
});

describe('a report of one machine about the member of another', () => {
  test('is no evidence: the member stays though it is silent for a moment', async () => {
    const world = await grown(3);
    const [liar = '', victim = ''] = world.voters().filter((id) => id !== world.leaderName);
    const { memberId } = world.processOf(victim);
    world.parameters.set(
      `${PATH}reports/${liar}`,
      `AUTOPILOT_REPORT=empty-disk\nAUTOPILOT_MEMBER_ID=${memberId}\n`,
    );
    world.processOf(victim).up = false;
    expect(waitKinds(await minutes(world, 3))).toContain('voterSilent');
    expect(world.voters()).toContain(victim);
    expectSafe(world);
  });
});

describe('S16 an address that was announced for an instance which died before it was added', () => {
  test('its next holder is added once, under its own name', async () => {
    const world = await grown(3);
    world.desired = 4;
    world.tick();
    const dead = world.instances.at(-1)?.id ?? '';
    world.killOn = /write members/;
    await world.pass().catch(() => undefined);
    expect(listNames(world, 'members/')).toContain(dead);
    world.vanish(dead);
    world.addresses.push(world.instance(dead).address);
    await world.settle();
    expectWhole(world, 4);
    expect(effectsOf(world, /etcd\.(addLearner|remove)/)).toEqual(['etcd.addLearner']);
  });
});

describe('S3 a function dies after it saw the cluster, and before it pinned its id', () => {
  const seenAndNotPinned = async (): Promise<FakeWorld> => {
    const twin = await grown(3);
    const world = new FakeWorld(3);
    world.killAfter = twin.effects.indexOf('write bootstrap');
    world.tick();
    await world.pass().catch(() => undefined);
    expect(JSON.parse(world.parameters.get(`${PATH}bootstrap`) ?? '{}')).not.toHaveProperty('clusterId');
    expect(world.voters()).toHaveLength(3);
    return world;
  };

  test('what was seen is no claim that failed: without quorum nobody is let go', async () => {
    const world = await seenAndNotPinned();
    const founders = world.voters();
    for (const id of founders) world.processOf(id).up = false;
    world.etcd.elect();
    for (const id of founders.slice(0, 2)) world.terminate(id);
    expect(waitKinds(await world.pass())).toContain('quorumUnknown');
    expect(founders.map((id) => world.instance(id).lifecycle)).toEqual([
      'Terminating:Wait',
      'Terminating:Wait',
      'Pending:Wait',
    ]);
    expect(listNames(world, 'members/')).toEqual(founders);
  });

  test('the next pass pins it', async () => {
    const world = await seenAndNotPinned();
    await world.settle();
    expectWhole(world, 3);
  });
});

describe('S4 a claim whose founders are long gone', () => {
  test('is followed by the next one, though EC2 has forgotten them', async () => {
    const world = new FakeWorld(3);
    world.imageBoots = false;
    world.tick();
    await world.pass();
    world.desired = 0;
    for (const { id } of [...world.instances]) {
      world.vanish(id);
      world.forgotten.add(id);
    }
    await minutes(world, 130);
    world.imageBoots = true;
    world.desired = 3;
    await world.settle();
    expectWhole(world, 3);
    expect(JSON.parse(world.parameters.get(`${PATH}bootstrap`) ?? '{}').number).toBe(2);
  });
});

describe('a leaver on its way to the hook, not waiting in it yet', () => {
  test('lets its replacement join first, as one that waits in it does', async () => {
    const world = await grown(3);
    const leaver = followerOf(world);
    world.terminate(leaver);
    world.instance(leaver).lifecycle = 'Terminating';
    await world.pass();
    expect(effectsOf(world, /etcd\.(addLearner|promote|remove)/)).toEqual([
      'etcd.addLearner',
      'etcd.promote',
      'etcd.remove',
    ]);
  });
});

describe('two leavers, of which one is past its hook', () => {
  test('the one that dies in a moment is removed first', async () => {
    const world = await grown(5);
    const [held = '', dying = ''] = world.voters().filter((id) => id !== world.leaderName);
    world.desired = 3;
    world.terminate(held);
    world.terminate(dying);
    world.instance(dying).lifecycle = 'Terminating:Proceed';
    const order: string[] = [];
    world.interfere = () => {
      for (const id of [held, dying]) if (!order.includes(id) && !world.voters().includes(id)) order.push(id);
    };
    await world.pass();
    expect(order).toEqual([dying, held]);
  });
});

describe('S19 a learner that started and then fell silent', () => {
  test('is removed after its grace, so that others can join', async () => {
    const world = await grown(3);
    world.desired = 4;
    world.tick();
    world.failing.set('etcd.promote', throttled);
    await minutes(world, 1);
    world.failing.clear();
    const newcomer = world.instances.at(-1)?.id ?? '';
    const learner = world.etcd.members.find(({ isLearner }) => isLearner);
    expect(learner?.name).toBe(newcomer);
    world.processOf(newcomer).up = false;
    expect(waitKinds(await minutes(world, 1))).toContain('learnerSilent');
    await minutes(world, 12);
    expect(world.etcd.members.map(({ id }) => id)).not.toContain(learner?.id);
    expectSafe(world);
  });
});

describe('S19 a learner that answers and does not catch up', () => {
  test('stays a learner for its grace, is never promoted by force, and gives way then', async () => {
    const world = await grown(3);
    world.desired = 4;
    const lag = () => {
      const learner = world.etcd.members.find(({ isLearner, name }) => isLearner && name !== '');
      if (learner !== undefined) world.processOf(learner.name).lag = 900n;
    };
    world.interfere = lag;
    const early = await minutes(world, 55);
    expect(waitKinds(early)).toContain('learnerCatchingUp');
    expect(effectsOf(world, /etcd\.remove/)).toEqual([]);
    await minutes(world, 10);
    expect(effectsOf(world, /etcd\.remove/)).toHaveLength(1);
    expect(world.voters()).toHaveLength(3);
    expectSafe(world);
    world.interfere = () => undefined;
    for (const process of world.etcd.processes.values()) process.lag = 0n;
    await world.settle();
    expectWhole(world, 4);
  });

  test('and that fails again and again is put off, with the reason', async () => {
    const world = await grown(3, { graceSeconds: { catchingUp: 60 } });
    world.desired = 4;
    world.interfere = () => {
      for (const { name, isLearner } of world.etcd.members)
        if (isLearner && name !== '') world.processOf(name).lag = 900n;
    };
    const report = await minutes(world, 120);
    expect(waitKinds(report)).toContain('joinsPaused');
    expect(effectsOf(world, /etcd\.remove/).length).toBeLessThanOrEqual(8);
    expectSafe(world);
  });
});

describe('a permit that etcd does not hand out', () => {
  test('holds up changes of membership, and nothing else', async () => {
    const world = await grown(3);
    world.failing.set('etcd.takePermit', throttled);
    world.parameters.delete(`${PATH}endpoints`);
    world.vanish(followerOf(world));
    world.tick();
    await world.pass();
    expect(world.parameters.get(`${PATH}endpoints`)?.split(',')).toHaveLength(2);
    world.failing.clear();
    await world.settle();
    expectWhole(world, 3);
  });
});

import { describe, expect, test } from 'vitest';
import { FakeWorld, PATH } from '../simulation/world/fake-world.ts';
import { effectsOf, expectSafe, grown, minutes, snapshot, unavailable, waitKinds } from '../support/story.ts';

const intend = (world: FakeWorld): void => {
  world.parameters.set(`${PATH}teardown`, JSON.stringify({ at: '2026-01-01T00:00:00Z', stackId: 'stack' }));
};

/** The stack deletes the group: its instances are terminated, it launches no more. */
const deleteGroup = (world: FakeWorld): void => {
  world.desired = 0;
  world.tick();
};

async function untilGone(world: FakeWorld): Promise<void> {
  for (let count = 0; count < 5 && world.parameters.size > 0; count += 1) {
    world.tick();
    await world.pass();
  }
}

/** The tags that CloudFormation puts on a group of its stack. */
const ofStack = (world: FakeWorld): void => {
  world.tags.set('aws:cloudformation:stack-name', 'stack');
  world.tags.set('aws:cloudformation:logical-id', 'MemberGroup');
};

describe('S55, S77 a stack deletes the group, and no intent is recorded', () => {
  test.each([1, 3])('%i voters: every hook is let go, and no record is deleted', async (size) => {
    const world = await grown(size);
    ofStack(world);
    world.stackDeletes = true;
    deleteGroup(world);
    const before = new Map(world.parameters);
    const report = await world.pass();
    expect(effectsOf(world, /complete CONTINUE/)).toHaveLength(size * 2);
    expect(waitKinds(report)).toEqual(['deletionPending']);
    expect(waitKinds(await world.pass())).toEqual(['deletionPending']);
    expect(effectsOf(world, /etcd\.(remove|move)/)).toEqual([]);
    expect(world.events.map(({ detailType }) => detailType)).not.toContain('Quorum Lost');
    expect(new Map(world.parameters)).toEqual(before);
    expectSafe(world);
  });

  test('the desired capacity is 0 and the stack stands: the last voter is held', async () => {
    const world = await grown(1);
    ofStack(world);
    deleteGroup(world);
    expect(waitKinds(await world.pass())).toEqual(['lastVoter']);
    expect(effectsOf(world, /complete CONTINUE/)).toHaveLength(1);
  });

  test('a group of no stack is not asked about', async () => {
    const world = await grown(1);
    world.stackDeletes = true;
    deleteGroup(world);
    expect(waitKinds(await world.pass())).toEqual(['lastVoter']);
  });

  test('CloudFormation does not say: nobody is let go, and the reason is told', async () => {
    const world = await grown(3);
    ofStack(world);
    deleteGroup(world);
    world.failing.set('stacks.isDeleting', unavailable);
    const before = snapshot(world);
    expect(await world.pass()).toMatchObject({ outcome: 'failed', waits: [{ kind: 'refused' }] });
    expect(snapshot(world)).toEqual(before);
    expect(new Set(world.heartbeats)).toEqual(new Set(world.voters()));
  });

  test('while the group wants instances, CloudFormation is not asked', async () => {
    const world = await grown(3);
    ofStack(world);
    const asked: string[] = [];
    world.interfere = (call) => {
      if (call === 'stacks.isDeleting') asked.push(call);
    };
    await world.pass();
    const [leaver = ''] = world.voters();
    world.terminate(leaver);
    await world.settle();
    expect(asked).toEqual([]);
  });
});

describe('S54, S77 a stack is deleted with its instances running', () => {
  test.each([1, 3, 5])('%i voters: hooks are let go, then everything under the path goes', async (size) => {
    const world = await grown(size);
    intend(world);
    deleteGroup(world);
    await untilGone(world);
    expect(world.parameters.size).toBe(0);
    expect(world.instances.every(({ state }) => state === 'terminated')).toBe(true);
    expect(effectsOf(world, /complete CONTINUE/)).toHaveLength(size * 2);
    expectSafe(world);
  });

  test('later passes create nothing anew, with the group and without', async () => {
    const world = await grown(3);
    intend(world);
    deleteGroup(world);
    await untilGone(world);
    expect(waitKinds(await world.pass())).toEqual(['configInvalid']);
    world.groupCount = 0;
    expect(waitKinds(await world.pass())).toEqual(['groupMissing']);
    expect(world.parameters.size).toBe(0);
  });

  test('nothing is published, removed or added while the intent stands', async () => {
    const world = await grown(3);
    intend(world);
    world.parameters.delete(`${PATH}endpoints`);
    world.desired = 5;
    world.tick();
    await minutes(world, 3);
    expect(world.parameters.has(`${PATH}endpoints`)).toBe(false);
    expect(effectsOf(world, /etcd\.(add|remove|promote)/)).toEqual([]);
    expectSafe(world);
  });

  test('instances that wait to launch are abandoned', async () => {
    const world = new FakeWorld(3);
    world.tick();
    intend(world);
    world.desired = 0; // as the platform does before it deletes a group
    await world.pass();
    expect(effectsOf(world, /ABANDON/)).toHaveLength(3);
    await untilGone(world);
    expect(world.instances.every(({ state }) => state === 'terminated')).toBe(true);
    expect(effectsOf(world, /bootstrap|etcd/)).toEqual([]);
    expect(world.parameters.size).toBe(0);
  });

  test('the intent alone lets no voter of a living group go: its hook is held, with heartbeats', async () => {
    const world = await grown(3);
    const answered = effectsOf(world, /complete/);
    intend(world);
    const [leaver = ''] = world.voters();
    world.terminate(leaver);
    const report = await minutes(world, 10);
    expect(waitKinds(report)).toEqual(['deletionPending']);
    expect(effectsOf(world, /complete/)).toEqual(answered);
    expect(world.instance(leaver)).toMatchObject({ lifecycle: 'Terminating:Wait', listed: true });
    expect(world.heartbeats).toContain(leaver);
    world.parameters.delete(`${PATH}teardown`);
    await world.settle();
    expect(world.voters()).not.toContain(leaver);
    expectSafe(world);
  });

  test('a group that is being deleted without the intent is let go, and the records stay', async () => {
    const world = await grown(3);
    world.deleting = true;
    deleteGroup(world);
    await untilGone(world);
    expect(world.instances.every(({ state }) => state === 'terminated')).toBe(true);
    expect(world.parameters.has(`${PATH}bootstrap`)).toBe(true);
    expectSafe(world);
  });

  test('while one instance still runs, the records stay, and the reason is told', async () => {
    const world = await grown(3);
    intend(world);
    const before = snapshot(world);
    const report = await world.pass();
    expect(report.waits).toEqual([{ kind: 'deletionPending', stillThere: world.voters(), isSoon: false }]);
    expect(snapshot(world)).toEqual(before);
  });

  test('an instance that the group lists no more but that still runs keeps the records', async () => {
    const world = await grown(3);
    const [detached = ''] = world.voters();
    intend(world);
    deleteGroup(world);
    world.instance(detached).lifecycle = 'InService';
    world.hidden.add(detached);
    world.groupCount = 0;
    await untilGone(world);
    expect(world.parameters.has(`${PATH}bootstrap`)).toBe(true);
    world.vanish(detached);
    for (const id of world.voters()) world.vanish(id);
    await untilGone(world);
    expect(world.parameters.size).toBe(0);
  });

  test('etcd is not asked: a silent or broken cluster is deleted all the same', async () => {
    const world = await grown(3);
    for (const id of world.voters()) world.processOf(id).up = false;
    world.parameters.set(`${PATH}config`, 'broken');
    world.parameters.set(`${PATH}bootstrap`, 'broken');
    intend(world);
    deleteGroup(world);
    const probes: string[] = [];
    world.interfere = (call) => {
      if (call.startsWith('etcd.')) probes.push(call);
    };
    await untilGone(world);
    expect(world.parameters.size).toBe(0);
    expect(probes).toEqual([]);
  });

  test('an instance that was launched a moment before, and that no list shows yet, is let go before the records', async () => {
    const world = await grown(1);
    for (const id of world.voters()) world.vanish(id);
    const late = world.launch();
    world.hidden.add(late.id);
    intend(world);
    world.desired = 0;
    const before = world.effects.length;
    let looks = 0;
    world.interfere = (call) => {
      looks += Number(call === 'scaling.listGroups');
      if (looks === 3) world.hidden.delete(late.id);
    };
    await world.pass();
    expect(world.effects.slice(before)).toEqual([
      'complete CONTINUE',
      'remove parameters',
      'remove parameters',
    ]);
    expect(late).toMatchObject({ state: 'terminated', listed: false });
  });

  test('EC2 does not answer: nothing is deleted', async () => {
    const world = await grown(3);
    intend(world);
    deleteGroup(world);
    for (const id of world.voters()) world.vanish(id);
    world.failing.set('machines.describe', unavailable);
    const before = snapshot(world);
    expect((await world.pass()).outcome).toBe('failed');
    expect(snapshot(world)).toEqual(before);
  });

  test('the name can be used again', async () => {
    const world = await grown(3);
    const first = world.etcd.clusterId;
    const config = world.parameters.get(`${PATH}config`) ?? '';
    intend(world);
    deleteGroup(world);
    await untilGone(world);
    world.tags.delete('etcd-autopilot:bootstrapped'); // the new stack's group is a new group
    world.etcd.clusterId = null;
    world.etcd.members = [];
    world.parameters.set(`${PATH}config`, config);
    world.desired = 3;
    await world.settle();
    expect(world.voters()).toHaveLength(3);
    expect(world.etcd.clusterId).not.toBe(first);
    expect(world.etcd.violations).toEqual([]);
  });
});

describe('what DNS and registry wrote', () => {
  const told = (world: FakeWorld): void => {
    world.parameters.set(`${PATH}registry`, '{"version":1,"machines":3,"services":{},"findings":[]}');
    world.parameters.set(`${PATH}dns/Z1`, '{"version":1,"names":["www.example.test"]}');
  };

  test('does not keep a cluster from being deleted: the registry’s goes, and that of DNS is left to DNS', async () => {
    const world = await grown(3);
    told(world);
    intend(world);
    deleteGroup(world);
    for (let pass = 0; pass < 20; pass += 1) {
      world.tick();
      await world.pass();
    }
    expect([...world.parameters.keys()]).toEqual([`${PATH}dns/Z1`]);
    expectSafe(world);
  });

  test('does not keep a cluster from being founded, were it written a moment after the old one was deleted', async () => {
    const world = new FakeWorld(3);
    told(world);
    await minutes(world, 3);
    expect(effectsOf(world, /^create bootstrap$/)).toHaveLength(1);
    expect(world.tags.get('etcd-autopilot:bootstrapped')).toBe('1');
    expectSafe(world);
  });
});

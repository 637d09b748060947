import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect } from 'vitest';
import { openEtcd } from '../../functions/adapters/etcd/open.ts';
import { PATH } from '../simulation/world/fake-world.ts';
import { test } from '../support/real-story.ts';
import type { RealWorld } from '../support/real-world.ts';

/** What went wrong for users of other tools, made to happen on real etcd; only AWS is played. */
/** An operator with etcdctl, past the autopilot. */
async function byHand<T>(
  world: RealWorld,
  work: (port: ReturnType<typeof openEtcd>, endpoint: string) => Promise<T>,
): Promise<T> {
  const port = openEtcd({ deadlineMs: 2_000 });
  try {
    return await work(port, world.etcdOf(world.leader()).clientUrl);
  } finally {
    port.close();
  }
}

/** A young cluster refuses changes until its members were connected for five seconds. */
async function eventually<T>(work: () => Promise<T>): Promise<T> {
  for (let count = 0; count < 20; count += 1) {
    try {
      return await work();
    } catch {
      await sleep(500);
    }
  }
  return work();
}

const ticketOf = (world: RealWorld, id: string): string => world.parameters.get(`${PATH}members/${id}`) ?? '';

describe.concurrent('bootstrap on real etcd', { timeout: 120_000 }, () => {
  test('S3 a function that dies after the claim is followed by the same claim', async ({ stage }) => {
    const world = await stage.open(3);
    world.killAfter = 1;
    await world.settleReal();
    const claim = JSON.parse(world.parameters.get(`${PATH}bootstrap`) ?? '{}');
    expect(claim.number).toBe(1);
    expect(world.effects.filter((name) => name === 'create bootstrap')).toHaveLength(1);
    expect([...(await world.clusterIds())]).toEqual([claim.clusterId]);
    await world.expectVoters(world.alive());
  });

  test('S6 two groups with the tag of one cluster are refused, and nothing is changed', async ({ stage }) => {
    const world = await stage.grown(3);
    world.groupCount = 2;
    const before = world.effects.length;
    const report = await world.pass();
    expect(report.waits.map(({ kind }) => kind)).toEqual(['twoMemberGroups']);
    expect(world.effects).toHaveLength(before);
  });

  test('S71 a wiped voter does not start with its old ticket: it is removed and joins anew as learner', async ({
    stage,
  }) => {
    const world = await stage.grown(3);
    const victim = world.alive().find((id) => id !== world.leader()) ?? '';
    const before = ticketOf(world, victim);
    world.wipe(victim);
    await world.settleReal();
    expect(ticketOf(world, victim)).toContain('AUTOPILOT_STATE=started');
    expect(ticketOf(world, victim)).not.toBe(before);
    expect(world.effects.filter((name) => name === 'etcd.addLearner')).toHaveLength(1);
    expect(world.parameters.has(`${PATH}reports/${victim}`)).toBe(false);
    await world.expectVoters(world.alive());
  });

  test('S72 two wiped voters with the third down form no empty cluster', async ({ stage, ending }) => {
    ending.is = 'quorumLost';
    const world = await stage.grown(3);
    const [first = '', second = '', third = ''] = world.alive();
    await world.etcdOf(third).kill();
    world.wipe(first);
    world.wipe(second);
    // What is told of the loss, and the evidence that is gathered for it.
    const isTelling = (name: string) => /^write (status|quorum)/.test(name);
    const before = world.effects.filter((name) => !isTelling(name)).length;
    for (let count = 0; count < 3; count += 1) {
      world.tick();
      const report = await world.pass();
      expect(report.waits.map(({ kind }) => kind)).toContain('quorumUnknown');
    }
    expect(world.effects.filter((name) => !isTelling(name))).toHaveLength(before);
    expect((await world.clusterIds()).size).toBe(0);
    expect(world.parameters.get(`${PATH}endpoints`)?.split(',')).toHaveLength(3);
  });
});

describe.concurrent('membership on real etcd', { timeout: 120_000 }, () => {
  test('S8, S37 a voter whose instance vanished is removed on the next look, its replacement is promoted', async ({
    stage,
  }) => {
    const world = await stage.grown(3);
    const victim = world.alive().find((id) => id !== world.leader()) ?? '';
    world.vanish(victim);
    await world.settleReal();
    expect(world.alive()).not.toContain(victim);
    await world.expectVoters(world.alive());
  });

  test('S10 a leader that vanished costs one election, then as any other', async ({ stage }) => {
    const world = await stage.grown(3);
    const victim = world.leader();
    world.vanish(victim);
    await world.settleReal();
    await world.expectVoters(world.alive());
  });

  test.for([
    ['S20 an add', 'etcd.addLearner'],
    ['S21 a removal', 'etcd.remove'],
    ['S22 a promotion', 'etcd.promote'],
  ])('%s whose reply is lost is not repeated: the next look sees it', async ([, effect = ''], { stage }) => {
    const world = await stage.grown(3);
    world.loseReplyTo(effect);
    world.terminate(world.alive()[0] ?? '');
    await world.settleReal();
    expect(world.effects.filter((name) => name === effect)).toHaveLength(1);
    await world.expectVoters(world.alive());
  });

  test('S23 a member that an operator added is reported and left alone', async ({ stage }) => {
    const world = await stage.grown(3);
    await byHand(world, (port, endpoint) =>
      eventually(() => port.addLearner(endpoint, 'http://127.52.10.99:2380')),
    );
    const report = await world.pass();
    expect(report.waits.map(({ kind }) => kind)).toContain('foreignMember');
    const members = await byHand(world, (port, endpoint) => port.members(endpoint));
    expect(members).toHaveLength(4);
  });

  test('S24, S73 an unstarted entry of ours whose instance is gone is removed at once, and blocks no join', async ({
    stage,
  }) => {
    const world = await stage.grown(3);
    world.desired = 4;
    world.tick();
    const newcomer = world.instances.at(-1)?.id ?? '';
    world.instance(newcomer).boots = false;
    world.killOn = /etcd\.addLearner/;
    await world.pass().catch(() => undefined);
    world.desired = 3;
    world.vanish(newcomer);
    await world.settleReal();
    expect(world.effects.filter((name) => name === 'etcd.addLearner')).toHaveLength(1);
    await world.expectVoters(world.alive());
  });

  test('S25 an unstarted member whose instance still boots is left alone, and nobody else is added', async ({
    stage,
  }) => {
    const world = await stage.grown(3);
    world.desired = 5;
    world.tick();
    for (const instance of world.instances.slice(3)) instance.boots = false;
    const report = await world.pass({ seconds: 24 });
    expect(report.waits.map(({ kind }) => kind)).toContain('memberStarting');
    expect(world.effects.filter((name) => name === 'etcd.addLearner')).toHaveLength(1);
    for (const instance of world.instances) instance.boots = true;
    await world.settleReal();
    await world.expectVoters(world.alive());
  });

  test('S38 events that come late, twice or for nobody change nothing', async ({ stage }) => {
    const world = await stage.grown(3);
    const before = world.effects.length;
    for (const groupName of [world.groupName, world.groupName, 'somebody-elses-group']) {
      await world.pass({ groupName });
    }
    expect(world.effects).toHaveLength(before);
  });

  test('S75 frozen while a leaver is held: heartbeats go on, nothing else happens', async ({ stage }) => {
    const world = await stage.grown(3);
    const config = JSON.parse(world.parameters.get(`${PATH}config`) ?? '{}');
    world.parameters.set(`${PATH}config`, JSON.stringify({ ...config, frozen: true }));
    const victim = world.alive()[0] ?? '';
    world.terminate(victim);
    const before = world.effects.length;
    const report = await world.pass();
    expect(report.waits[0]?.kind).toBe('frozen');
    expect(world.effects).toHaveLength(before);
    expect(world.heartbeats).toContain(victim);
  });

  test('S76 with a silent leaver and a newcomer waiting, the silent one goes first', async ({ stage }) => {
    const world = await stage.grown(3);
    const victim = world.alive().find((id) => id !== world.leader()) ?? '';
    await world.etcdOf(victim).kill();
    world.terminate(victim);
    await world.settleReal();
    const order = world.effects.filter((name) => name === 'etcd.remove' || name === 'etcd.addLearner');
    expect(order).toEqual(['etcd.remove', 'etcd.addLearner']);
    await world.expectVoters(world.alive());
  });
});

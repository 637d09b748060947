import { describe, expect } from 'vitest';
import { PATH } from '../simulation/world/fake-world.ts';
import { EtcdProcess } from '../support/etcd-process.ts';
import { changesOf, glance, glances, hexOf, joinUnseen, kindsOf, test } from '../support/real-story.ts';
import type { RealWorld } from '../support/real-world.ts';

const ticketOf = (world: RealWorld, id: string): string => world.parameters.get(`${PATH}members/${id}`) ?? '';

/** Member id of the first line of `etcdctl member add` or `member remove`. */
const memberIdIn = (text: string): string => /Member +([0-9a-f]+)/.exec(text)?.[1] ?? '';

async function listed(world: RealWorld): Promise<readonly string[]> {
  const [list = []] = [...(await world.memberLists()).values()];
  return list.map(({ peerUrls }) => peerUrls[0] ?? '');
}

/** What young etcd refuses at first, an operator tries again. */
async function insist(work: () => Promise<string>): Promise<string> {
  for (let count = 0; count < 40; count += 1) {
    try {
      return await work();
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 250));
    }
  }
  return work();
}

/** A voter of this cluster on a machine of nobody's group; returns its name. */
async function addByHand(world: RealWorld): Promise<string> {
  const name = 'by-hand';
  const address = `${world.hosts.network}.99`;
  const told = await insist(() => world.etcdctl('member', 'add', name, `--peer-urls=http://${address}:2380`));
  const process = new EtcdProcess({
    name,
    address,
    binDir: world.hosts.binDir,
    dir: world.hosts.folder(name, ''),
    initialCluster: /ETCD_INITIAL_CLUSTER="([^"]+)"/.exec(told)?.[1] ?? '',
    initialState: 'existing',
    token: '',
  });
  world.hosts.adopt(name, process);
  await process.start();
  await process.ready();
  return name;
}

describe.concurrent('operators and strangers on real etcd', { timeout: 120_000 }, () => {
  test('S68 an operator adds a learner while a newcomer waits: the autopilot yields, and goes on when it is gone', async ({
    stage,
  }) => {
    const world = await stage.grown(3);
    const strange = `http://${world.hosts.network}.99:2380`;
    const told = await insist(() =>
      world.etcdctl('member', 'add', 'by-hand', '--learner', `--peer-urls=${strange}`),
    );
    world.desired = 4;
    for (const report of await glances(world, 3)) expect(kindsOf(report)).toContain('foreignChange');
    expect(changesOf(world)).toEqual([]);
    expect(await listed(world)).toContain(strange);

    await world.etcdctl('member', 'remove', memberIdIn(told));
    await world.settleReal();
    expect(changesOf(world)).toEqual(['etcd.addLearner', 'etcd.promote']);
    await world.expectVoters(world.alive());
  });

  test('S68 an operator promotes the learner that the autopilot added: it counts as promoted', async ({
    stage,
  }) => {
    const world = await stage.grown(3);
    const { member } = await joinUnseen(world);
    await insist(() => world.etcdctl('member', 'promote', member));
    await world.settleReal();
    expect(changesOf(world)).toEqual(['etcd.addLearner']);
    await world.expectVoters(world.alive());
  });

  test('S68 an operator removes a voter of the group: it joins anew as a learner, with a new ticket', async ({
    stage,
  }) => {
    const world = await stage.grown(3);
    const victim = world.follower();
    const before = ticketOf(world, victim);
    await insist(() => world.etcdctl('member', 'remove', hexOf(world.instance(victim).disk)));
    await world.settleReal();
    expect(changesOf(world)).toEqual(['etcd.addLearner', 'etcd.promote']);
    expect(ticketOf(world, victim)).toContain('AUTOPILOT_STATE=started');
    expect(ticketOf(world, victim)).not.toBe(before);
    await world.expectVoters(world.alive());
  });

  test('S23 a voter that an operator runs by hand is told of, and kept through a replacement', async ({
    stage,
  }) => {
    const world = await stage.grown(3);
    const byHand = await addByHand(world);
    const victim = world.follower();
    world.terminate(victim);
    const isDone = () => changesOf(world).length === 3 && world.alive().length === 3;
    for (let count = 0; count < 10 && !isDone(); count += 1) {
      expect(kindsOf(await glance(world))).toContain('foreignMember');
    }
    expect(changesOf(world)).toEqual(['etcd.addLearner', 'etcd.promote', 'etcd.remove']);
    expect(world.alive()).not.toContain(victim);
    const [list = []] = [...(await world.memberLists()).values()];
    expect(list.map(({ name }) => name).sort()).toEqual([byHand, ...world.alive()].sort());
    expect(world.parameters.get(`${PATH}peers`)).toContain(byHand);
  });
});

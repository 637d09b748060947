import { seconds, setConfig } from '../../../support/story.ts';
import { FakeWorld, PATH } from '../../world/fake-world.ts';
import { Rogue } from '../rogue.ts';
import { announce, connected, type Deed, deed, join, leaves, paramOf, prepared, some } from './deed.ts';

const leaver = (world: FakeWorld): string =>
  world.instances.find(({ lifecycle }) => lifecycle === 'Terminating:Wait')?.id ?? '';

const HALF_OF_TWO_DAYS = 90_000;

/** R6, R7, R9, R12, R13: lists, hooks, reports and records. */
export const TOLD: readonly Deed[] = [
  prepared('the list of endpoints is emptied', /^R6: endpoints (is empty|names|leaves out)/, (rogue) =>
    rogue.write('endpoints', ''),
  ),
  prepared('a list is written in another order', /^R6: endpoints is empty or untidy/, (rogue, world) =>
    rogue.write('endpoints', paramOf(world, 'endpoints').split(',').reverse().join(',')),
  ),
  prepared(
    'a list names somebody who does not vote',
    /^R6: endpoints names http:\/\/10.0.0.9:2379/,
    (rogue, world) => rogue.write('endpoints', `${paramOf(world, 'endpoints')},http://10.0.0.9:2379`),
  ),
  prepared('a list leaves out a voter that answers', /^R6: peers leaves out/, (rogue, world) =>
    rogue.write('peers', paramOf(world, 'peers').split(',').slice(1).join(',')),
  ),
  prepared(
    'a list is written while no voter answers',
    /^R6: endpoints is written while no voter answers/,
    async (rogue, world) => {
      for (const id of world.voters()) world.processOf(id).up = false;
      await rogue.look();
      await rogue.write('endpoints', paramOf(world, 'endpoints'));
    },
  ),
  prepared(
    'a list is deleted',
    /^(R12: endpoints deleted without an intent|R6: endpoints deleted while)/,
    (rogue) => rogue.ports.parameters.remove([`${PATH}endpoints`]),
  ),
  prepared(
    'the proof that the cluster existed is deleted before the rest',
    /^(R12: bootstrap is deleted before|R6: bootstrap deleted while)/,
    (rogue) => rogue.ports.parameters.remove([`${PATH}bootstrap`]),
    (world) => void world.parameters.set(`${PATH}teardown`, '{}'),
  ),
  prepared(
    'the ticket of a member is deleted',
    /^R1[12]: the ticket of .* is deleted while it/,
    (rogue, world) => rogue.ports.parameters.remove([`${PATH}members/${some(world)}`]),
  ),
  prepared(
    'a leaver is let go while it is published',
    /^R6: .*is let go while it is published/,
    async (rogue, world) => {
      const id = leaver(world);
      await rogue.remove(id);
      await rogue.look();
      await rogue.complete(id);
    },
    leaves,
  ),
  prepared(
    'a leaver is let go as a member',
    /^R[67]: .*is let go/,
    (rogue, world) => rogue.complete(leaver(world)),
    leaves,
  ),
  prepared(
    'a newcomer goes into service without a vote',
    /^R7: .*goes into service/,
    async (rogue, world) => {
      announce(world);
      await rogue.look();
      await rogue.complete(world.instances.at(-1)?.id ?? '');
    },
  ),
  prepared(
    'a hook is answered that nobody waits in',
    /^R(7: a hook of .* is answered, which is InService|[67]: .*is let go)/,
    (rogue, world) => rogue.complete(some(world)).then(() => undefined),
  ),
  prepared(
    'a newcomer is abandoned whose etcd runs',
    /^R7: .*is abandoned, and its etcd runs/,
    async (rogue, world) => {
      await join(rogue, world);
      await rogue.look();
      await rogue.complete(world.instances.at(-1)?.id ?? '', 'ABANDON');
    },
  ),
  deed(
    'something else comes before the heartbeats',
    /^R7: parameters.readAll before the heartbeats of/,
    async () => {
      const world = await connected(3);
      leaves(world);
      const { ports } = new Rogue(world);
      await ports.scaling.listGroups('core');
      await ports.parameters.readAll(PATH);
      return world;
    },
  ),
  deed(
    'a hook runs out that was seen to wait',
    /^R7: (the hook of .* ran out|parameters.readAll before)/,
    async () => {
      const world = await connected(3);
      leaves(world);
      const { ports } = new Rogue(world);
      await ports.scaling.listGroups('core');
      world.judge.hookExpired(leaver(world), false);
      return world;
    },
  ),
  deed(
    'half of the time of a hook is over, and nobody is told',
    /^R7: .*for more than half of its time, untold/,
    async () => {
      const world = await connected(3);
      leaves(world);
      world.nowMs += HALF_OF_TWO_DAYS * 1_000;
      const rogue = new Rogue(world);
      await rogue.look();
      rogue.end({ outcome: 'waiting', waits: [{ kind: 'leaveQueued', instanceIds: [leaver(world)] }] });
      return world;
    },
  ),
  prepared(
    'a pass settles while somebody waits in a hook',
    /^R(9|3): (.*waits in its hook, and only {2}is told|rogue ends)/,
    async (rogue) => rogue.end(),
    leaves,
  ),
  deed('a write is lost that a client was told is kept', /^I2: 2 writes are lost/, async () => {
    const world = await connected(3);
    const rogue = new Rogue(world);
    await rogue.look();
    world.etcd.lostWrites += 2;
    rogue.end();
    return world;
  }),
  prepared('a pass waits for nothing', /^R(9: a pass waits for nothing|3: rogue ends)/, async (rogue) =>
    rogue.end({ outcome: 'waiting' }),
  ),
  prepared('a pass fails without a reason', /^R(9: a pass failed|3: rogue ends)/, async (rogue) =>
    rogue.end({ outcome: 'failed' }),
  ),
  prepared(
    'a voter does not answer, and nothing is told of it',
    /^R(9: .*does not answer, and only joinFailed|9: the lists|3: rogue)/,
    async (rogue, world) => {
      world.processOf(some(world)).up = false;
      await rogue.look();
      rogue.end({ outcome: 'waiting', waits: [{ kind: 'joinFailed', instanceId: 'i-1' }] });
    },
  ),
  deed(
    'something is written while the settings freeze the cluster',
    /^R13: parameters.write while the settings freeze/,
    async () => {
      const world = await connected(3);
      setConfig(world, { frozen: true });
      const rogue = new Rogue(world);
      await rogue.look();
      await rogue.write('endpoints', paramOf(world, 'endpoints'));
      return world;
    },
  ),
  deed(
    'something is written in a rehearsal',
    /^R13: parameters.write in a pass that only looks/,
    async () => {
      const world = await connected(3);
      const rogue = new Rogue(world, 'dryRun');
      await rogue.look();
      await rogue.write('endpoints', paramOf(world, 'endpoints'));
      return world;
    },
  ),
  deed(
    'something is written with another cluster among the instances',
    /^R13: parameters.write while cluster 99 is among/,
    async () => {
      const world = await connected(3);
      world.etcd.runStranger(world.clientUrl(world.launch()), '99');
      const rogue = new Rogue(world);
      await rogue.look();
      await rogue.write('endpoints', paramOf(world, 'endpoints'));
      return world;
    },
  ),
  prepared(
    'a second instance is reported while the first is replaced',
    /^I4: .*is reported while .* leaves|^R2/,
    async (rogue, world) => {
      const [first, second] = world.voters().filter((id) => id !== world.leaderName);
      for (const id of [first, second]) world.processOf(id ?? '').up = false;
      world.instance(first ?? '').health = 'Unhealthy';
      await rogue.look();
      await rogue.ports.scaling.reportUnhealthy(second ?? '');
    },
  ),
];

/** The whole of a right pass: nothing to object to. */
export const CALM: readonly Deed[] = [
  deed('a cluster is founded, grows and shrinks by the real functions', /./, async () => {
    const world = new FakeWorld(3);
    await world.settle();
    world.desired = 5;
    await world.settle();
    world.desired = 3;
    await world.settle();
    seconds(world, 5);
    await world.settle();
    return world;
  }),
];

import { seconds } from '../../../support/story.ts';
import { PATH } from '../../world/fake-world.ts';
import { Rogue } from '../rogue.ts';
import { announce, connected, type Deed, deed, join, leaves, prepared, some, ticketOf } from './deed.ts';

/** R2, R3, R4, R11 and I4: changes of membership that are not safe, or not allowed now. */
export const CHANGES: readonly Deed[] = [
  prepared(
    'a removal leaves one of two voters that answer',
    /^(R2: the removal of .* leaves 1 of 2|T1: )/,
    (rogue, world) =>
      rogue.remove(world.instances.find(({ lifecycle }) => lifecycle === 'Terminating:Wait')?.id ?? ''),
    (world) => {
      leaves(world);
      const other = world.instances.find(({ id }) => id !== some(world) && id !== world.leaderName);
      world.processOf(other?.id ?? '').up = false;
    },
  ),
  prepared(
    'a learner is promoted while its vote would be missed',
    /^R2: .*to be voter 4, and 2 answer/,
    async (rogue, world) => {
      await join(rogue, world);
      world.processOf(some(world)).up = false;
      await rogue.look();
      await rogue.etcd.promote(
        rogue.witness,
        world.etcd.members.find(({ isLearner }) => isLearner)?.id ?? '',
      );
    },
  ),
  deed(
    'a second voter joins the only one after its first look',
    /^R2: .*becomes the second voter after 1 looks/,
    async () => {
      const world = await connected(1);
      const rogue = new Rogue(world);
      await rogue.prepare();
      await join(rogue, world);
      await rogue.look();
      await rogue.etcd.promote(
        rogue.witness,
        world.etcd.members.find(({ isLearner }) => isLearner)?.id ?? '',
      );
      return world;
    },
  ),
  prepared('a serving member is reported as unhealthy', /^R2: .*is reported, and serves/, (rogue, world) =>
    rogue.ports.scaling.reportUnhealthy(some(world)),
  ),
  prepared(
    'a silent voter is reported while the others are no majority',
    /^R2: .*is reported, and 1 of 2 others answer|^R2/,
    async (rogue, world) => {
      const [first, second] = world.voters().filter((id) => id !== world.leaderName);
      for (const id of [first, second]) world.processOf(id ?? '').up = false;
      await rogue.look();
      await rogue.ports.scaling.reportUnhealthy(first ?? '');
    },
  ),
  deed(
    'a member is removed without the permit',
    /^R3: etcd.remove without the permit, which nobody has/,
    async () => {
      const world = await connected(3);
      leaves(world);
      const rogue = new Rogue(world);
      await rogue.look();
      await rogue.remove(world.instances.find(({ lifecycle }) => lifecycle === 'Terminating:Wait')?.id ?? '');
      return world;
    },
  ),
  deed(
    'a member is removed under the permit of somebody else',
    /^R3: etcd.remove without the permit, which other has/,
    async () => {
      const world = await connected(3);
      leaves(world);
      const rogue = new Rogue(world);
      await rogue.look();
      await rogue.etcd.takePermit(rogue.witness, 'other', 'test', 20);
      await rogue.look();
      await rogue.remove(world.instances.find(({ lifecycle }) => lifecycle === 'Terminating:Wait')?.id ?? '');
      return world;
    },
  ),
  prepared(
    'a permit ran out',
    /^R3: etcd.remove (without the permit|from an observation)/,
    async (rogue, world) => {
      seconds(world, 25);
      await rogue.remove(world.instances.find(({ lifecycle }) => lifecycle === 'Terminating:Wait')?.id ?? '');
    },
    leaves,
  ),
  deed(
    'what was seen before the permit counts',
    /^R3: etcd.remove from .* of before the last change or the permit/,
    async () => {
      const world = await connected(3);
      leaves(world);
      const rogue = new Rogue(world);
      await rogue.look();
      await rogue.etcd.takePermit(rogue.witness, rogue.owner, 'test', 20);
      await rogue.remove(world.instances.find(({ lifecycle }) => lifecycle === 'Terminating:Wait')?.id ?? '');
      return world;
    },
  ),
  prepared(
    'memory is written twice from one reading',
    /^R3: etcd.write from .* of before the last change/,
    async (rogue) => {
      await rogue.etcd.write(rogue.witness, '/etcd-autopilot/state', '{}');
      await rogue.etcd.write(rogue.witness, '/etcd-autopilot/state', '{}');
    },
  ),
  prepared('a function ends and keeps its permit', /^R3: rogue ends and keeps the permit/, async (rogue) =>
    rogue.end(),
  ),
  prepared(
    'a learner is promoted before it caught up',
    /^R4: .*is promoted before it caught up/,
    async (rogue, world) => {
      await join(rogue, world);
      const learner = world.etcd.members.find(({ isLearner }) => isLearner);
      world.processOf(learner?.name ?? '').lag = 900n;
      await rogue.look();
      await rogue.etcd.promote(rogue.witness, learner?.id ?? '');
    },
  ),
  prepared(
    'a learner on its way out is promoted',
    /^R4: .*is promoted on its way out/,
    async (rogue, world) => {
      await join(rogue, world);
      const learner = world.etcd.members.find(({ isLearner }) => isLearner);
      world.terminate(learner?.name ?? '');
      await rogue.look();
      await rogue.etcd.promote(rogue.witness, learner?.id ?? '');
    },
  ),
  prepared(
    'a learner is removed before its grace is over',
    /^R4: .*before its grace is over/,
    async (rogue, world) => {
      await join(rogue, world);
      await rogue.look();
      await rogue.remove(world.etcd.members.find(({ isLearner }) => isLearner)?.name ?? '');
    },
  ),
  prepared('somebody on his way out is added', /^R4: .*is added on its way out/, async (rogue, world) => {
    const peerUrl = announce(world);
    world.terminate(world.instances.at(-1)?.id ?? '');
    await rogue.look();
    await rogue.etcd.addLearner(rogue.witness, peerUrl);
  }),
  prepared('a second learner is added', /^I4: .*is added while .* joins/, async (rogue, world) => {
    await join(rogue, world);
    const peerUrl = announce(world);
    await rogue.look();
    await rogue.etcd.addLearner(rogue.witness, peerUrl);
  }),
  prepared(
    'an instance is added that is a member',
    /^(I4: .*is added, and is .* already|R11)/,
    async (rogue, world) => {
      const { address } = world.instance(some(world));
      const joining = {
        AUTOPILOT_STATE: 'joining',
        ETCD_INITIAL_ADVERTISE_PEER_URLS: `http://${address}:2390`,
      };
      world.parameters.set(`${PATH}members/${some(world)}`, ticketOf(world, some(world), joining));
      await rogue.look();
      await rogue.etcd.addLearner(rogue.witness, `http://${address}:2390`);
    },
  ),
  prepared(
    'somebody is added who was not written down',
    /^R11: .*is added and not written down before/,
    async (rogue, world) => {
      const instance = world.launch();
      await rogue.look();
      await rogue.etcd.addLearner(rogue.witness, `http://${instance.address}:2380`);
    },
  ),
  prepared(
    'a member is announced to join again',
    /^R11: .*is announced again, and is a member/,
    (rogue, world) =>
      rogue.write(`members/${some(world)}`, ticketOf(world, some(world), { AUTOPILOT_STATE: 'joining' })),
  ),
];

import { PATH } from '../../world/fake-world.ts';
import {
  claimAndTag,
  claimed,
  claimOf,
  type Deed,
  founding,
  foundingTicket,
  paramOf,
  prepared,
  some,
  ticketOf,
} from './deed.ts';

/** R1, broken in every way. */
export const FOUNDING: readonly Deed[] = [
  founding('a claim is no claim', /^R1: an unreadable claim/, (rogue) => rogue.write('bootstrap', '{}')),
  founding(
    'the first claim may overwrite another one',
    /^R1: .*not made by a create-only write/,
    (rogue, world) => rogue.write('bootstrap', claimOf(world)),
  ),
  founding(
    'a founder does not wait in its launch hook',
    /^R1: .*(do not wait to launch|who do not wait there)/,
    async (rogue, world) => {
      Object.assign(world.instances[0] ?? {}, { lifecycle: 'InService' });
      await rogue.look();
      await rogue.ports.parameters.create(`${PATH}bootstrap`, claimOf(world));
    },
  ),
  founding(
    'a founder is claimed at the address of somebody else',
    /^R1: .*who do not wait there/,
    (rogue, world) => {
      const members = Object.fromEntries(world.instances.map(({ id }) => [id, 'http://10.9.9.9:2380']));
      return rogue.ports.parameters.create(`${PATH}bootstrap`, claimOf(world, { members }));
    },
  ),
  founding(
    'two of three are claimed before the grace is over',
    /^R1: 2 founders are claimed for a size of 3/,
    (rogue, world) => {
      const members = Object.fromEntries(
        world.instances.slice(0, 2).map(({ id, address }) => [id, `http://${address}:2380`]),
      );
      return rogue.ports.parameters.create(`${PATH}bootstrap`, claimOf(world, { members }));
    },
  ),
  founding('a claim has no token', /^R1: claim 1 has no token of its own/, (rogue, world) =>
    rogue.ports.parameters.create(`${PATH}bootstrap`, claimOf(world, { token: '' })),
  ),
  founding(
    'the group is tagged with another number',
    /^R1: the group is tagged 2 for claim 1/,
    (rogue, world) => claimAndTag(rogue, world, '2'),
  ),
  founding(
    'a founding ticket comes before the tag',
    /^R1: .*before the group is tagged/,
    async (rogue, world) => {
      await rogue.ports.parameters.create(`${PATH}bootstrap`, claimOf(world));
      await rogue.look();
      await rogue.write(...foundingTicket(world));
    },
  ),
  founding('a founding ticket is given twice', /^R1: .*is given to found again/, async (rogue, world) => {
    await claimAndTag(rogue, world);
    await rogue.write(...foundingTicket(world));
    world.parameters.delete(`${PATH}${foundingTicket(world)[0]}`);
    await rogue.look();
    await rogue.write(...foundingTicket(world));
  }),
  founding(
    'a founding ticket has another token than the claim',
    /^R1: .*founds another cluster than the claim's/,
    async (rogue, world) => {
      await claimAndTag(rogue, world);
      await rogue.write(...foundingTicket(world, 0, 'stale'));
    },
  ),
  founding(
    'a founder is abandoned while its claim may form',
    /^R1: .*is abandoned while its claim may form/,
    async (rogue, world) => {
      await claimAndTag(rogue, world);
      await rogue.complete(world.instances[0]?.id ?? '', 'ABANDON');
    },
  ),
  founding(
    'the next claim follows while founders run',
    /^R1: .*(of the last one run|founders are claimed)/,
    async (rogue, world) => {
      await claimAndTag(rogue, world);
      await rogue.create('claims/2', claimOf(world, { number: 2, token: 'second' }));
    },
  ),
  founding(
    'the next claim has the token of the last one',
    /^R1: .*(of the last one run|has no token of its own)/,
    async (rogue, world) => {
      await claimAndTag(rogue, world);
      await rogue.create('claims/2', claimOf(world, { number: 2 }));
    },
  ),
  founding(
    'the next claim is written over what stands',
    /^R1: .*(of the last one run|founders are claimed|is not made by a create-only write)/,
    async (rogue, world) => {
      await claimAndTag(rogue, world);
      await rogue.write('bootstrap', claimOf(world, { number: 2, token: 'second' }));
    },
  ),
  founding(
    'the claim that takes the place of the one that failed is another than was made',
    /^R1: .*(of the last one run|founders are claimed|claim 2 is revised)/,
    async (rogue, world) => {
      await claimAndTag(rogue, world);
      await rogue.create('claims/2', claimOf(world, { number: 2, token: 'second' }));
      await rogue.look();
      await rogue.write('bootstrap', claimOf(world, { number: 2, token: 'third' }));
    },
  ),
  prepared('a claim is revised', /^R1: claim 1 is revised/, (rogue, world) =>
    rogue.write('bootstrap', claimed(world, { members: {} })),
  ),
  prepared('the pin of a claim is changed', /^R1: the pin of claim 1 is changed/, (rogue, world) =>
    rogue.write('bootstrap', claimed(world, { clusterId: '1' })),
  ),
  prepared(
    'a lost claim is written again with another cluster',
    /^R1: claim 1 pins 1, and/,
    (rogue, world) => rogue.write('bootstrap', claimOf(world, { clusterId: '1' })),
    (world) => world.parameters.delete(`${PATH}bootstrap`),
  ),
  prepared(
    'a cluster is founded beside the traces of another one',
    /^R1: (a cluster is founded|claim 1 (is made|names|has no token))/,
    (rogue, world) => rogue.ports.parameters.create(`${PATH}bootstrap`, claimOf(world)),
    (world) => world.parameters.delete(`${PATH}bootstrap`),
  ),
  prepared(
    'another claim follows a cluster that lives',
    /^R1: claim 2 (follows|is made|names|has no)/,
    (rogue, world) =>
      rogue.create('claims/2', claimed(world, { number: 2, token: 'second', clusterId: undefined })),
  ),
  prepared(
    'a founding ticket comes after the cluster was seen',
    /^R1: .*(founds a cluster that was seen|founds another|given to found again)/,
    (rogue, world) => rogue.write(...foundingTicket(world, 0, JSON.parse(paramOf(world, 'bootstrap')).token)),
  ),
  prepared(
    'a ticket starts somebody who is no member',
    /^R1: .*starts 7, which is no member/,
    (rogue, world) =>
      rogue.write(
        `members/${some(world)}`,
        ticketOf(world, some(world), {
          AUTOPILOT_STATE: 'ticket',
          AUTOPILOT_MEMBER_ID: '7',
          ETCD_INITIAL_CLUSTER_STATE: 'existing',
          ETCD_INITIAL_CLUSTER: paramOf(world, 'peers'),
        }),
      ),
  ),
  prepared(
    'a ticket names other members than there are',
    /^R1: .*(names other members|start again)/,
    (rogue, world) =>
      rogue.write(
        `members/${some(world)}`,
        ticketOf(world, some(world), {
          AUTOPILOT_STATE: 'ticket',
          ETCD_INITIAL_CLUSTER_STATE: 'existing',
          ETCD_INITIAL_CLUSTER: 'a=http://b:2380',
        }),
      ),
  ),
  prepared(
    'a ticket that was used is given again',
    /^R1: .*start again, which was seen started/,
    (rogue, world) =>
      rogue.write(
        `members/${some(world)}`,
        ticketOf(world, some(world), {
          AUTOPILOT_STATE: 'ticket',
          ETCD_INITIAL_CLUSTER_STATE: 'existing',
          ETCD_INITIAL_CLUSTER: paramOf(world, 'peers'),
        }),
      ),
  ),
  prepared(
    'a ticket stands under the name of another instance',
    /^R1: .*is no ticket of that instance/,
    (rogue, world) => rogue.write('members/i-00000000', paramOf(world, `members/${some(world)}`)),
  ),
];

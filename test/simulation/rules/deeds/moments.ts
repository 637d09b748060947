import { FakeWorld, PATH } from '../../world/fake-world.ts';
import { Killed } from '../../world/function-life.ts';
import { Rogue } from '../rogue.ts';
import { connected, type Deed, deed, join, leaves, prepared } from './deed.ts';

const leaver = (world: FakeWorld): string =>
  world.instances.find(({ lifecycle }) => lifecycle === 'Terminating:Wait')?.id ?? '';

const peersOf = (world: FakeWorld): string =>
  world.etcd.members
    .map(({ name, peerUrl }) => `${name}=${peerUrl}`)
    .sort()
    .join(',');

const promoteByHand = (world: FakeWorld): void => {
  for (const member of world.etcd.members) member.isLearner = false;
};

function freezeAll(world: FakeWorld): void {
  for (const { id } of world.etcd.members) {
    const process = world.etcd.processOf(id);
    if (process !== undefined) process.frozen = true;
  }
}

/** A function comes to its end, and an operator edits a list around its look. */
const edited = (name: string, words: RegExp, work: (rogue: Rogue, edit: () => void) => Promise<void>): Deed =>
  deed(name, words, async () => {
    const world = await connected(3);
    const rogue = new Rogue(world);
    await work(rogue, () => void world.parameters.set(`${PATH}endpoints`, 'http://10.0.0.1:2379'));
    rogue.end();
    return world;
  });

function onlyKilled(error: unknown): void {
  if (!(error instanceof Killed)) throw error;
}

/** Two of three have their tickets and form the cluster; the third, which never had one, is let go. */
const formedWithoutOne = (name: string, words: RegExp, before: (world: FakeWorld) => void): Deed =>
  deed(name, words, async () => {
    const world = new FakeWorld(3);
    world.tick();
    const [, second, third = ''] = world.instances.map(({ id }) => id);
    world.killOn = new RegExp(`create members/${second}`);
    await world.pass().catch(onlyKilled);
    world.tick();
    world.tick();
    world.terminate(third);
    before(world);
    const rogue = new Rogue(world);
    await rogue.look();
    await rogue.complete(third);
    return world;
  });

/** What a function could have known: it changed before its last look. */
export const KNOWN: readonly Deed[] = [
  prepared(
    'a leaver that votes is let go because no etcd answers',
    /^R7: .*is let go as a member/,
    async (rogue, world) => {
      freezeAll(world);
      world.parameters.delete(`${PATH}endpoints`);
      await rogue.look();
      await rogue.complete(leaver(world));
    },
    leaves,
  ),
  formedWithoutOne(
    'a founder without a ticket is let go as a member, though the cluster showed itself',
    /^R7: .*is let go as a member/,
    () => undefined,
  ),
  prepared(
    'a list names a learner',
    /^R6: peers names http:\/\/10.0.0.4:2380, who do not vote/,
    async (rogue, world) => {
      await join(rogue, world);
      await rogue.look();
      promoteByHand(world);
      await rogue.write('peers', peersOf(world));
    },
  ),
  edited(
    'a list that was edited by hand is read, and stands',
    /^R9: the lists are not true/,
    async (rogue, edit) => {
      edit();
      await rogue.look();
    },
  ),
];

/** What no function could know, for it changed between or after its calls: it is held against none. */
export const UNKNOWABLE: readonly Deed[] = [
  formedWithoutOne('a founder without a ticket is let go while the cluster forms unseen', /./, freezeAll),
  prepared('a list names who became a voter between the probes and the list', /./, async (rogue, world) => {
    await join(rogue, world);
    world.failing.set('etcd.members', () => {
      promoteByHand(world);
      return null;
    });
    await rogue.look();
    await rogue.write('peers', peersOf(world));
  }),
  edited('a list is edited by hand after the last look', /./, async (rogue, edit) => {
    await rogue.look();
    edit();
  }),
  prepared(
    'what is gone already is deleted once more, and the settings are gone too',
    /./,
    (rogue) => rogue.ports.parameters.remove([`${PATH}teardown`]),
    (world) => void world.parameters.delete(`${PATH}config`),
  ),
];

import { KEY, MEMBERS } from '../../../../functions/core/names.ts';
import type { FakeWorld } from '../../world/fake-world.ts';
import { Rogue } from '../rogue.ts';
import { announce, connected, type Deed, deed, leaves, prepared, some } from './deed.ts';

const leaver = (world: FakeWorld): string =>
  world.instances.find(({ lifecycle }) => lifecycle === 'Terminating:Wait')?.id ?? '';

const reboots = (world: FakeWorld, id: string): void => {
  const holders = [{ instanceId: id, since: '2026-01-01T00:00:00.000Z' }];
  world.etcd.keys.set(KEY.reboots + MEMBERS, JSON.stringify({ version: 1, holders }));
};

/** One of five leaves in its hook, another one says nothing, and the leaver is removed. */
const oneOfFive = (name: string, words: RegExp, change: (world: FakeWorld) => void): Deed =>
  deed(name, words, async () => {
    const world = await connected(5);
    world.hooks.enforced = true;
    world.terminate(some(world));
    const silent = world.instances.find(({ id }) => id !== some(world) && id !== world.leaderName);
    world.processOf(silent?.id ?? '').frozen = true;
    change(world);
    const rogue = new Rogue(world);
    await rogue.prepare();
    await rogue.remove(some(world));
    return world;
  });

/** T1 and T2: who is taken while the cluster could not lose another one, and what is done while one reboots. */
export const TOLERANCE: readonly Deed[] = [
  oneOfFive('a leaver that could wait is removed while another voter is silent', /^T1: /, () => undefined),
  prepared(
    'somebody is added while a member reboots',
    /^T2: etcd.addLearner of i-\w+ while i-\w+ reboots/,
    async (rogue, world) => {
      reboots(world, some(world));
      const peerUrl = announce(world);
      await rogue.look();
      await rogue.etcd.addLearner(rogue.witness, peerUrl);
    },
  ),
  prepared(
    'leadership is moved from one member while another reboots',
    /^T2: etcd.moveLeader/,
    (rogue, world) => {
      const url = world.clientUrl(world.instance(world.leaderName));
      return rogue.etcd.moveLeader(url, rogue.memberOf(some(world)));
    },
    (world) => reboots(world, some(world)),
  ),
];

export const TOLERABLE: readonly Deed[] = [
  oneOfFive('a leaver whose machine ends anyway is removed while another voter is silent', /./, (world) => {
    world.instance(some(world)).ending = 'spotInterruption';
  }),
  oneOfFive('a leaver is removed late in its hook while another voter is silent', /./, (world) => {
    world.instance(some(world)).hookAtMs -= world.hooks.globalSeconds * 760;
  }),
  prepared(
    'a leaver is removed that holds the lock for reboots',
    /./,
    (rogue, world) => rogue.remove(leaver(world)),
    (world) => {
      leaves(world);
      reboots(world, leaver(world));
    },
  ),
];

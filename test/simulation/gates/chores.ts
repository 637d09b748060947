import type { Faults } from '../history/fault.ts';
import type { Random } from '../history/random.ts';
import type { FakeWorld } from '../world/fake-world.ts';
import { inServiceOf, sparedInServiceOf } from '../world/faults/targets.ts';
import { GatesWorld } from './gates-world.ts';

const chore = (about: string, work: (world: GatesWorld, random: Random) => boolean): Faults[string] => ({
  about,
  apply: (world: FakeWorld, random) =>
    world instanceof GatesWorld && !world.isTearingDown() && work(world, random) ? 'done' : null,
});

/** What operators do, and machines, that takes nodes of a cluster by choice. */
export const GATE_CHORES: Faults = {
  rollingUpdate: chore(
    'a stack update replaces everything, one after the other, with signals',
    (world, random) =>
      world.rolling.start(
        { isSurging: random.chance(0.7), pauseSeconds: random.whole(60, 300), isBad: false },
        random.whole(60, 300),
      ),
  ),
  badRollingUpdate: chore('a stack update brings an image that cannot start etcd', (world, random) =>
    world.rolling.start(
      { isSurging: random.chance(0.7), pauseSeconds: random.whole(60, 300), isBad: true },
      random.whole(60, 300),
    ),
  ),
  refreshByPolicy: chore(
    'an instance refresh asks the termination policy whom it may replace',
    (world, random) => {
      if (world.refresh.isRunning || inServiceOf(world).length === 0) return false;
      world.templateVersion += 1;
      world.refresh.start(world, random.oneOf('launchFirst', 'launchFirst', 'terminateFirst', 'both'));
      return true;
    },
  ),
  scaledInByPolicy: chore('scale-in asks the termination policy who may go', (world) => {
    if (world.desired < 3) return false;
    world.desired -= 2;
    return true;
  }),
  scaledOutFirst: chore('the group grows by two', (world) => {
    if (world.desired > 5) return false;
    world.desired += 2;
    return true;
  }),
  gateAlone: chore('a gate is asked for something else', (world, random) => {
    if (world.gates.openCount > 3) return false;
    world.gates.ask(random.whole(30, 300), () => undefined);
    return true;
  }),
  everybodyReboots: chore('every member wants to reboot at once', (world, random) => {
    for (const { id } of inServiceOf(world)) world.reboots.add(id, random.whole(5, 40), false);
    return true;
  }),
  rebootClientDies: chore('a member wants to reboot, and dies with the lock', (world, random) => {
    const one = random.pick(inServiceOf(world));
    if (one === null) return false;
    world.reboots.add(one.id, random.whole(5, 60), true);
    return true;
  }),
  voterSilent: {
    about: 'a voter says nothing for a while',
    apply: (world, random) => {
      const one = random.pick(sparedInServiceOf(world).filter((server) => world.hasEtcd(server)));
      if (one === null) return null;
      const process = world.processOf(one.id);
      process.frozen = true;
      return () => {
        process.frozen = false;
      };
    },
  },
  gateKilled: chore('the function at the gate is killed after one of its calls', (world, random) => {
    world.gates.killAfterCalls = random.whole(1, 12);
    return true;
  }),
  gateReplyLost: chore(
    'CloudFormation has the answer of a gate, and the function hears nothing of it',
    (world) => {
      world.gates.losesReply = true;
      return true;
    },
  ),
};

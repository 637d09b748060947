import { quorumOf } from '../../../../functions/core/quorum.ts';
import type { Random } from '../../history/random.ts';
import type { FakeWorld } from '../fake-world.ts';
import type { FakeInstance } from '../instance.ts';
import { allOf } from './fault.ts';
import { inServiceOf } from './targets.ts';

/** What takes a majority of the voters for good, or seems to. */
export const LOSS_FAULTS = allOf('H', {
  majorityLost: {
    about: 'the machines of a majority of the voters are terminated at once, and their group notices later',
    apply: (world, random) => loseMajority(world, random, (one) => world.kill(one.id)),
  },
  majorityVanishes: {
    about: 'the machines of a majority of the voters are gone at once, and their group knows',
    apply: (world, random) => loseMajority(world, random, (one) => world.vanish(one.id)),
  },
  everybodyLost: {
    about: 'the machines of all voters are terminated at once',
    apply: (world) => lose(votersOf(world), (one) => world.kill(one.id)),
  },
  majorityWiped: {
    about: 'the machines of a majority of the voters come back with empty disks',
    apply: (world, random) => loseMajority(world, random, (one) => world.wipe(one.id)),
  },
  majorityStopped: {
    about: 'somebody stops the machines of a majority of the voters, and starts them again later',
    apply: (world, random) => {
      const chosen = majorityOf(world, random);
      if (chosen.length === 0) return null;
      for (const one of chosen) {
        one.state = 'stopped';
        world.stopEtcd(one);
      }
      return () => {
        for (const one of chosen) if (one.state === 'stopped') one.state = 'running';
      };
    },
  },
});

const votersOf = (world: FakeWorld): readonly FakeInstance[] => {
  const ids = new Set(world.etcd.voters().map(({ id }) => id));
  return inServiceOf(world).filter(({ disk }) => disk !== null && ids.has(disk));
};

function majorityOf(world: FakeWorld, random: Random): readonly FakeInstance[] {
  const voters = votersOf(world);
  const count = world.etcd.voters().length;
  if (voters.length < count || count === 0) return [];
  return random.some(voters, quorumOf(count));
}

function loseMajority(world: FakeWorld, random: Random, how: (one: FakeInstance) => void): 'done' | null {
  return lose(majorityOf(world, random), how);
}

function lose(chosen: readonly FakeInstance[], how: (one: FakeInstance) => void): 'done' | null {
  for (const one of chosen) how(one);
  return chosen.length === 0 ? null : 'done';
}

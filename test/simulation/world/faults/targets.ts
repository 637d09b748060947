import { quorumOf } from '../../../../functions/core/quorum.ts';
import type { FakeWorld } from '../fake-world.ts';
import type { FakeInstance } from '../instance.ts';

/** Machines that run, whether or not their group lists them. */
export const machinesOf = (world: FakeWorld): readonly FakeInstance[] =>
  world.instances.filter(({ state }) => state === 'running');

export const inServiceOf = (world: FakeWorld): readonly FakeInstance[] =>
  world.instances.filter(({ listed, lifecycle }) => listed && lifecycle === 'InService');

/** Machines on which an etcd runs. */
export const serversOf = (world: FakeWorld): readonly FakeInstance[] =>
  machinesOf(world).filter((instance) => world.hasEtcd(instance));

/**
 * Whether the cluster gets over the loss of this machine and its disk for good: what is left of its
 * voters, once they run, is a majority. A history that may lose its quorum says so in its world.
 */
export function isSpared(world: FakeWorld, { id }: FakeInstance): boolean {
  if (world.mayLoseQuorum) return true;
  const voters = world.etcd.voters();
  const survivors = voters.filter((voter) =>
    world.instances.some(
      (one) => one.id !== id && one.disk === voter.id && one.state === 'running' && !world.doomed.has(one.id),
    ),
  );
  return survivors.length >= quorumOf(voters.length);
}

/** Machines that the cluster gets over losing. */
export const sparedOf = (world: FakeWorld): readonly FakeInstance[] =>
  machinesOf(world).filter((instance) => isSpared(world, instance));

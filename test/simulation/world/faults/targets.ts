import { quorumOf } from '../../../../functions/core/quorum.ts';
import { lead } from '../../etcd/raft.ts';
import type { Random } from '../../history/random.ts';
import type { FakeWorld } from '../fake-world.ts';
import { type FakeInstance, isInService } from '../instance.ts';

/** Machines that run, whether or not their group lists them. */
export const machinesOf = (world: FakeWorld): readonly FakeInstance[] =>
  world.instances.filter(({ state }) => state === 'running');

export const inServiceOf = (world: FakeWorld): readonly FakeInstance[] =>
  world.instances.filter((one) => isInService(one) && one.state === 'running');

/** Machines on which an etcd runs. */
export const serversOf = (world: FakeWorld): readonly FakeInstance[] =>
  machinesOf(world).filter((instance) => world.hasEtcd(instance));

/**
 * Whether the cluster gets over the loss of this machine and its disk for good: what is left of its
 * voters, once they run, is a majority. Machines whose end is announced are not counted on. A history
 * that may lose its quorum says so in its world.
 */
export const isSpared = (world: FakeWorld, { id }: FakeInstance): boolean =>
  world.mayLoseQuorum ||
  keepsQuorum(world, (one) => one.id !== id && !world.doomed.has(one.id) && !Number.isFinite(one.diesAtMs));

/** The same of one whose hour has come: others that are to end still live. */
export const isSparedNow = (world: FakeWorld, { id }: FakeInstance): boolean =>
  world.mayLoseQuorum || keepsQuorum(world, (one) => one.id !== id);

function keepsQuorum(world: FakeWorld, counts: (one: FakeInstance) => boolean): boolean {
  const voters = world.etcd.voters();
  const survivors = voters.filter((voter) =>
    world.instances.some((one) => one.disk === voter.id && one.state === 'running' && counts(one)),
  );
  return voters.length === 0 || survivors.length >= quorumOf(voters.length);
}

/** Machines that the cluster gets over losing. */
export const sparedOf = (world: FakeWorld): readonly FakeInstance[] =>
  machinesOf(world).filter((instance) => isSpared(world, instance));

/** Of those in service. */
export const sparedInServiceOf = (world: FakeWorld): readonly FakeInstance[] =>
  inServiceOf(world).filter((instance) => isSpared(world, instance));

/** Leadership goes to another voter that serves, as an election or an operator moves it. False: to nobody. */
export function moveLeader(world: FakeWorld, random: Random): boolean {
  const { etcd } = world;
  const heirs = etcd.voters().filter((voter) => etcd.runs(voter) && voter.id !== etcd.leaderId);
  const heir = etcd.leaderId === null ? null : random.pick(heirs);
  if (heir === null) return false;
  lead(etcd, heir.id);
  return true;
}

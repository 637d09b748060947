import type { Instance, Observation } from '../observation.ts';
import { quorumOf } from '../quorum.ts';
import { RESTORE_BUMP, type Restore } from '../restore.ts';
import { peerUrlOf } from '../urls.ts';
import { planReleases } from './hooks.ts';
import { act, merge, type Plan, wait } from './plan.ts';

/**
 * Founds a cluster where none ever was (rule R1): the tag, the claim, the status
 * and every ticket are absent by successful reads, and every instance still waits
 * in its launch hook, so none can have run etcd.
 *
 * The claim comes first, the tag second, tickets last. A crash after the claim is
 * repaired from the claim; a tag without its claim would look like a lost cluster.
 */
export function planBootstrap(world: Observation): Plan {
  const found = tracesOfACluster(world);
  if (found.length > 0) return wait({ kind: 'formerCluster', found });

  const leavers = planReleases(world, 'neverJoined');
  const present = presentOf(world);
  const notWaiting = present.filter(
    (instance) => instance.waitsIn !== 'launch' && instance.stage !== 'arriving',
  );
  if (notWaiting.length > 0) {
    return merge(leavers, wait({ kind: 'notAllWaiting', instanceIds: notWaiting.map(({ id }) => id) }));
  }
  const { restoreFrom } = world.config;
  const restore = restoreFrom === null ? null : { ...restoreFrom, bump: RESTORE_BUMP };
  return merge(leavers, planClaim(world, 1, present, restore));
}

/** Those that a founding is about. A warm one waits for a ticket that it gets when it has left its pool, not before. */
export const presentOf = (world: Observation): readonly Instance[] =>
  world.instances.filter(({ stage }) => stage !== 'leaving' && stage !== 'warm');

/**
 * Claims the cluster for the instances that are ready, as soon as there are enough of
 * them and every other one waits in its launch hook too, with or without an address.
 * What is to begin with a snapshot is founded by one alone: two that restore would be two
 * clusters, or one with two pasts. The others join it as learners, and get the data so.
 */
export function planClaim(
  world: Observation,
  number: number,
  present: readonly Instance[],
  restore: Restore | null,
): Plan {
  const ready = present.filter((instance) => instance.waitsIn === 'launch' && instance.address !== null);
  const wanted = restore === null ? wantedCount(world, ready) : 1;
  const late = present.filter((instance) => instance.waitsIn !== 'launch');
  if (ready.length < wanted || late.length > 0) {
    const missing = { readyCount: ready.length, wantedCount: Math.max(wanted, ready.length + late.length) };
    return wait({ kind: 'instancesMissing', ...missing });
  }
  const founders = [...ready].sort(byLaunch).slice(0, restore === null ? world.config.size : 1);
  const members = Object.fromEntries(
    founders.map((instance) => [instance.id, peerUrlOf(world.config, instance)]),
  );
  return act({ kind: 'claimCluster', number, members, ...(restore === null ? {} : { restore }) });
}

/** Proof that a cluster was here before, or may still be: then absence of an answer founds nothing. */
function tracesOfACluster(world: Observation): readonly string[] {
  const { records, group } = world;
  return [
    ...(group.bootstrapped === null ? [] : [`group tag ${group.bootstrapped}`]),
    ...(records.statusText === null ? [] : ['status']),
    ...records.ticketNames,
    ...(records.recovery.latest === null ? [] : [`recovery/${records.recovery.latest.number}`]),
  ];
}

/** `size`, or a quorum of it once the grace since the first launch is over; the rest joins later. */
function wantedCount(world: Observation, ready: readonly Instance[]): number {
  const { size, graceSeconds } = world.config;
  const launches = ready.map((instance) => instance.launchedAtMs ?? world.takenAtMs);
  const oldestMs = Math.min(...launches, world.takenAtMs);
  const isOver = world.takenAtMs - oldestMs >= graceSeconds.bootstrap * 1_000;
  return isOver ? quorumOf(size) : size;
}

const byLaunch = (a: Instance, b: Instance): number =>
  (a.launchedAtMs ?? 0) - (b.launchedAtMs ?? 0) || a.id.localeCompare(b.id);

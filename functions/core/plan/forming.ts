import { type Claim, expectedClusterId, initialClusterText } from '../claim.ts';
import type { InstanceId } from '../identity.ts';
import { mustLeave } from '../lifecycle.ts';
import type { Instance, Observation } from '../observation.ts';
import { quorumOf } from '../quorum.ts';
import { memberIdOf } from '../raft-ids.ts';
import type { Ticket } from '../ticket.ts';
import { clientUrlOf, listening } from '../urls.ts';
import { planClaim, presentOf } from './bootstrap.ts';
import { answerHook, planReleases } from './hooks.ts';
import { act, merge, nothing, type Plan, wait } from './plan.ts';

/**
 * Brings a claim to life: tag the group, then one ticket for each founder, then
 * wait for a voter to answer. The claim is never revised. When so many founders
 * are lost that the rest can never be a majority, all are abandoned, and the next
 * claim follows only when EC2 says that every one of them is terminated.
 */
export function planForming(world: Observation, claim: Claim): Plan {
  const founderIds = Object.keys(claim.members);
  const lostCount = founderIds.filter((id) => isLost(world, claim, id)).length;
  if (founderIds.length - lostCount < quorumOf(founderIds.length) && !isSeen(world))
    return planFailedClaim(world, claim, founderIds);

  if (world.group.bootstrapped !== claim.number) {
    return act({ kind: 'tagGroup', groupName: world.group.name, number: claim.number });
  }
  const alive = world.instances.filter(
    (instance) => founderIds.includes(instance.id) && !isLost(world, claim, instance.id),
  );
  const tickets = alive.flatMap((instance) => foundingTicket(world, claim, instance));
  return merge(
    act(...tickets.map((ticket) => ({ kind: 'writeTicket', ticket }) as const)),
    isSeen(world) ? nothing : planReleases(ticketless(world), 'neverJoined'),
    wait({
      kind: 'clusterForming',
      claim: claim.number,
      instanceIds: founderIds,
      ...troubleOf(world, claim),
    }),
  );
}

/** What the founder says that should restore a snapshot, and cannot. */
function troubleOf({ records }: Observation, { members }: Claim): { readonly trouble?: string } {
  const report = records.reports.find(
    ({ kind, instanceId }) => kind === 'restore-failed' && members[instanceId] !== undefined,
  );
  return report === undefined ? {} : { trouble: report.reason ?? 'it gives no reason' };
}

/** An etcd shows itself before it answers as a voter: the cluster may have formed, and whoever leaves may be its member. */
const isSeen = (world: Observation): boolean => world.etcd.clusterIds.size > 0;

/** Whoever has a ticket may have started, and vote, where nobody reaches the etcd: silence does not say that it never joined. */
function ticketless(world: Observation): Observation {
  const { ticketNames } = world.records;
  return { ...world, instances: world.instances.filter(({ id }) => !ticketNames.includes(`members/${id}`)) };
}

/** A founder is lost by evidence only: it is leaving, or EC2 says it is terminated. */
function isLost(world: Observation, claim: Claim, id: InstanceId): boolean {
  const instance = world.instances.find((candidate) => candidate.id === id);
  return (instance !== undefined && mustLeave(instance.stage)) || isTerminated(world, claim, id);
}

/** EC2 forgets what was terminated after about an hour: twice that, so that it is no young one that it does not know yet. */
const FORGOTTEN_AFTER_MS = 7_200_000;

/** EC2 says so; or it knew the founder when it was claimed, long ago, and neither it nor the group knows it now. */
function isTerminated(world: Observation, claim: Claim, id: InstanceId): boolean {
  const machine = world.machines.get(id);
  if (machine?.kind === 'known') return machine.state === 'terminated';
  const ageMs = world.takenAtMs - Date.parse(claim.claimedAt);
  const isListed = world.instances.some((instance) => instance.id === id);
  return machine?.kind === 'notFound' && !isListed && ageMs >= FORGOTTEN_AFTER_MS;
}

/**
 * A ticket exists already in any form: it is never written again, whoever lost it (it may have been used).
 * So there is none while EC2 gives no address: after the claim an older answer may leave it out once more.
 */
export function foundingTicket(world: Observation, claim: Claim, instance: Instance): readonly Ticket[] {
  const peerUrl = claim.members[instance.id];
  if (
    peerUrl === undefined ||
    instance.address === null ||
    world.records.ticketNames.includes(`members/${instance.id}`)
  )
    return [];
  return [
    {
      instanceId: instance.id,
      state: 'ticket',
      peerUrl,
      clientUrl: clientUrlOf(world.config, instance),
      ...listening(world.config, instance.address),
      claim: claim.number,
      token: claim.token,
      clusterId: expectedClusterId(claim),
      memberId: memberIdOf(peerUrl, claim.token),
      start: {
        initialCluster: initialClusterText(claim.members),
        initialState: 'new',
        ...(claim.restore === undefined ? {} : { restore: claim.restore }),
      },
    },
  ];
}

function planFailedClaim(world: Observation, claim: Claim, founderIds: readonly InstanceId[]): Plan {
  const leftovers = founderIds.filter((id) => !isTerminated(world, claim, id));
  if (leftovers.length > 0) {
    const failed = wait({ kind: 'claimFailed', claim: claim.number, stillThere: leftovers });
    return merge(planReleases(world, 'neverJoined'), planAbandon(world, founderIds), failed);
  }
  // Tickets follow the tag: a later claim may have them, and an older reading must neither delete them nor revise that claim.
  const { bootstrapped } = world.group;
  if (bootstrapped !== null && bootstrapped > claim.number)
    return wait({ kind: 'formerCluster', found: [`group tag ${bootstrapped}`] });
  const tickets = world.records.ticketNames;
  if (tickets.length > 0) return act({ kind: 'removeParameters', names: tickets, because: 'instanceGone' });
  const { nextClaim } = world.records;
  if (nextClaim !== null) return act({ kind: 'writeClaim', claim: nextClaim, because: 'lastFailed' });
  // What one was to bring back, the next one must: an empty cluster in its place is what nobody asked for (rule R12).
  return planClaim(world, claim.number + 1, presentOf(world), claim.restore ?? null);
}

function planAbandon(world: Observation, founderIds: readonly InstanceId[]): Plan {
  const waiting = world.instances.filter(
    (instance) => founderIds.includes(instance.id) && instance.waitsIn === 'launch',
  );
  return merge(...waiting.map((instance) => answerHook(world, instance, 'ABANDON', 'claimFailed')));
}

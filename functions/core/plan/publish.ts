import { type Member, type MemberView, type Observation, votersOf } from '../observation.ts';
import { encodeEndpoints, encodePeers } from '../published.ts';
import { quorumOf } from '../quorum.ts';
import { type ClusterHealth, STATUS_WAITS_MAX, type Status, type StatusWait, sameStatus } from '../status.ts';
import { act, merge, nothing, type Plan, type Wait, wait } from './plan.ts';

/** Writes the lists that others read, only when they changed, and never an empty one (rule R6). */
export function planPublishing(world: Observation, view: MemberView, waits: readonly Wait[]): Plan {
  const endpoints = encodeEndpoints(view.members);
  const peers = encodePeers(view.members);
  return merge(
    endpoints === world.records.endpoints
      ? nothing
      : act({ kind: 'publishList', list: 'endpoints', text: endpoints }),
    peers === world.records.peers ? nothing : act({ kind: 'publishList', list: 'peers', text: peers }),
    planStatus(world, statusOf(world, view, waits)),
  );
}

/** Without an answering voter only the status is written, over the last one: the lists stay as they are. */
export function planStatusOnly(world: Observation, reason: Wait, health: ClusterHealth = 'quorumLost'): Plan {
  const last = world.records.status;
  if (last === null) return wait(reason);
  const next: Status = { ...last, health, leader: null, waits: [statusWait(reason)] };
  return merge(planStatus(world, next), wait(reason));
}

function planStatus(world: Observation, next: Status): Plan {
  const previous = world.records.status;
  if (previous !== null && sameStatus(previous, next)) return nothing;
  const generation = (previous?.generation ?? 0) + 1;
  const at = new Date(world.takenAtMs).toISOString();
  return act({ kind: 'publishStatus', status: { ...next, generation, at }, previous });
}

export function statusOf(world: Observation, view: MemberView, waits: readonly Wait[]): Status {
  const leader = view.members.find((member) => member.id === view.leaderId);
  const told = waits.map(statusWait).sort(byKindAndSubject);
  return {
    generation: 0,
    clusterId: view.clusterId,
    health: healthOf(world, view),
    leader: leader?.name ?? null,
    voters: votersOf(view.members).map(statusMember).sort(byName),
    learners: view.members
      .filter((member) => member.role === 'learner')
      .map(statusMember)
      .sort(byName),
    waits: told.slice(0, STATUS_WAITS_MAX),
    at: '',
  };
}

/** Healthy: every voter answers, and one of them could fail (where the cluster was meant to be larger than one). */
function healthOf(world: Observation, view: MemberView): ClusterHealth {
  const voters = votersOf(view.members);
  const answering = voters.filter((voter) => voter.answers).length;
  const tolerates = answering - 1 >= quorumOf(voters.length) || world.group.desiredCapacity <= 1;
  return answering === voters.length && tolerates ? 'healthy' : 'degraded';
}

const statusMember = (member: Member) => ({
  name: member.name || (member.instanceId ?? member.id),
  id: member.id,
  answers: member.answers,
});

const byName = (a: { readonly name: string }, b: { readonly name: string }) => a.name.localeCompare(b.name);

const byKindAndSubject = (a: StatusWait, b: StatusWait) =>
  a.kind.localeCompare(b.kind) || (a.subject ?? '').localeCompare(b.subject ?? '');

/** What a wait is about, without the numbers that change from look to look. */
export function statusWait(wait: Wait): StatusWait {
  if ('instanceId' in wait) return { kind: wait.kind, subject: wait.instanceId };
  if ('memberId' in wait) return { kind: wait.kind, subject: wait.memberId };
  if ('instanceIds' in wait) return { kind: wait.kind, subject: wait.instanceIds.join(',') };
  return { kind: wait.kind, subject: null };
}

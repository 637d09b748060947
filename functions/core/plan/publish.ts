import { lagOf } from '../lag.ts';
import { type Member, type MemberView, type Observation, votersOf } from '../observation.ts';
import { encodeEndpoints, encodePeers } from '../published.ts';
import { quorumOf } from '../quorum.ts';
import {
  type ClusterHealth,
  STATUS_ASKED_MAX,
  STATUS_SHORTFALLS_MAX,
  STATUS_WAITS_MAX,
  type Status,
  type StatusMember,
  type StatusShortfall,
  type StatusVoter,
  type StatusWait,
  sameStatus,
} from '../status.ts';
import { requireNow } from '../tolerance.ts';
import { nameOf } from '../tolerance-sight.ts';
import { listEdited, repairedOf, statusEdited } from './edited.ts';
import { act, merge, nothing, type Plan, type Wait, wait } from './plan.ts';
import { judgeWorld, steadyOf } from './steadiness.ts';

/** Writes the lists that others read, only when they changed, and never an empty one (rule R6). */
export function planPublishing(world: Observation, view: MemberView, waits: readonly Wait[]): Plan {
  const endpoints = encodeEndpoints(view.members);
  const peers = encodePeers(view.members);
  return merge(
    endpoints === world.records.endpoints
      ? nothing
      : act({ kind: 'publishList', list: 'endpoints', text: endpoints, ...listEdited(world, view) }),
    peers === world.records.peers
      ? nothing
      : act({ kind: 'publishList', list: 'peers', text: peers, ...listEdited(world, view) }),
    planStatus(world, statusOf(world, view, waits)),
  );
}

/** Without an answering voter only the status is written, over the last one: the lists stay as they are. */
export function planStatusOnly(world: Observation, reason: Wait, health: ClusterHealth = 'quorumLost'): Plan {
  const last = world.records.status;
  if (last === null) return wait(reason);
  const next: Status = { ...last, health, leader: null, waits: [statusWait(reason)], ...toleranceOf(world) };
  return merge(planStatus(world, next), wait(reason));
}

function planStatus(world: Observation, next: Status): Plan {
  const previous = world.records.status;
  if (previous !== null && sameStatus(previous, next)) return nothing;
  const generation = (previous?.generation ?? 0) + 1;
  const at = new Date(world.takenAtMs).toISOString();
  return act({
    kind: 'publishStatus',
    status: { ...next, generation, at },
    previous,
    ...statusEdited(world),
  });
}

/** Who asked for this look and waits for it to be answered, beside those that were answered before. */
function askedOf({ records, pass }: Observation): readonly string[] {
  const before = records.status?.asked ?? [];
  if (pass.asked === null || before.includes(pass.asked)) return before;
  return [...before, pass.asked].slice(-STATUS_ASKED_MAX);
}

/** The condition of gates, as it is at this look: the window is judged by whoever reads it, at their time. */
function toleranceOf(world: Observation) {
  const steady = steadyOf(world);
  return {
    desired: world.group.desiredCapacity,
    alarms: world.etcd.alarms,
    steadySince: steady === null ? null : new Date(steady.sinceMs).toISOString(),
    shortfalls: shortfallsOf(world),
    asked: askedOf(world),
    repaired: repairedOf(world),
  };
}

/** What a reader cannot find out from the rest comes first: it must not be cut off. */
function shortfallsOf(world: Observation): readonly StatusShortfall[] {
  const found = judgeWorld(world, requireNow(world.config));
  return found.slice(0, STATUS_SHORTFALLS_MAX).map(({ code, subject }) => ({ code, subject }));
}

export function statusOf(world: Observation, view: MemberView, waits: readonly Wait[]): Status {
  const leader = view.members.find((member) => member.id === view.leaderId);
  const told = waits.map(statusWait).sort(byKindAndSubject);
  return {
    generation: 0,
    clusterId: view.clusterId,
    health: healthOf(world, view),
    leader: leader === undefined ? null : nameOf(leader),
    voters: votersOf(view.members)
      .map((voter) => statusVoter(world, view, voter))
      .sort(byName),
    learners: view.members
      .filter((member) => member.role === 'learner')
      .map(statusMember)
      .sort(byName),
    waits: told.slice(0, STATUS_WAITS_MAX),
    ...toleranceOf(world),
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

const statusMember = (member: Member): StatusMember => ({
  name: nameOf(member),
  id: member.id,
  answers: member.answers,
});

function statusVoter(world: Observation, view: MemberView, voter: Member): StatusVoter {
  const lag = lagOf(view, voter);
  const known = lag === null ? null : Number(lag);
  const behind = known === null || known > world.config.gate.maxLag;
  return { ...statusMember(voter), version: voter.version, lag: known, behind };
}

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

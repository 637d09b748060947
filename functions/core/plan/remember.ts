import { presenceOf } from '../evidence.ts';
import type { InstanceId } from '../identity.ts';
import { encodeMemory, type Memory } from '../memory.ts';
import type { Member, MemberView, Observation } from '../observation.ts';
import { isInSync } from './in-sync.ts';
import { act, nothing, type Plan } from './plan.ts';
import { recentReports } from './unhealthy.ts';

/** It has not started yet, or it is a learner that fell silent: either way its join stands still. */
const isNotUpYet = (member: Member): boolean =>
  !member.started || (member.role === 'learner' && !member.answers);

/** Remembers since when instances are not known to EC2, entries of ours not started and voters silent; forgets the rest. */
export function planMemory(world: Observation, view: MemberView): Plan {
  const { memory } = view;
  if (!memory.ours) return nothing;
  const ours = view.members.filter((member) => member.instanceId !== null);
  const unstarted = ours.filter(isNotUpYet).map(({ id }) => id);
  const lagging = ours.filter((member) => isLagging(view, member)).map(({ id }) => id);
  const silent = ours.filter((member) => isSilentVoter(world, member)).map(({ id }) => id);
  const nowMs = world.takenAtMs;
  const next: Memory = {
    ...memory,
    missingSinceMs: since(missingIds(world, view), memory.missingSinceMs, nowMs),
    unstartedSinceMs: since(unstarted, memory.unstartedSinceMs, nowMs),
    laggingSinceMs: since(lagging, memory.laggingSinceMs, nowMs),
    silentSinceMs: since(silent, memory.silentSinceMs, nowMs),
    reportedAtMs: recentReports(memory.reportedAtMs, nowMs),
    failedJoinCount: isWhole(world, ours) ? 0 : memory.failedJoinCount,
  };
  return encodeMemory(next) === encodeMemory(memory) ? nothing : act({ kind: 'remember', memory: next });
}

const isLagging = (view: MemberView, member: Member): boolean =>
  member.role === 'learner' && member.started && member.answers && !isInSync(view, member);

/** One whose instance the group lists: what becomes of the others is a matter of evidence, not of time. */
const isSilentVoter = (world: Observation, { role, started, answers, instanceId }: Member): boolean =>
  role === 'voter' && started && !answers && world.instances.some(({ id }) => id === instanceId);

/** As many voters of ours answer as the group wants: what failed before is over. */
const isWhole = (world: Observation, ours: readonly Member[]): boolean =>
  ours.filter(({ role, answers }) => role === 'voter' && answers).length >= world.group.desiredCapacity;

const since = (ids: readonly string[], known: Readonly<Record<string, number>>, nowMs: number) =>
  Object.fromEntries(ids.map((id) => [id, known[id] ?? nowMs]));

function missingIds(world: Observation, view: MemberView): readonly InstanceId[] {
  const { ticketNames, reportNames } = world.records;
  const recorded = [...ticketNames, ...reportNames].map((name) => name.slice(name.indexOf('/') + 1));
  const ids = new Set([...recorded, ...view.members.flatMap((member) => member.instanceId ?? [])]);
  return [...ids].filter(
    (id) => world.machines.get(id)?.kind === 'notFound' && presenceOf(world, id, null) !== 'listed',
  );
}

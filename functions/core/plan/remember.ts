import { presenceOf } from '../evidence.ts';
import type { InstanceId } from '../identity.ts';
import { isSameMemory, type Memory } from '../memory.ts';
import type { Member, MemberView, Observation } from '../observation.ts';
import { notUpKey, silenceClassOf, silenceKey } from '../silence.ts';
import { isSameSteady } from '../steady.ts';
import { isInSync } from './in-sync.ts';
import { act, nothing, type Plan } from './plan.ts';
import { signalledAfter } from './signals.ts';
import { steadyOf } from './steadiness.ts';
import { recentReports } from './unhealthy.ts';
import { isOutOfStep } from './versions.ts';
import { recentDefragmentations, recentlyCorrupt } from './worn.ts';

/** It has not started yet, or it is a learner that fell silent or may not vote: either way its join stands still. */
const isNotUpYet = (view: MemberView, member: Member): boolean =>
  !member.started || (member.role === 'learner' && !member.answers) || isOutOfStep(view, member);

/**
 * Time between two looks beyond which nobody knows what was in between: the schedule missed two,
 * or the clock of the function jumped.
 */
const UNSEEN_MS = 180_000;
/** How often a look is noted while something is waited for: less than the schedule's minute. */
const NOTE_LOOK_MS = 50_000;

/** Remembers since when instances are not known to EC2, entries of ours not started and voters silent; forgets the rest. */
export function planMemory(world: Observation, view: MemberView): Plan {
  const { memory } = view;
  const next = nextMemory(world, view);
  const isUrgent = memory.ours && !isSameMemory({ ...next, steady: memory.steady }, memory);
  return isUrgent ? act({ kind: 'remember', memory: next }) : nothing;
}

/** Remembers since when the cluster is calm: only gates wait for that, so whatever is to be done is done first. */
export function planSteady(world: Observation, view: MemberView): Plan {
  const { memory } = view;
  const isCalmSame = isSameSteady(steadyOf(world), memory.steady);
  const isNoted = isCalmSame || planMemory(world, view).actions.length > 0;
  return isNoted || !memory.ours ? nothing : act({ kind: 'remember', memory: nextMemory(world, view) });
}

function nextMemory(world: Observation, view: MemberView): Memory {
  const { memory } = view;
  const ours = view.members.filter((member) => member.instanceId !== null);
  const unstarted = ours.filter((member) => isNotUpYet(view, member)).map(notUpKey);
  const lagging = ours.filter((member) => isLagging(view, member)).map(({ id }) => id);
  const silent = ours.flatMap((member) => silenceOf(world, member));
  const missing = missingIds(world, view);
  const nowMs = world.takenAtMs;
  const isUnseen = nowMs - (memory.lookedAtMs ?? nowMs) > UNSEEN_MS;
  const known = (times: Readonly<Record<string, number>>) => (isUnseen ? {} : times);
  const isWaiting = unstarted.length + lagging.length + silent.length + missing.length > 0;
  return {
    ...memory,
    missingSinceMs: since(missing, known(memory.missingSinceMs), nowMs),
    unstartedSinceMs: since(unstarted, known(memory.unstartedSinceMs), nowMs),
    laggingSinceMs: since(lagging, known(memory.laggingSinceMs), nowMs),
    silentSinceMs: since(silent, known(memory.silentSinceMs), nowMs),
    lookedAtMs: isWaiting ? lookedAt(memory, nowMs) : null,
    reportedAtMs: recentReports(memory.reportedAtMs, nowMs),
    defragmentedAtMs: recentDefragmentations(view, nowMs),
    corruptAtMs: recentlyCorrupt(world, view),
    signalledAtMs: signalledAfter(world, memory),
    steady: steadyOf(world),
  };
}

function lookedAt({ lookedAtMs }: Memory, nowMs: number): number {
  const isRecent = lookedAtMs !== null && lookedAtMs <= nowMs && nowMs - lookedAtMs < NOTE_LOOK_MS;
  return isRecent ? lookedAtMs : nowMs;
}

const isLagging = (view: MemberView, member: Member): boolean =>
  member.role === 'learner' && member.started && member.answers && !isInSync(view, member);

/** Of one whose instance the group lists: what becomes of the others is a matter of evidence, not of time. */
function silenceOf(world: Observation, member: Member): readonly string[] {
  const instance = world.instances.find(({ id }) => id === member.instanceId);
  if (member.role !== 'voter' || !member.started || member.answers || instance === undefined) return [];
  const kind = silenceClassOf(member, instance);
  return kind === null ? [] : [silenceKey(member, kind)];
}

/** Never later than now: a clock that was ahead, and is right again, must not have us wait for as long. */
const since = (ids: readonly string[], known: Readonly<Record<string, number>>, nowMs: number) =>
  Object.fromEntries(ids.map((id) => [id, Math.min(known[id] ?? nowMs, nowMs)]));

function missingIds(world: Observation, view: MemberView): readonly InstanceId[] {
  if (![...world.machines.values()].some(({ kind }) => kind === 'notFound')) return [];
  const { ticketNames, reportNames } = world.records;
  const recorded = [...ticketNames, ...reportNames].map((name) => name.slice(name.indexOf('/') + 1));
  const ids = new Set([...recorded, ...view.members.flatMap((member) => member.instanceId ?? [])]);
  return [...ids].filter(
    (id) => world.machines.get(id)?.kind === 'notFound' && presenceOf(world, id, null) !== 'listed',
  );
}

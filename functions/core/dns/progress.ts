import { type Finding, finding, sortFindings } from '../finding.ts';
import type { InstanceId } from '../identity.ts';
import type { BasePlan } from './base.ts';
import { type ClusterPlan, digestOfChanges } from './plan.ts';
import { digestOf } from './records.ts';
import type { DnsState, OwnedName, Refusal, Withdrawal } from './state.ts';
import { isOpen } from './world.ts';
import type { RecordSet } from './zone-port.ts';

/** What became of the changes of one name. `unsure`: no answer came, they may be done or not. */
export type Outcome =
  | { readonly kind: 'pending' }
  | { readonly kind: 'accepted'; readonly changeId: string }
  | { readonly kind: 'refused'; readonly reason: string }
  | { readonly kind: 'unsure' };

/** By name of a base; absent: there was nothing to change. */
export type Outcomes = ReadonlyMap<string, Outcome>;

/** Route 53 gives a change to all its name servers within a minute; of one whose id was lost nothing else is known. */
const SYNC_MS_MAX = 60_000;

/** All changes are about to be sent. This is written first, so that a crash in between forgets nobody. */
export const allPending = ({ bases }: ClusterPlan): Outcomes =>
  new Map(bases.filter(({ changes }) => changes.length > 0).map(({ base }) => [base, { kind: 'pending' }]));

/** The memory of a cluster after (or, of what is pending, before) its changes. */
export function stateAfter(plan: ClusterPlan, outcomes: Outcomes, takenAtMs: number): DnsState {
  const { cluster, bases } = plan;
  if (!isOpen(cluster)) return cluster.state;
  return {
    names: new Map(
      bases.flatMap((base) => nameAfter(plan, base, outcomes.get(base.base) ?? null, takenAtMs)),
    ),
    withdrawn: [...olderOf(plan, takenAtMs), ...newerOf(plan, outcomes)],
    refused: new Map(bases.flatMap((base) => refusalAfter(plan, base, outcomes, takenAtMs))),
    findings: sortFindings([...plan.findings, ...refusalsIn(plan, outcomes)]).filter(isLasting),
  };
}

/** What Route 53 objects to, in its words. */
export const refusalsIn = ({ bases }: ClusterPlan, outcomes: Outcomes): readonly Finding[] =>
  bases.flatMap(({ base }) => {
    const outcome = outcomes.get(base);
    return outcome?.kind === 'refused' ? [finding('recordProtected', base, outcome.reason)] : [];
  });

/** What is over by the next look is told in the log and counted, and not written down. */
const isLasting = ({ code }: Finding): boolean => code !== 'notReadable' && code !== 'zoneBusy';

/** The records of ours that stand now, or may. */
export function standing(plan: BasePlan, outcome: Outcome | null): readonly RecordSet[] {
  if (plan.changes.length === 0) return plan.ours;
  if (outcome?.kind === 'accepted') return plan.after;
  return outcome?.kind === 'refused' ? plan.ours : [...plan.ours, ...plan.after];
}

function nameAfter(
  { cluster }: ClusterPlan,
  plan: BasePlan,
  outcome: Outcome | null,
  takenAtMs: number,
): readonly (readonly [string, OwnedName])[] {
  const known = cluster.state.names.get(plan.base);
  if (plan.kind === 'unread') return known === undefined ? [] : [[plan.base, known]];
  const records = standing(plan, outcome);
  const isOurs = plan.isHeld || records.length > 0;
  if (plan.kind === 'untouched' || !isOurs) return [];
  const isOpenEnded = outcome?.kind === 'pending' || outcome?.kind === 'unsure';
  const digest = digestOf(outcome?.kind === 'accepted' ? plan.after : plan.ours);
  const next = isOpenEnded ? digestOf(plan.after) : null;
  const missingSinceMs = plan.isMissing ? (known?.missingSinceMs ?? takenAtMs) : null;
  return [[plan.base, { digest, next, below: labelsOf(plan.base, records), missingSinceMs }]];
}

const labelsOf = (base: string, records: readonly RecordSet[]): readonly string[] => [
  ...new Set(records.filter(({ name }) => name !== base).map(({ name }) => name.slice(0, -base.length - 1))),
];

/** Whoever is published again or taken out anew needs no older memory, nor does who is gone when it is over. */
function olderOf(plan: ClusterPlan, takenAtMs: number): readonly Withdrawal[] {
  const listed = new Set(plan.cluster.groups.flatMap(({ instances }) => instances.map(({ id }) => id)));
  const renewed = new Set<string | null>(
    plan.bases.flatMap(({ ours, after, withdrawn }) => [
      ...[...ours, ...after].map(({ setIdentifier }) => setIdentifier),
      ...withdrawn.map(({ id }) => id),
    ]),
  );
  return plan.cluster.state.withdrawn
    .map((one) => (one.changeId === null && one.syncedAtMs === null ? assumeSent(one, takenAtMs) : one))
    .map((one) => {
      // A list may lack a group for a moment: until it is over nobody is forgotten for that.
      const isNeeded = (id: InstanceId): boolean => listed.has(id) || !isOver(one, takenAtMs);
      return { ...one, ids: one.ids.filter((id) => isNeeded(id) && !renewed.has(id)) };
    })
    .filter((one) => one.ids.length > 0 || (one.andOthers && !isOver(one, takenAtMs)));
}

const assumeSent = (one: Withdrawal, takenAtMs: number): Withdrawal => ({
  ...one,
  syncedAtMs: takenAtMs + SYNC_MS_MAX,
});

/** Whether no resolver has what was taken out any more. */
export const isOver = ({ syncedAtMs, ttlSeconds }: Withdrawal, nowMs: number): boolean =>
  syncedAtMs !== null && syncedAtMs + ttlSeconds * 1_000 <= nowMs;

/**
 * One entry for each change that takes somebody out, whatever number of names it is about. A refusal
 * may be the answer to a second attempt, after the first one was carried out and its answer lost.
 */
function newerOf({ bases }: ClusterPlan, outcomes: Outcomes): readonly Withdrawal[] {
  const byChange = new Map<string | null, { ids: Set<InstanceId>; ttlSeconds: number }>();
  for (const { base, withdrawn } of bases) {
    const outcome = outcomes.get(base);
    if (outcome === undefined || withdrawn.length === 0) continue;
    const changeId = outcome.kind === 'accepted' ? outcome.changeId : null;
    const entry = byChange.get(changeId) ?? { ids: new Set(), ttlSeconds: 0 };
    for (const { id } of withdrawn) entry.ids.add(id);
    const ttlSeconds = Math.max(entry.ttlSeconds, ...withdrawn.map((one) => one.ttlSeconds));
    byChange.set(changeId, { ids: entry.ids, ttlSeconds });
  }
  return [...byChange].map(([changeId, { ids, ttlSeconds }]) => ({
    changeId,
    syncedAtMs: null,
    ttlSeconds,
    ids: [...ids],
    andOthers: false,
  }));
}

function refusalAfter(
  { cluster }: ClusterPlan,
  plan: BasePlan,
  outcomes: Outcomes,
  takenAtMs: number,
): readonly (readonly [string, Refusal])[] {
  const outcome = outcomes.get(plan.base);
  if (outcome?.kind === 'refused') return [[plan.base, { digest: digestOfChanges(plan), atMs: takenAtMs }]];
  const known = cluster.state.refused.get(plan.base);
  return known !== undefined && plan.isResting ? [[plan.base, known]] : [];
}

import { createHash } from 'node:crypto';
import type { InstanceId } from '../identity.ts';
import type { Observation } from '../observation.ts';
import { judgeLoss, type LossVerdict } from './evidence.ts';
import { fencedIn } from './fenced.ts';
import { judgeProof } from './proof.ts';
import type { RecoverySource, SnapshotSource, SurvivorSource } from './record.ts';
import { claimsOf, openRecovery } from './records.ts';
import { type RecoveryChoice, snapshotsIn, survivorsIn } from './sources.ts';

/** What an operator may choose from, and what it is judged by. */
export interface Options {
  readonly verdict: LossVerdict;
  readonly sources: readonly RecoverySource[];
  /** Instances that will be ended, whatever is chosen. */
  readonly fenced: readonly InstanceId[];
  /** Why nothing may be chosen, or not all of it can be known; empty: choose. */
  readonly obstacles: readonly string[];
  /** Stands for all of the above: a choice is made of what was shown, and of nothing else. */
  readonly digest: string;
}

/** Pure: the same world gives the same options, and the same digest. */
export function optionsIn(world: Observation, forced: readonly InstanceId[]): Options {
  const verdict = judgeLoss(world, forced);
  const sources = [...survivorsIn(world), ...savedIn(world)];
  const fenced = fencedIn(world, verdict);
  const obstacles = obstaclesIn(world, verdict, forced);
  return { verdict, sources, fenced, obstacles, digest: digestOf({ verdict, sources, fenced, forced }) };
}

/** Also those that nobody restored for proof: a person may know that there is nothing better. */
const savedIn = (world: Observation): readonly SnapshotSource[] =>
  world.saved?.known === true ? snapshotsIn(world, world.saved.snapshots, ['restorable', 'intact']) : [];

function obstaclesIn(
  world: Observation,
  verdict: LossVerdict,
  forced: readonly InstanceId[],
): readonly string[] {
  const { saved, etcd, config, group } = world;
  if (etcd.view !== null)
    return ['a voter answers: the cluster has its quorum, and there is nothing to recover'];
  const shown = forced.filter((id) => etcd.statuses.has(id));
  const strange = forced.filter((id) => verdict.known.every(({ instanceId }) => instanceId !== id));
  return [
    ...(config.frozen ? ['the cluster is frozen by its configuration'] : []),
    ...(group.desiredCapacity === 0 ? ['its group wants no instance: set a desired capacity first'] : []),
    ...(etcd.alarms.length > 0 ? ['its voters answer and raise an alarm: that is no lost quorum'] : []),
    ...(isOldReading(world) ? ['its records were read as they were before its last claim: look again'] : []),
    ...(saved?.known === false ? [`its snapshots cannot be listed: ${saved.because}`] : []),
    ...(shown.length > 0 ? [`${shown.join(', ')} shows its etcd, and is not lost`] : []),
    ...(strange.length > 0 ? [`${strange.join(', ')} is no voter of this cluster that anybody knows`] : []),
    ...(verdict.permanent && verdict.unknown.length === 0 ? [] : [mayReturn(verdict)]),
  ];
}

/**
 * The group has the tag of a later claim than the one that was read: its voters are not those that these records tell,
 * and whoever is gone of them says nothing about that cluster (rule R1).
 */
export const isOldReading = ({ records: { claim }, group: { bootstrapped } }: Observation): boolean =>
  claim !== null && bootstrapped !== null && bootstrapped > claim.number;

function mayReturn({ permanent, unknown, known }: LossVerdict): string {
  if (known.length === 0) return 'no record tells who its voters were, so nobody can say that they are lost';
  if (unknown.length === 0) return 'those that are left may be a majority: wait until they find each other';
  const names = unknown.join(', ');
  return permanent
    ? `${names} shows nothing and is not lost by evidence: it may hold more than the others; wait for it, end it in EC2, or call it lost (--force-lost)`
    : `a quorum may come back, for ${names} is not lost by evidence; wait for it, end it in EC2, or call it lost (--force-lost)`;
}

/** The chosen one among the options; or why it is refused, in words for whoever chose. */
export function sourceChosen(
  world: Observation,
  choice: RecoveryChoice,
):
  | { readonly ok: true; readonly source: RecoverySource; readonly options: Options }
  | { readonly ok: false; readonly reason: string } {
  const begun = begunBy(world, choice);
  if (begun !== null) return refuse(begun);
  const options = optionsIn(world, choice.forced);
  const [obstacle] = options.obstacles;
  if (obstacle !== undefined) return refuse(obstacle);
  if (options.digest !== choice.confirm)
    return refuse('what can be chosen has changed since it was shown: look at it again');
  const source = options.sources.find((one) => isChosen(one, choice.source));
  return source === undefined ? refuse('that is none of the options') : { ok: true, source, options };
}

/** Why a recovery that is under way takes no other source; `null`: none is, or it cannot go on with the one that it has. */
function begunBy(world: Observation, { source }: RecoveryChoice): string | null {
  const open = openRecovery(world.records);
  if (open === null) return null;
  const { number, at, by } = open;
  const founders = claimsOf(world.records, number).flatMap(({ members }) => Object.keys(members));
  const isFailing = world.records.reports.some(
    ({ kind, instanceId }) => kind === 'restore-failed' && founders.includes(instanceId),
  );
  if (founders.length > 0 && !isFailing)
    return `recovery ${number} was begun at ${at} by ${by}, and its founder brings the data back`;
  const isCaptured = world.records.recovery.captured !== null;
  if (source.how === 'from-survivor' && isCaptured)
    return `recovery ${number} was begun at ${at} by ${by}, and a survivor is captured already: only a snapshot can take its place`;
  const isBad = judgeProof(world, open).kind === 'bad';
  const isStuck = isFailing || isBad || (open.source.how === 'from-survivor' && !isCaptured);
  return isStuck ? null : `recovery ${number} was begun at ${at} by ${by}, and goes on by itself`;
}

const isChosen = (one: RecoverySource, chosen: RecoveryChoice['source']): boolean =>
  one.how === 'from-survivor'
    ? chosen.how === 'from-survivor' && chosen.instanceId === one.instanceId
    : chosen.how === 'from-snapshot' && chosen.key === one.key;

const refuse = (reason: string) => ({ ok: false, reason }) as const;

/** Nothing in it changes by itself while nobody answers, so that a person has the time to read. */
function digestOf(shown: {
  readonly verdict: LossVerdict;
  readonly sources: readonly RecoverySource[];
  readonly fenced: readonly InstanceId[];
  readonly forced: readonly InstanceId[];
}): string {
  const voters = shown.verdict.known.map(({ instanceId, fate }) => `${instanceId} ${fate}`);
  const sources = shown.sources.map(idOf);
  const text = JSON.stringify([voters, sources, shown.fenced, [...shown.forced].sort()]);
  return createHash('sha256').update(text).digest('hex').slice(0, 16);
}

const idOf = (source: SurvivorSource | SnapshotSource): string =>
  source.how === 'from-survivor'
    ? `${source.instanceId} ${source.memberId} ${source.raftIndex}`
    : `${source.key} ${source.sha256} ${source.restorable}`;

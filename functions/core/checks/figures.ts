import { lagOf } from '../lag.ts';
import { type MemberView, type Observation, votersOf } from '../observation.ts';
import { pinnedClusterId } from '../pinned.ts';
import type { CheckFinding } from './finding.ts';
import { daysLeft } from './judge-certificates.ts';
import { electionsSince, freePart } from './judge-data.ts';
import { voterIds } from './judge-members.ts';
import { nextSight, type Sight } from './sight.ts';
import type { ChecksWorld } from './world.ts';

/** What is measured of a cluster in every round. What nobody could tell is left out: unknown is not zero. */
export function figuresOf(
  checks: ChecksWorld,
  findings: readonly CheckFinding[],
): Readonly<Record<string, number>> {
  const countOf = (asked: string): number => findings.filter(({ severity }) => severity === asked).length;
  return {
    ChecksRan: 1,
    FindingsCritical: countOf('critical'),
    FindingsWarning: countOf('warning'),
    FindingsNotice: countOf('notice'),
    ...memberFigures(checks),
    ...sizeFigures(checks.world),
    ...backupFigures(checks),
    ...certificateFigures(checks),
    ...rateFigures(checks),
  };
}

function memberFigures({ world, before, nowMs }: ChecksWorld): Readonly<Record<string, number>> {
  const view = world?.etcd.view ?? null;
  if (view === null) return { HasLeader: 0 };
  const voters = votersOf(view.members);
  const lags = voters.flatMap((voter) => {
    const lag = lagOf(view, voter);
    return voter.answers && lag !== null ? [Number(lag)] : [];
  });
  const isSame = before?.clusterId === view.clusterId;
  return {
    Voters: voters.length,
    VotersAnswering: voters.filter(({ answers }) => answers).length,
    HasLeader: view.leaderId === null ? 0 : 1,
    LagMax: Math.max(0, ...lags),
    ...(before !== null && isSame
      ? { LeaderChanges: electionsSince(before, BigInt(view.raftTerm), nowMs) }
      : {}),
  };
}

function sizeFigures(world: Observation | null): Readonly<Record<string, number>> {
  const statuses = [...(world?.etcd.statuses.values() ?? [])];
  if (world === null || statuses.length === 0) return {};
  const quota = world.config.maintenance.quotaBytes;
  return {
    DbSizeRatio: Math.max(...statuses.map(({ dbSizeBytes }) => dbSizeBytes / quota)),
    Fragmentation: Math.max(...statuses.map(freePart)),
  };
}

function backupFigures({ backup, nowMs }: ChecksWorld): Readonly<Record<string, number>> {
  const ageOf = (name: string, at: string | undefined): Readonly<Record<string, number>> =>
    at === undefined ? {} : { [name]: Math.max(0, Math.round((nowMs - Date.parse(at)) / 1_000)) };
  return {
    ...ageOf('BackupAgeSeconds', backup?.last?.at),
    ...ageOf('RestorableAgeSeconds', backup?.restorable?.at),
  };
}

function certificateFigures({
  certificates,
  ownCertificates,
  nowMs,
}: ChecksWorld): Readonly<Record<string, number>> {
  const ends = [...certificates.values(), ...ownCertificates].map(({ endsAtMs }) =>
    daysLeft(endsAtMs, nowMs),
  );
  return ends.length === 0 ? {} : { CertificateDaysLeft: Math.min(...ends) };
}

/** Revisions a second, since the newest sample that is older than this look. */
function rateFigures(checks: ChecksWorld): Readonly<Record<string, number>> {
  const sight = sightOf(checks);
  const earlier = sight?.samples.at(-2);
  if (sight === null || earlier === undefined) return {};
  const seconds = (Date.parse(sight.at) - Date.parse(earlier.at)) / 1_000;
  const count = Number(BigInt(sight.revision) - BigInt(earlier.revision));
  return seconds <= 0 ? {} : { RevisionRate: count / seconds };
}

/** What this look can say to whoever recovers the cluster later; `null`: no voter answers, so the last word stays. */
export function sightOf(checks: ChecksWorld): Sight | null {
  const view = checks.world?.etcd.view ?? null;
  if (checks.world === null || view === null) return null;
  const furthest = furthestOf(checks.world, view);
  if (furthest === null) return null;
  const now = {
    at: new Date(checks.nowMs).toISOString(),
    clusterId: view.clusterId,
    ...furthest,
    voters: voterIds(view),
    counters: Object.fromEntries(checks.counters),
  };
  return nextSight(now, checks.before);
}

/** Of the voters behind which a majority stands, how far the one is that is farthest. */
function furthestOf(
  { etcd, records }: Observation,
  view: MemberView,
): Pick<Sight, 'revision' | 'raftTerm' | 'raftIndex'> | null {
  const expected = pinnedClusterId(records) ?? view.clusterId;
  const proven = [...etcd.statuses.values()].filter(
    ({ linearizable, clusterId }) => linearizable && clusterId === expected,
  );
  const most = (numbers: readonly string[]): string =>
    String(numbers.map(BigInt).reduce((high, one) => (one > high ? one : high)));
  if (proven.length === 0) return null;
  return {
    revision: most(proven.map(({ revision }) => revision)),
    raftTerm: most(proven.map(({ raftTerm }) => raftTerm)),
    raftIndex: most(proven.map(({ raftIndex }) => raftIndex)),
  };
}

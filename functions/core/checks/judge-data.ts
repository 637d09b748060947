import { judgeHashes } from '../hashes.ts';
import { type SeenStatus, votersOf } from '../observation.ts';
import { nameOf } from '../tolerance-sight.ts';
import { type Found, found } from './finding.ts';
import type { Sight, SlowCounters } from './sight.ts';
import type { ChecksWorld } from './world.ts';

/** Part of the quota from which on it is told, and from which on it is urgent. */
export const QUOTA_NEAR = 0.8;
const QUOTA_URGENT = 0.95;

/** How full, how torn and how equal the databases are, how quick their disks, how steady the leader. */
export const judgeData = (checks: ChecksWorld): readonly Found[] => [
  ...judgeSpace(checks),
  ...judgeEquality(checks),
  ...judgeSlowness(checks),
  ...judgeLeader(checks),
];

function judgeSpace({ world }: ChecksWorld): readonly Found[] {
  if (world === null) return [];
  const { maintenance } = world.config;
  return [...world.etcd.statuses].flatMap(([id, status]) => {
    const { dbSizeBytes, dbSizeInUseBytes } = status;
    const used = dbSizeBytes / maintenance.quotaBytes;
    const evidence = { dbSizeBytes, quotaBytes: maintenance.quotaBytes };
    const near =
      used < QUOTA_NEAR
        ? []
        : [
            found('quotaNear', id, `the database of ${id} fills ${percent(used)} of its quota`, {
              evidence,
              severity: used >= QUOTA_URGENT ? 'critical' : 'warning',
            }),
          ];
    const free = freePart(status);
    const isTorn =
      dbSizeBytes >= maintenance.fragmentedMinBytes && free * 100 >= maintenance.fragmentedPercent;
    if (!isTorn) return near;
    const text = `${percent(free)} of the database file of ${id} is empty`;
    const repair = maintenance.defragment ? 'repairing' : 'left';
    const inUse = { dbSizeBytes, dbSizeInUseBytes: dbSizeInUseBytes ?? 0 };
    return [...near, found('fragmented', id, text, { evidence: inUse, repair })];
  });
}

/** Part of the file that holds nothing; zero where the member does not say. */
export const freePart = ({ dbSizeBytes, dbSizeInUseBytes }: SeenStatus): number =>
  dbSizeInUseBytes === null || dbSizeBytes === 0 ? 0 : Math.max(0, 1 - dbSizeInUseBytes / dbSizeBytes);

const percent = (part: number): string => `${Math.round(part * 100)} %`;

/** Who holds other data than the majority; where nobody can say who is right, the whole cluster is named. */
function judgeEquality({ world, hashes, cluster }: ChecksWorld): readonly Found[] {
  const view = world?.etcd.view ?? null;
  if (view === null || hashes.size === 0) return [];
  const verdict = judgeHashes(votersOf(view.members), hashes);
  const evidence = Object.fromEntries([...hashes].map(([id, { hash }]) => [id, hash]));
  if (verdict.kind === 'differs') {
    const member = view.members.find(({ id }) => id === verdict.memberId);
    const name = member === undefined ? verdict.memberId : nameOf(member);
    const text = `${name} holds other data than the majority of the voters`;
    return [found('hashesDiffer', name, text, { evidence })];
  }
  if (verdict.kind === 'same' || verdict.because === 'tooFew') return [];
  const text = 'voters hold different data, and nobody can tell whose is right';
  return [found('hashesDiffer', cluster, text, { evidence })];
}

/** Between two looks: writes to the log that took longer than 256 ms, and their part of all, that are told. */
const SLOW_SYNCS_MIN = 5;
const SLOW_PART = 0.25;
/** What etcd itself calls slow to apply, a minute. */
const SLOW_APPLIES_PER_MINUTE = 60;
/** Counters that are further apart tell nothing of now. */
const BEFORE_AGE_MS = 600_000;

function judgeSlowness({ counters, before, nowMs }: ChecksWorld): readonly Found[] {
  const minutes = before === null ? 0 : (nowMs - Date.parse(before.at)) / 60_000;
  if (before === null || minutes <= 0 || minutes * 60_000 > BEFORE_AGE_MS) return [];
  return [...counters].flatMap(([id, now]) => {
    const then = before.counters[id];
    const since = then === undefined ? null : differenceOf(now, then);
    if (since === null) return [];
    const isSyncing = since.slowSyncs >= SLOW_SYNCS_MIN && since.slowSyncs >= since.syncs * SLOW_PART;
    const isApplying = since.slowApplies / minutes >= SLOW_APPLIES_PER_MINUTE;
    if (!isSyncing && !isApplying) return [];
    const text = `${since.slowSyncs} of ${since.syncs} writes of ${id} to its log took longer than 256 ms, and ${since.slowApplies} requests were slow to apply, in ${Math.round(minutes * 60)} s`;
    return [found('memberSlow', id, text, { evidence: { ...since } })];
  });
}

/** `null`: it was started anew in between, or writes nothing about it. */
function differenceOf(now: SlowCounters, then: SlowCounters): SlowCounters | null {
  const since = {
    syncs: now.syncs - then.syncs,
    slowSyncs: now.slowSyncs - then.slowSyncs,
    slowApplies: now.slowApplies - then.slowApplies,
    leaderChanges: now.leaderChanges - then.leaderChanges,
  };
  return Object.values(since).every((count) => count >= 0) ? since : null;
}

/** Elections in the last ten minutes that are told: an update moves the leader once for each leader that leaves. */
const TERMS_MIN = 4;
const TERMS_MS = 600_000;

function judgeLeader({ world, before, nowMs, cluster }: ChecksWorld): readonly Found[] {
  const view = world?.etcd.view ?? null;
  if (view === null || before === null || before.clusterId !== view.clusterId) return [];
  const elections = electionsSince(before, BigInt(view.raftTerm), nowMs);
  if (elections < TERMS_MIN) return [];
  const text = `the leader was elected ${elections} times within ten minutes`;
  return [found('leaderChanging', cluster, text, { evidence: { elections } })];
}

/** How many terms were begun in the last ten minutes. */
export function electionsSince(before: Sight, term: bigint, nowMs: number): number {
  const young = before.samples.filter(({ at }) => nowMs - Date.parse(at) <= TERMS_MS);
  const terms = young.flatMap((sample) => (sample.term === null ? [] : [BigInt(sample.term)]));
  const least = terms.reduce((low, one) => (one < low ? one : low), term);
  return Number(term - least);
}

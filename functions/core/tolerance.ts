import type { ClusterConfig } from './config.ts';
import { quorumOf } from './quorum.ts';
import { type Shortfall, type ShortfallCode, shortfall } from './shortfalls.ts';
import { doubtText, judgeVersion } from './versions.ts';

/**
 * Everything that the condition "the cluster tolerates one more failure" is judged from. It is made of
 * an observation (`tolerance-sight.ts`), or outside the VPC of the published parameters: both say the same.
 */
export interface ClusterSight {
  /** What the group wants; `null`: nobody tells. */
  readonly desired: number | null;
  /** `allow`: a cluster that is meant to have one voter is judged without tolerance. */
  readonly single: 'allow' | 'refuse';
  readonly leader: string | null;
  readonly voters: readonly SeenVoter[];
  /** Names of the learners. */
  readonly learners: readonly string[];
  readonly alarms: readonly string[];
  /** What only whoever looked could find, beside what is judged from the rest. */
  readonly obstacles: readonly Obstacle[];
  /** Since when all of it was calm, with the same leader's term and the same voters; `null`: it is not. */
  readonly steadySinceMs: number | null;
  /** When the newest snapshot was taken; `null`: none is known. */
  readonly snapshotAtMs: number | null;
}

export interface SeenVoter {
  readonly name: string;
  readonly id: string;
  readonly answers: boolean;
  /** Raft entries behind the leader; `null`: unknown, which is never fine. */
  readonly lag: number | null;
  readonly version: string | null;
}

export interface Obstacle {
  readonly code: ShortfallCode;
  readonly subject: string | null;
}

/** What a gate, a client or the autopilot itself requires before somebody takes a node. */
export interface Require {
  /** Failures that the voters must be able to bear at once, all of which answer now. */
  readonly tolerance: number;
  /** For how long it must have been so. */
  readonly stableSeconds: number;
  /** Voters that must be there; `null`: as many as the group wants. */
  readonly voters: number | null;
  /** Raft entries that a voter may be behind the leader. */
  readonly maxLag: number;
  /** `null`: no snapshot is asked for. */
  readonly snapshotMaxAgeSeconds: number | null;
  /** The version that is about to be rolled out; `null`: none is. */
  readonly etcdVersion: string | null;
}

/** What the cluster's own configuration requires, with its window. */
export const requireOf = ({ gate }: ClusterConfig): Require => ({
  tolerance: 1,
  stableSeconds: gate.stableSeconds,
  voters: null,
  maxLag: gate.maxLag,
  snapshotMaxAgeSeconds: null,
  etcdVersion: null,
});

/** The same without the window: as it is at this very look. */
export const requireNow = (config: ClusterConfig): Require => ({ ...requireOf(config), stableSeconds: 0 });

/** Where one of these stands, nothing else of the sight can be believed. */
const BLIND: readonly ShortfallCode[] = ['notFounded', 'noVoterAnswers', 'deleting', 'statusOld'];

/**
 * Whether the cluster tolerates one more failure (or as many as asked): every expected voter answers and keeps
 * up, nobody joins or leaves, nothing is wrong, and it has been so for a while. Empty: it holds.
 */
export function judgeTolerance(sight: ClusterSight, require: Require, nowMs: number): readonly Shortfall[] {
  const found = sight.obstacles.map(({ code, subject }) => shortfall(code, subject));
  const alarms = sight.alarms.map((alarm) => shortfall('alarmRaised', alarm));
  if (found.some(({ code }) => BLIND.includes(code))) return [...found, ...alarms];
  if (sight.desired === null) return [...found, shortfall('statusOld')];
  const now = [
    ...found,
    ...alarms,
    ...(sight.leader === null ? [shortfall('noLeader')] : []),
    ...sight.learners.map((name) => shortfall('learnerPresent', name)),
    ...sight.voters.flatMap((voter) => judgeVoter(voter, require.maxLag)),
    ...judgeCount(sight, require, Math.max(1, require.voters ?? sight.desired)),
    ...judgeSnapshot(sight, require, nowMs),
    ...judgeRollout(sight, require),
  ];
  // What is not so now has not been so for a while either.
  return now.length > 0 ? now : judgeWindow(sight, require, nowMs);
}

function judgeVoter({ name, answers, lag }: SeenVoter, maxLag: number): readonly Shortfall[] {
  if (!answers) return [shortfall('voterSilent', name)];
  return lag === null || lag > maxLag ? [shortfall('voterBehind', name)] : [];
}

function judgeCount(
  { voters, single }: ClusterSight,
  require: Require,
  wanted: number,
): readonly Shortfall[] {
  const count = voters.length;
  const tolerance = wanted === 1 && single === 'allow' ? 0 : require.tolerance;
  const bears = voters.filter(({ answers }) => answers).length - quorumOf(count);
  return [
    ...(count < wanted ? [shortfall('tooFewVoters', `${count} of ${wanted}`)] : []),
    ...(bears < tolerance ? [shortfall('toleratesTooFew', `${Math.max(0, bears)} of ${tolerance}`)] : []),
  ];
}

function judgeSnapshot(sight: ClusterSight, require: Require, nowMs: number): readonly Shortfall[] {
  const { snapshotMaxAgeSeconds: maxAge } = require;
  if (maxAge === null) return [];
  const isFresh = sight.snapshotAtMs !== null && nowMs - sight.snapshotAtMs <= maxAge * 1_000;
  return isFresh ? [] : [shortfall('snapshotMissing', String(maxAge))];
}

/** Whether the version that is about to be rolled out may follow what the voters run. */
function judgeRollout({ voters, obstacles }: ClusterSight, { etcdVersion }: Require): readonly Shortfall[] {
  if (etcdVersion === null) return [];
  const isToldByAll = obstacles.every(({ code }) => code !== 'membersDisagree');
  return judgeVersion(voters, isToldByAll, etcdVersion).map((doubt) =>
    shortfall('versionStep', doubtText(doubt, etcdVersion)),
  );
}

function judgeWindow({ steadySinceMs }: ClusterSight, require: Require, nowMs: number): readonly Shortfall[] {
  if (require.stableSeconds === 0) return [];
  const forMs = steadySinceMs === null ? 0 : Math.max(0, nowMs - steadySinceMs);
  if (forMs >= require.stableSeconds * 1_000) return [];
  return [shortfall('unstable', `${Math.floor(forMs / 1_000)} of ${require.stableSeconds}`)];
}

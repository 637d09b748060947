import type { ClusterId, InstanceId } from './identity.ts';
import { isRecord, parseJson } from './json.ts';
import type { WaitKind } from './plan/plan.ts';

export type ClusterHealth = 'healthy' | 'degraded' | 'quorumLost';

/** The parameter `status`: what everybody without a route to etcd may know. */
export interface Status {
  /** Grows by one whenever something besides `at` changed. */
  readonly generation: number;
  readonly clusterId: ClusterId | null;
  readonly health: ClusterHealth;
  readonly leader: InstanceId | null;
  readonly voters: readonly StatusVoter[];
  readonly learners: readonly StatusMember[];
  readonly waits: readonly StatusWait[];
  /** What the group wants; `null`: written by a version that did not tell. */
  readonly desired: number | null;
  readonly alarms: readonly string[];
  /** Since when nothing has been wrong or under way; `null`: something is. */
  readonly steadySince: string | null;
  /** What keeps it from tolerating one more failure, without the window; `null`: nobody told. */
  readonly shortfalls: readonly StatusShortfall[] | null;
  /** The newest looks that somebody asked for and that this answers, by their nonces. */
  readonly asked: readonly string[];
  /** What somebody changed or deleted by hand, and was written again; the newest last. */
  readonly repaired: readonly StatusRepair[];
  readonly at: string;
}

export interface StatusRepair {
  /** The parameter below the cluster's path. */
  readonly name: string;
  readonly at: string;
}

export interface StatusMember {
  readonly name: string;
  readonly id: string;
  readonly answers: boolean;
}

export interface StatusVoter extends StatusMember {
  readonly version: string | null;
  /** Raft entries behind the leader; as it was when something else changed. `null`: unknown. */
  readonly lag: number | null;
  /** By more than the configuration allows. */
  readonly behind: boolean;
}

export interface StatusShortfall {
  /** A `ShortfallCode`, or one of another version. */
  readonly code: string;
  readonly subject: string | null;
}

export interface StatusWait {
  readonly kind: WaitKind;
  /** The instance or member that it is about. */
  readonly subject: string | null;
}

/** Waits named in the parameter; the rest is counted. 8 voters and 12 waits stay well under 4 KB. */
export const STATUS_WAITS_MAX = 12;
export const STATUS_SHORTFALLS_MAX = 12;
export const STATUS_ASKED_MAX = 4;
export const STATUS_REPAIRED_MAX = 4;

export function encodeStatus(status: Status): string {
  return JSON.stringify(status);
}

/** Reads a status; `null` for text that is not one (it is then written anew, from what is true). */
export function decodeStatus(text: string): Status | null {
  const value = parseJson(text);
  if (!isRecord(value)) return null;
  const { generation, clusterId, health, leader, at } = value;
  if (typeof generation !== 'number' || typeof at !== 'string') return null;
  if (health !== 'healthy' && health !== 'degraded' && health !== 'quorumLost') return null;
  const voters = readRow(value['voters'], readVoter);
  const learners = readRow(value['learners'], readMember);
  const waits = readRow(value['waits'], readWait);
  if (voters === null || learners === null || waits === null) return null;
  return {
    // Text like -1e-400 reads as minus zero, which is written as zero: adding zero makes it that at once.
    generation: generation + 0,
    clusterId: textOrNull(clusterId),
    health,
    leader: textOrNull(leader),
    voters,
    learners,
    waits,
    ...readTolerance(value),
    at,
  };
}

/** Whether two statuses differ in anything but their time and count. */
export function sameStatus(a: Status, b: Status): boolean {
  return (
    a.clusterId === b.clusterId &&
    a.health === b.health &&
    a.leader === b.leader &&
    a.desired === b.desired &&
    a.steadySince === b.steadySince &&
    isSameRow(a.voters, b.voters, isSameVoter) &&
    isSameRow(a.learners, b.learners, isSameMember) &&
    isSameRow(a.waits, b.waits, isSameWait) &&
    isSameRow(a.alarms, b.alarms, isSameText) &&
    isSameRow(a.asked, b.asked, isSameText) &&
    isSameRow(a.repaired, b.repaired, isSameRepair) &&
    isSameFalls(a.shortfalls, b.shortfalls)
  );
}

const isSameRow = <T>(a: readonly T[], b: readonly T[], isSame: (one: T, other: T) => boolean): boolean =>
  a.length === b.length &&
  a.every((one, index) => {
    const other = b[index];
    return other !== undefined && isSame(one, other);
  });

const isSameMember = (a: StatusMember, b: StatusMember): boolean =>
  a.name === b.name && a.id === b.id && a.answers === b.answers;

/** Not by its lag, which is another one at every look. */
const isSameVoter = (a: StatusVoter, b: StatusVoter): boolean =>
  isSameMember(a, b) && a.version === b.version && a.behind === b.behind;

const isSameText = (a: string, b: string): boolean => a === b;

const isSameFalls = (a: Status['shortfalls'], b: Status['shortfalls']): boolean =>
  a === null || b === null
    ? a === b
    : isSameRow(a, b, (one, other) => one.code === other.code && one.subject === other.subject);

export const isSameRepair = (a: StatusRepair, b: StatusRepair): boolean => a.name === b.name && a.at === b.at;

const isSameWait = (a: StatusWait, b: StatusWait): boolean => a.kind === b.kind && a.subject === b.subject;

const textOrNull = (value: unknown): string | null => (typeof value === 'string' ? value : null);

/** What an older version did not write is unknown: nothing that waits for it may take it for fine. */
function readTolerance(value: Readonly<Record<string, unknown>>) {
  const { desired, steadySince } = value;
  return {
    desired: numberOrNull(desired),
    alarms: readTexts(value['alarms']),
    steadySince: textOrNull(steadySince),
    shortfalls: readRow(value['shortfalls'], readShortfall),
    asked: readTexts(value['asked']),
    repaired: readRow(value['repaired'], readRepair) ?? [],
  };
}

const numberOrNull = (value: unknown): number | null => (typeof value === 'number' ? value + 0 : null);

function readRow<T>(
  value: unknown,
  read: (entry: Readonly<Record<string, unknown>>) => T,
): readonly T[] | null {
  if (!Array.isArray(value)) return null;
  const entries: readonly unknown[] = value;
  return entries.filter(isRecord).map(read);
}

function readTexts(value: unknown): readonly string[] {
  if (!Array.isArray(value)) return [];
  const entries: readonly unknown[] = value;
  return entries.filter((entry) => typeof entry === 'string');
}

const readMember = (entry: Readonly<Record<string, unknown>>): StatusMember => ({
  name: String(entry['name']),
  id: String(entry['id']),
  answers: entry['answers'] === true,
});

const readVoter = (entry: Readonly<Record<string, unknown>>): StatusVoter => ({
  ...readMember(entry),
  version: textOrNull(entry['version']),
  lag: numberOrNull(entry['lag']),
  behind: entry['behind'] !== false,
});

const readShortfall = (entry: Readonly<Record<string, unknown>>): StatusShortfall => ({
  code: String(entry['code']),
  subject: textOrNull(entry['subject']),
});

const readRepair = (entry: Readonly<Record<string, unknown>>): StatusRepair => ({
  name: String(entry['name']),
  at: String(entry['at']),
});

const readWait = (entry: Readonly<Record<string, unknown>>): StatusWait => ({
  // Only compared and shown: a kind of another version does no harm here.
  kind: String(entry['kind']) as WaitKind,
  subject: textOrNull(entry['subject']),
});

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
  readonly voters: readonly StatusMember[];
  readonly learners: readonly StatusMember[];
  readonly waits: readonly StatusWait[];
  readonly at: string;
}

export interface StatusMember {
  readonly name: string;
  readonly id: string;
  readonly answers: boolean;
}

export interface StatusWait {
  readonly kind: WaitKind;
  /** The instance or member that it is about. */
  readonly subject: string | null;
}

/** Waits named in the parameter; the rest is counted. 8 voters and 12 waits stay well under 4 KB. */
export const STATUS_WAITS_MAX = 12;

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
  const voters = membersOf(value['voters']);
  const learners = membersOf(value['learners']);
  const waits = waitsOf(value['waits']);
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
    at,
  };
}

/** Whether two statuses differ in anything but their time and count. */
export function sameStatus(a: Status, b: Status): boolean {
  return (
    a.clusterId === b.clusterId &&
    a.health === b.health &&
    a.leader === b.leader &&
    isSameRow(a.voters, b.voters, isSameMember) &&
    isSameRow(a.learners, b.learners, isSameMember) &&
    isSameRow(a.waits, b.waits, isSameWait)
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

const isSameWait = (a: StatusWait, b: StatusWait): boolean => a.kind === b.kind && a.subject === b.subject;

const textOrNull = (value: unknown): string | null => (typeof value === 'string' ? value : null);

function membersOf(value: unknown): readonly StatusMember[] | null {
  if (!Array.isArray(value)) return null;
  const entries: readonly unknown[] = value;
  return entries.filter(isRecord).map((entry) => ({
    name: String(entry['name']),
    id: String(entry['id']),
    answers: entry['answers'] === true,
  }));
}

function waitsOf(value: unknown): readonly StatusWait[] | null {
  if (!Array.isArray(value)) return null;
  const entries: readonly unknown[] = value;
  return entries.filter(isRecord).map((entry) => ({
    // Only compared and shown: a kind of another version does no harm here.
    kind: String(entry['kind']) as WaitKind,
    subject: textOrNull(entry['subject']),
  }));
}

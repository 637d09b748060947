import type { ClusterId, InstanceId, MemberId } from '../identity.ts';
import { isRecord, parseJson } from '../json.ts';

/**
 * The parameter `recovery/<number>`: that this cluster lost its quorum for ever, and what its data is brought
 * back from. Created only if absent and never written again, so there is one decision, whoever else decides too.
 */
export interface RecoveryRecord {
  /** Of the claim that it leads to. Another claim follows under the same record if the founder is lost. */
  readonly number: number;
  /** 1, or more where a source was lost before it was captured (`recovery/<number>/again-<attempt>`). */
  readonly attempt: number;
  readonly source: RecoverySource;
  /** Instances that may hold the lost cluster: none of them may run when the founder starts. */
  readonly fenced: readonly InstanceId[];
  /** Those of them that an operator called lost, without evidence. */
  readonly forced: readonly InstanceId[];
  /** The cluster that was lost; `null`: nobody knew its id. */
  readonly formerClusterId: ClusterId | null;
  /** `policy`, or who asked. */
  readonly by: string;
  /** Of the request; `null`: nobody asked. */
  readonly nonce: string | null;
  readonly at: string;
  readonly lastSeen: LastSeen | null;
}

/** What the checks saw when a voter answered last. */
export interface LastSeen {
  /** Decimal text. */
  readonly revision: string;
  readonly at: string;
}

export type RecoverySource = SurvivorSource | SnapshotSource;

/** A member of the lost cluster whose database is captured first, and restored like any snapshot then. */
export interface SurvivorSource {
  readonly how: 'from-survivor';
  readonly instanceId: InstanceId;
  readonly memberId: MemberId;
  readonly raftTerm: string;
  /** What it knows to be committed. */
  readonly raftIndex: string;
  readonly revision: string;
}

export interface SnapshotSource {
  readonly how: 'from-snapshot';
  readonly key: string;
  readonly at: string;
  /** The last one in it. */
  readonly revision: string;
  readonly sha256: string;
  readonly sizeBytes: number;
  /** False: an operator chose one that was never restored for proof. */
  readonly restorable: boolean;
}

export const encodeRecovery = (record: RecoveryRecord): string => JSON.stringify({ version: 1, ...record });

/** `null` for what is not a record of this version, which is not the same as none. */
export function decodeRecovery(text: string): RecoveryRecord | null {
  const value = parseJson(text);
  if (!isRecord(value) || value['version'] !== 1) return null;
  const { number, attempt, by, at, formerClusterId, nonce } = value;
  const [source, fenced, forced] = [
    sourceIn(value['source']),
    idsIn(value['fenced']),
    idsIn(value['forced']),
  ];
  if (!isOrdinal(number) || !isOrdinal(attempt) || typeof by !== 'string' || !isTime(at)) return null;
  if (source === null || fenced === null || forced === null) return null;
  if (!isTextOrNull(formerClusterId) || !isTextOrNull(nonce)) return null;
  const lastSeen = value['lastSeen'] === null ? null : lastSeenIn(value['lastSeen']);
  if (lastSeen === undefined) return null;
  return { number, attempt, source, fenced, forced, formerClusterId, by, nonce, at, lastSeen };
}

function sourceIn(value: unknown): RecoverySource | null {
  if (!isRecord(value)) return null;
  return value['how'] === 'from-survivor' ? survivorIn(value) : snapshotIn(value);
}

function survivorIn(value: Readonly<Record<string, unknown>>): SurvivorSource | null {
  const { instanceId, memberId, raftTerm, raftIndex, revision } = value;
  if (typeof instanceId !== 'string' || !isDigits(memberId) || !isDigits(raftTerm)) return null;
  if (!isDigits(raftIndex) || !isDigits(revision)) return null;
  return { how: 'from-survivor', instanceId, memberId, raftTerm, raftIndex, revision };
}

function snapshotIn(value: Readonly<Record<string, unknown>>): SnapshotSource | null {
  const { how, key, at, revision, sha256, sizeBytes, restorable } = value;
  if (how !== 'from-snapshot' || typeof key !== 'string' || !isTime(at) || !isDigits(revision)) return null;
  if (typeof sha256 !== 'string' || typeof sizeBytes !== 'number' || typeof restorable !== 'boolean')
    return null;
  return { how, key, at, revision, sha256, sizeBytes, restorable };
}

/** `undefined`: it is none. */
export function lastSeenIn(value: unknown): LastSeen | undefined {
  if (!isRecord(value)) return;
  const { revision, at } = value;
  return isDigits(revision) && isTime(at) ? { revision, at } : undefined;
}

function idsIn(value: unknown): readonly InstanceId[] | null {
  if (!Array.isArray(value)) return null;
  const ids: readonly unknown[] = value;
  return ids.every((one) => typeof one === 'string') ? ids : null;
}

const isOrdinal = (value: unknown): value is number => Number.isSafeInteger(value) && Number(value) >= 1;
const isDigits = (value: unknown): value is string => typeof value === 'string' && /^\d{1,20}$/.test(value);
const isTime = (value: unknown): value is string =>
  typeof value === 'string' && !Number.isNaN(Date.parse(value));
const isTextOrNull = (value: unknown): value is string | null => value === null || typeof value === 'string';

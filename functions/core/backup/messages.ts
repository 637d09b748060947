import { isRecord, parseJson } from '../json.ts';
import { INSTANCE_ID } from '../names.ts';

/** What a message in the queue of backup asks for. */
export type BackupMessage =
  /** The minute: a snapshot, if one is due. */
  | { readonly kind: 'schedule' }
  /** A snapshot now. */
  | { readonly kind: 'operator'; readonly nonce: string }
  /** Verification wrote what it found; `unverifiable`: it has no etcd to restore with, and finds nothing ever. */
  | { readonly kind: 'refresh'; readonly unverifiable: boolean }
  /** The database of a survivor, without a quorum, for `recovery/<recovery>`. */
  | Capture;

export interface Capture {
  readonly kind: 'capture';
  readonly recovery: number;
  readonly instanceId: string;
}

export type ParsedBackupMessage =
  | { readonly ok: true; readonly message: BackupMessage }
  | { readonly ok: false; readonly reason: string };

/** Every body has a nonce: equal ones would be one message to a FIFO queue. */
const body = (fields: Readonly<Record<string, unknown>>): string =>
  JSON.stringify({ etcdAutopilot: 1, ...fields });

export const backupNowBody = (cluster: string, nonce: string): string =>
  body({ request: 'backup', cluster, from: 'operator', nonce });

export const refreshBody = (cluster: string, unverifiable: boolean, nonce: string): string =>
  body({ request: 'refresh', cluster, from: 'verification', unverifiable, nonce });

export const captureBody = (cluster: string, asked: Omit<Capture, 'kind'>, nonce: string): string =>
  body({ request: 'capture', cluster, ...asked, nonce });

export const verifyBody = (cluster: string, snapshot: SnapshotPlace, nonce: string): string =>
  body({ request: 'verify', cluster, ...snapshot, nonce });

/** Reads one message body. Anything that is not one of ours is refused with its reason, never guessed at. */
export function parseBackupMessage(text: string): ParsedBackupMessage {
  const value = parseJson(text);
  if (!isRecord(value)) return refuse('the message is not a JSON object');
  if (value['etcdAutopilot'] !== 1) return refuse('the request is of a version that this one does not know');
  switch (value['request']) {
    case 'backup':
      return parseBackup(value);
    case 'refresh':
      return { ok: true, message: { kind: 'refresh', unverifiable: value['unverifiable'] === true } };
    case 'capture':
      return parseCapture(value);
    default:
      return refuse('requests that come by queue are "backup", "refresh" and "capture"');
  }
}

function parseBackup({ from, nonce }: Readonly<Record<string, unknown>>): ParsedBackupMessage {
  if (from !== 'operator') return { ok: true, message: { kind: 'schedule' } };
  if (typeof nonce !== 'string' || nonce === '') return refuse('an operator’s request has a nonce');
  return { ok: true, message: { kind: 'operator', nonce } };
}

function parseCapture({ recovery, instanceId }: Readonly<Record<string, unknown>>): ParsedBackupMessage {
  if (typeof recovery !== 'number' || !Number.isSafeInteger(recovery) || recovery < 1)
    return refuse('a capture names the number of its recovery');
  if (typeof instanceId !== 'string' || !INSTANCE_ID.test(instanceId))
    return refuse('a capture names the instance of the survivor');
  return { ok: true, message: { kind: 'capture', recovery, instanceId } };
}

const refuse = (reason: string) => ({ ok: false, reason }) as const;

/** Where a snapshot lies: verification reads no settings, so it is told. */
export interface SnapshotPlace {
  readonly bucket: string;
  readonly key: string;
}

export type ParsedVerify =
  | { readonly ok: true; readonly cluster: string; readonly place: SnapshotPlace }
  | { readonly ok: false; readonly reason: string };

/** Reads a message in the queue of verification. */
export function parseVerify(text: string): ParsedVerify {
  const value = parseJson(text);
  if (!isRecord(value)) return refuse('the message is not a JSON object');
  if (value['etcdAutopilot'] !== 1 || value['request'] !== 'verify')
    return refuse('the only request that comes by queue is "verify", version 1');
  const { cluster, bucket, key } = value;
  if (typeof cluster !== 'string' || typeof bucket !== 'string' || typeof key !== 'string')
    return refuse('a snapshot to verify has a cluster, a bucket and a key');
  if (bucket === '' || !key.includes(`${cluster}/snapshots/`) || !key.endsWith('.db'))
    return refuse('the key is of no snapshot of this cluster');
  return { ok: true, cluster, place: { bucket, key } };
}

import type { InstanceId } from '../identity.ts';
import { isRecord, parseJson } from '../json.ts';
import { INSTANCE_ID } from '../names.ts';

/** Who may reboot now, of the members or of one group of workers: the value of one key in etcd. */
export interface RebootLock {
  readonly holders: readonly RebootHolder[];
  /** False: the key holds what this version does not know. Whoever asks is told to wait, nothing is written over it. */
  readonly ours: boolean;
}

export interface RebootHolder {
  readonly instanceId: InstanceId;
  /** Time of the grant in ISO form. It ends nothing by itself. */
  readonly since: string;
}

export const FREE_LOCK: RebootLock = { holders: [], ours: true };

/** Who holds a lock for longer than this is told as overdue: a reboot takes minutes. The lock stays. */
export const REBOOT_OVERDUE_MS = 1_800_000;

const VERSION = 1;
const UNKNOWN_LOCK: RebootLock = { holders: [], ours: false };

/** The text of a lock; `null` for one that nobody holds: its key is then deleted. */
export const encodeRebootLock = ({ holders }: RebootLock): string | null =>
  holders.length === 0
    ? null
    : JSON.stringify({
        version: VERSION,
        holders: holders.map(({ instanceId, since }) => ({ instanceId, since })),
      });

/** A key that does not exist is held by nobody; what cannot be read whole is not ours, and never nobody's. */
export function decodeRebootLock(text: string | null): RebootLock {
  if (text === null) return FREE_LOCK;
  const value = parseJson(text);
  if (!isRecord(value) || value['version'] !== VERSION || !Array.isArray(value['holders']))
    return UNKNOWN_LOCK;
  const lock = { holders: value['holders'].flatMap(holderOf), ours: true };
  // What we would write in another form cannot be compared and swapped by us.
  return encodeRebootLock(lock) === text ? lock : UNKNOWN_LOCK;
}

function holderOf(value: unknown): readonly RebootHolder[] {
  if (!isRecord(value)) return [];
  const { instanceId, since } = value;
  if (typeof instanceId !== 'string' || !INSTANCE_ID.test(instanceId)) return [];
  if (typeof since !== 'string' || Number.isNaN(Date.parse(since))) return [];
  return [{ instanceId, since }];
}

export const isHeldBy = ({ holders }: RebootLock, id: InstanceId): boolean =>
  holders.some(({ instanceId }) => instanceId === id);

/** Somebody holds it, or may. */
export const isRebooting = ({ holders, ours }: RebootLock): boolean => !ours || holders.length > 0;

export const withHolder = (lock: RebootLock, holder: RebootHolder): RebootLock => ({
  ...lock,
  holders: [...lock.holders, holder],
});

export const withoutHolders = (lock: RebootLock, ids: readonly InstanceId[]): RebootLock => ({
  ...lock,
  holders: lock.holders.filter(({ instanceId }) => !ids.includes(instanceId)),
});

/** An instance that is older than this is known to EC2, or was: of a younger one it may not have heard yet. */
const YOUNG_MS = 3_600_000;

/** Its instance was there for so long that EC2 must have known it. */
export const isLongHeld = ({ since }: RebootHolder, nowMs: number): boolean =>
  nowMs - Date.parse(since) >= YOUNG_MS;

export const isOverdue = ({ since }: RebootHolder, nowMs: number): boolean =>
  nowMs - Date.parse(since) > REBOOT_OVERDUE_MS;

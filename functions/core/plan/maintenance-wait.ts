import type { HashDoubt } from '../hashes.ts';
import type { InstanceId, MemberId } from '../identity.ts';
import type { ShortfallCode } from '../shortfalls.ts';

/** What waits, or stands still, because of the members' databases. */
export type MaintenanceWait =
  /** Full databases are being emptied; nothing else is done meanwhile. */
  | { readonly kind: 'makingSpace'; readonly next: SpaceStep; readonly repairCount: number }
  /** They are full, and no more is done about it without a person. */
  | {
      readonly kind: 'quotaReached';
      readonly because: QuotaReason;
      /** What the fullest voter holds, and how large its file may be; `null`: no voter tells. */
      readonly inUseBytes: number | null;
      readonly limitBytes: number;
    }
  /** A member's data is not that of the others, and it is replaced. */
  | { readonly kind: 'memberCorrupt'; readonly memberId: MemberId; readonly instanceId: InstanceId | null }
  /** Somebody's data is not that of others, and nobody can tell whose is right: everything stands still. */
  | {
      readonly kind: 'corruptUnclear';
      readonly memberIds: readonly MemberId[];
      readonly because: CorruptDoubt;
    }
  /** A member would be defragmented, were the others able to do without it. */
  | {
      readonly kind: 'defragmentationDue';
      readonly memberId: MemberId;
      readonly instanceId: InstanceId;
      readonly shortfalls: readonly ShortfallCode[];
    };

/** `freeing`: members still let go of what was forgotten. `members`: others do not answer. The rest: somebody is at it. */
export type SpaceStep = 'freeing' | 'members' | 'permit' | 'reboot' | 'change';

/** `tooOften`: after so many repairs in a day. `noRoom`: what is kept fills the file. `stuck`: files do not shrink. */
export type QuotaReason = 'tooOften' | 'noRoom' | 'stuck';

/** `alarms`: more than one member is told to be corrupt. `same`: the hashes deny what the alarm says. `stranger`: it is no voter. */
export type CorruptDoubt = HashDoubt | 'alarms' | 'same' | 'stranger';

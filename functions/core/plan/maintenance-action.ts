import type { InstanceId, MemberId } from '../identity.ts';
import type { EtcdAlarm } from '../maintenance-port.ts';
import type { Memory } from '../memory.ts';
import type { SpaceRecord } from '../space.ts';

/** What is done to databases and alarms. `record`: written before it, where the memory in etcd cannot be. */
export type MaintenanceAction =
  | { readonly kind: 'noteSpace'; readonly record: SpaceRecord }
  | {
      readonly kind: 'compact';
      readonly revision: string;
      readonly because: SpaceReason;
      readonly record: SpaceRecord | null;
      /** Written before it where etcd takes writes. */
      readonly memory: Memory | null;
    }
  | {
      readonly kind: 'defragment';
      readonly memberId: MemberId;
      readonly instanceId: InstanceId | null;
      readonly endpoint: string;
      readonly because: SpaceReason;
      readonly record: SpaceRecord | null;
    }
  | {
      readonly kind: 'disarm';
      readonly alarm: EtcdAlarm;
      readonly because: 'spaceMade' | 'memberGone';
      readonly record: SpaceRecord | null;
    };

/** `noSpace`: etcd takes no writes. `quotaNear`: it soon will not. `fragmented`: the file is larger than it need be. */
export type SpaceReason = 'noSpace' | 'quotaNear' | 'fragmented';

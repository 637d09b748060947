import type { EtcdAccess } from '../access.ts';
import type { ObjectLook, ObjectPort } from '../backup/object-port.ts';
import type { WholeHook } from './memory.ts';
import type { SlowCounters } from './sight.ts';

/** What of a group a person or a stack may set otherwise, beside what every look reads. */
export interface GroupSettings {
  readonly terminationPolicies: readonly string[];
  readonly suspended: readonly { readonly process: string; readonly reason: string }[];
  /** Zones that the group may launch in. */
  readonly zones: readonly string[];
  readonly hooks: readonly WholeHook[];
}

export interface GroupSettingsPort {
  /** `null`: Auto Scaling says that there is no group of this name. */
  read(groupName: string): Promise<GroupSettings | null>;
  /** Makes a hook, or changes it to these values. */
  putHook(groupName: string, hook: WholeHook): Promise<void>;
}

/** A rule of EventBridge that is named for a cluster. */
export interface Rule {
  readonly name: string;
  readonly isEnabled: boolean;
  /** It comes by the clock; false: with events. */
  readonly isSchedule: boolean;
  /** It sends to the queue of membership, for this cluster. */
  readonly isHeard: boolean;
}

export interface RulePort {
  /** Every rule `etcd-autopilot-<cluster>-…` of the default bus that is not another cluster's; all pages. */
  listRules(cluster: string): Promise<readonly Rule[]>;
}

/** What a member's TLS listener shows. */
export interface ShownCertificate {
  readonly endsAtMs: number;
  /** Why the configured authority does not vouch for it under its name; `null`: it does. */
  readonly refusal: string | null;
}

/** What checks ask of members beside what a pass asks; opened for one look. */
export interface ScrutinyPort {
  /** @throws {OperationError} `ETCD_UNAVAILABLE`: its metrics cannot be read. */
  counters(endpoint: string): Promise<SlowCounters>;
  /** `null`: it talks plain http. @throws {OperationError} `ETCD_UNAVAILABLE`: nobody shook hands. */
  certificate(endpoint: string): Promise<ShownCertificate | null>;
}

/** What checks reach beside what a pass of membership reaches. */
export interface ChecksSidePorts {
  readonly settings: GroupSettingsPort;
  readonly rules: RulePort;
  openScrutiny(access: EtcdAccess): ScrutinyPort;
  /** `null`: the bucket of the stack. */
  objectsIn(bucket: string | null): ObjectLook & Pick<ObjectPort, 'writeText'>;
}

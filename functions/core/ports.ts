/**
 * What the engine needs of the world, in our words. Adapters implement these
 * interfaces (`functions/adapters`), the simulation fakes them.
 *
 * A port either answers completely or throws an `OperationError`. A partial
 * page, a throttle or a denial is an error, never a shorter answer: absence may
 * only be concluded from a successful read.
 */
import type { EtcdStatus } from './etcd-status.ts';
import type { InstanceId, MemberId } from './identity.ts';
import type { MaintenancePort } from './maintenance-port.ts';
import type { OutgoingEvent } from './outgoing-event.ts';
import type { LockPort } from './reboot/lock-port.ts';

export interface ScalingPort {
  /** Every group that carries `etcd-autopilot:cluster = <cluster>`, with all its instances, by name. */
  listGroups(cluster: string): Promise<readonly ScalingGroup[]>;
  /** The instances of the group's warm pool, which wait in the group's hooks and are not in its list. */
  listWarmPool(groupName: string): Promise<readonly GroupInstance[]>;
  listHooks(groupName: string): Promise<readonly HookSettings[]>;
  /** All activities of the group that are in progress, and the newest of the others. */
  listActivities(groupName: string): Promise<readonly ScalingActivity[]>;
  /** Extends the wait of one hook. `notWaiting`: there is nothing to extend, which is no failure. */
  heartbeat(hook: HookOfInstance): Promise<'extended' | 'notWaiting'>;
  /** Answers one hook. `notWaiting`: it was answered before, which is success (rule R8). */
  complete(hook: HookOfInstance, result: HookResult): Promise<'completed' | 'notWaiting'>;
  /** Tells the group that an instance is unhealthy, now: the group replaces it through its hooks. */
  reportUnhealthy(instanceId: InstanceId): Promise<void>;
  /** Has the group end an instance through its terminate hook, and replace it. */
  endInstance(instanceId: InstanceId): Promise<void>;
  /** Ends the refresh that ran at `launchedAtMs`; a later one, as of a rollback, goes on. `notRunning` is no failure. */
  cancelRefresh(groupName: string, launchedAtMs: number): Promise<'cancelled' | 'notRunning'>;
  tagGroup(groupName: string, key: string, value: string): Promise<void>;
}

export interface ScalingGroup {
  readonly name: string;
  readonly desiredCapacity: number;
  /** Somebody asked Auto Scaling to delete this very group, and it has begun. */
  readonly deleting: boolean;
  readonly tags: ReadonlyMap<string, string>;
  readonly hasWarmPool: boolean;
  readonly instances: readonly GroupInstance[];
}

export interface GroupInstance {
  readonly id: InstanceId;
  /** As Auto Scaling writes it: `Pending:Wait`, `InService`, `Terminating:Wait`, `Warmed:Stopped`, … */
  readonly lifecycle: string;
  readonly zone: string;
  readonly health: string;
}

export interface HookSettings {
  readonly name: string;
  readonly transition: 'launch' | 'terminate';
  readonly heartbeatSeconds: number;
  /** After this long Auto Scaling answers the hook itself, whatever heartbeats say. */
  readonly globalSeconds: number;
}

export interface ScalingActivity {
  readonly instanceId: InstanceId;
  readonly kind: 'launch' | 'terminate';
  readonly startedAtMs: number;
}

export interface HookOfInstance {
  readonly groupName: string;
  readonly hookName: string;
  readonly instanceId: InstanceId;
}

export type HookResult = 'CONTINUE' | 'ABANDON';

export interface MachinePort {
  /** What EC2 says of each of `ids`; `notFound` only when EC2 names that very id as not existing. */
  describe(ids: readonly InstanceId[]): Promise<ReadonlyMap<InstanceId, Machine>>;
  /** Those of `ids` that EC2 has announced to end soon. Silence about the others promises nothing. */
  endings(ids: readonly InstanceId[]): Promise<ReadonlyMap<InstanceId, Ending>>;
}

/** What EC2 announces: a spot interruption two minutes ahead, the end of failing hardware days ahead. */
export type Ending = 'spotInterruption' | 'retirement';

export type Machine =
  | { readonly kind: 'notFound' }
  | {
      readonly kind: 'known';
      readonly state: 'pending' | 'running' | 'stopping' | 'stopped' | 'shutting-down' | 'terminated';
      /** `null` until EC2 has given the machine an address, and after it lost it. */
      readonly privateIp: string | null;
      readonly launchedAtMs: number;
      readonly zone: string;
    };

export interface ParameterPort {
  /** Every parameter under `path` (names relative to it), all pages; an empty map is a successful "none". */
  readAll(path: string): Promise<ReadonlyMap<string, string>>;
  /** Create-only write: the one conditional write that Parameter Store has. */
  create(name: string, value: string): Promise<'created' | 'exists'>;
  write(name: string, value: string): Promise<void>;
  /** Deletes; names that do not exist are fine. */
  remove(names: readonly string[]): Promise<void>;
}

/** Opens clients for one pass; `close` ends them. Every call ends within its deadline. */
export interface EtcdPort extends LockPort, MaintenancePort {
  /** Asks every endpoint side by side. Never throws: silence is a value. */
  probe(endpoints: readonly string[]): Promise<readonly Probe[]>;
  /** The member list as `endpoint` has it. Only of use after that endpoint's linearizable read. */
  members(endpoint: string): Promise<readonly MemberEntry[]>;
  /** The member list as `endpoint` has it itself, without asking the others: no proof of anything but what it believes. */
  ownMembers(endpoint: string): Promise<readonly MemberEntry[]>;
  /** Bytes that `endpoint` has received from each of its peers so far: whom it hears, these grow. */
  received(endpoint: string): Promise<ReadonlyMap<MemberId, number>>;
  /** Linearizable read of one key. */
  read(endpoint: string, key: string): Promise<string | null>;
  write(endpoint: string, key: string, value: string): Promise<void>;
  /** Adds a learner and returns its id. */
  addLearner(endpoint: string, peerUrl: string): Promise<MemberId>;
  /** `notInSync` is the normal "not caught up"; a member that votes already counts as promoted. */
  promote(endpoint: string, memberId: MemberId): Promise<'promoted' | 'notInSync'>;
  /** Removing what is gone already is success. */
  remove(endpoint: string, memberId: MemberId): Promise<void>;
  /** `leaderEndpoint` must be the leader's own: etcd moves leadership only there. */
  moveLeader(leaderEndpoint: string, to: MemberId): Promise<void>;
  /** Takes the cluster's one permit under a lease; `null` when somebody else holds it. */
  takePermit(
    endpoint: string,
    owner: string,
    reason: string,
    ttlSeconds: number,
  ): Promise<PermitLease | null>;
  /** Extends the lease of a permit that is ours. `lost`: it expired or somebody else holds it. */
  renewPermit(endpoint: string, lease: PermitLease): Promise<'renewed' | 'lost'>;
  /** Revokes the lease, and with it the key; a permit that is gone is fine. */
  releasePermit(endpoint: string, lease: PermitLease): Promise<void>;
  close(): void;
}

export interface PermitLease {
  readonly leaseId: string;
  readonly owner: string;
}

export type Probe =
  | { readonly kind: 'silent'; readonly endpoint: string; readonly because: SilenceReason }
  | {
      readonly kind: 'status';
      readonly endpoint: string;
      readonly status: EtcdStatus;
      /** It served a linearizable read within its deadline (a learner and a cut-off minority never do). */
      readonly linearizable: boolean;
    };

/**
 * Why an endpoint did not answer. All mean "unknown"; none means "dead". `refused`: nothing listens there.
 * `untrusted`: one side does not accept the other's certificate. `denied`: etcd answered, and not to us.
 */
export type SilenceReason = 'unreachable' | 'refused' | 'deadline' | 'denied' | 'untrusted' | 'failed';

export interface MemberEntry {
  readonly id: MemberId;
  /** Empty until its etcd first reports a name; founders are listed with theirs from the start. */
  readonly name: string;
  readonly peerUrls: readonly string[];
  readonly clientUrls: readonly string[];
  readonly isLearner: boolean;
}

export interface QueuePort {
  /** Asks for another look at `cluster`; `body` must differ each time, or deduplication swallows it. */
  askForLook(cluster: string, body: string): Promise<void>;
  /** Puts a message that nobody can work with into the dead-letter queue, with its reason, once. */
  keepUnreadable(cluster: string, body: string, reason: string): Promise<void>;
}

export interface EventPort {
  publish(events: readonly OutgoingEvent[]): Promise<void>;
}

export interface Clock {
  /** Wall time, for comparing with AWS timestamps. */
  nowMs(): number;
  sleep(ms: number): Promise<void>;
}

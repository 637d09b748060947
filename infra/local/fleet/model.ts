import type { Mix } from './mix.ts';
import type { Refresh } from './refresh-model.ts';

/** What fleet knows of groups, instances and hooks. One region, one account, in memory. */

export type LifecycleState =
  | 'Pending'
  | 'Pending:Wait'
  | 'Pending:Proceed'
  | 'InService'
  | 'Terminating'
  | 'Terminating:Wait'
  | 'Terminating:Proceed'
  | 'Terminating:Retained'
  | 'Terminated'
  | 'EnteringStandby'
  | 'Standby'
  | 'Detaching'
  | 'Detached'
  | 'ReplacingRootVolume'
  | 'ReplacingRootVolume:Wait'
  | 'ReplacingRootVolume:Proceed'
  | 'RootVolumeReplaced'
  | 'Warmed:Pending'
  | 'Warmed:Pending:Wait'
  | 'Warmed:Pending:Proceed'
  | 'Warmed:Stopped'
  | 'Warmed:Running'
  | 'Warmed:Hibernated'
  | 'Warmed:Terminating'
  | 'Warmed:Terminating:Wait'
  | 'Warmed:Terminating:Proceed';

export type Ec2State = 'pending' | 'running' | 'stopping' | 'stopped' | 'shutting-down' | 'terminated';
export type Transition = 'autoscaling:EC2_INSTANCE_LAUNCHING' | 'autoscaling:EC2_INSTANCE_TERMINATING';
export type HookResult = 'CONTINUE' | 'ABANDON';
/** Where an instance comes from and goes to in a lifecycle action. */
export type Side = 'EC2' | 'AutoScalingGroup' | 'WarmPool';

/** A way that an instance goes: where its hooks hold it, and what is next when they let it go. */
export interface Route {
  readonly transition: Transition;
  readonly origin: Side;
  readonly destination: Side;
  readonly waitState: LifecycleState;
  readonly next: 'service' | 'pool' | 'disk' | 'end';
}

export interface Hook {
  readonly name: string;
  readonly transition: Transition;
  readonly heartbeatSeconds: number;
  readonly defaultResult: HookResult;
  readonly metadata: string | null;
}

/** One hook at work on one instance. */
export interface PendingAction {
  readonly hook: Hook;
  readonly token: string;
  readonly way: Route;
  readonly sinceMs: number;
  /** Heartbeats cannot move the deadline beyond this. */
  readonly limitMs: number;
  deadlineMs: number;
}

export interface Tag {
  readonly key: string;
  readonly value: string;
  readonly propagate: boolean;
}

export interface TemplateRef {
  readonly id: string;
  readonly name: string;
  /** A number, `$Latest` or `$Default`. */
  readonly version: string;
}

export interface LaunchTemplate {
  readonly id: string;
  readonly name: string;
  readonly version: string;
  readonly userDataText: string;
  readonly imageId: string;
  readonly instanceType: string;
  /** Name of the instance profile, null without one. */
  readonly profile: string | null;
  /** Absent: on demand. */
  readonly market?: 'spot';
  /** Whether the resolver of the VPC knows `<instance-id>.<domain>`. */
  readonly hasName?: true;
}

/** What EC2 has announced for an instance. */
export interface Notice {
  readonly kind: 'interruption' | 'retirement';
  readonly sinceMs: number;
  /** When the instance ends, or is to end at the earliest. */
  readonly atMs: number;
}

export interface Place {
  readonly zone: string;
  /** Empty without subnets. */
  readonly subnetId: string;
  readonly vpcId: string;
  /** Whether the subnet maps public addresses on launch. */
  readonly givesPublicIp?: true;
}

export interface Activity {
  readonly id: string;
  readonly groupName: string;
  readonly instanceId: string;
  readonly description: string;
  readonly cause: string;
  readonly startedAtMs: number;
  readonly place: Place;
  endedAtMs: number | null;
  status: 'PreInService' | 'InProgress' | 'MidLifecycleAction' | 'Successful' | 'Cancelled' | 'Failed';
  message: string;
}

export interface Instance {
  readonly id: string;
  /** Of the group that has it, or had it last. */
  groupName: string;
  readonly address: string;
  readonly place: Place;
  /** Another version when its root volume was replaced. */
  template: LaunchTemplate;
  readonly launchedAtMs: number;
  tags: readonly { readonly key: string; readonly value: string }[];
  state: LifecycleState;
  ec2State: Ec2State;
  health: 'Healthy' | 'Unhealthy';
  protectedFromScaleIn: boolean;
  inServiceAtMs: number | null;
  terminatedAtMs: number | null;
  actions: PendingAction[];
  activity: Activity;
  /** Of its near end; null while EC2 has announced none. */
  notice: Notice | null;
}

/** Shares of the desired capacity, in percent, while instances are replaced. */
export interface Bounds {
  readonly minPercent: number;
  /** Null when nobody gave it: then an instance is terminated and its replacement launched at the same time. */
  readonly maxPercent: number | null;
}

/** One replacement that is launched before its predecessor is terminated. */
export interface Swap {
  readonly oldId: string;
  readonly newId: string;
  /** How long the newcomer must be in service. */
  readonly warmupMs: number;
  readonly cause: string;
}

export type PoolState = 'Stopped' | 'Running' | 'Hibernated';

export interface WarmPool {
  readonly minSize: number;
  /** Desired capacity and warm pool together; null: the group's maximum. */
  readonly preparedMax: number | null;
  readonly poolState: PoolState;
  readonly reuseOnScaleIn: boolean;
  deleting: boolean;
}

export interface Group {
  readonly name: string;
  readonly arn: string;
  readonly createdAtMs: number;
  minSize: number;
  maxSize: number;
  desired: number;
  template: TemplateRef;
  /** Null: all instances are as the launch template says. */
  mix: Mix | null;
  /** By ARN; instances in service are registered there. */
  targetGroups: readonly string[];
  heedsTargets: boolean;
  places: readonly Place[];
  tags: Tag[];
  hooks: Hook[];
  suspended: Set<string>;
  healthCheckGraceSeconds: number;
  newInstancesProtected: boolean;
  /** Names of policies and at most one function's ARN, tried in this order. */
  terminationPolicies: readonly string[];
  /** The group's instance maintenance policy. */
  maintenance: Bounds | null;
  /** The default of the platform's waits after an instance is in service; null when it has none. */
  warmupSeconds: number | null;
  /** Whether a launch waits for its own zone when that has no capacity. */
  balancedOnly: boolean;
  /** Whether an instance whose terminate hook is abandoned is kept. */
  retainsAbandoned: boolean;
  deletionProtection: 'none' | 'prevent-force-deletion' | 'prevent-all-deletion';
  warmPool: WarmPool | null;
  swaps: Swap[];
  refreshes: Refresh[];
  deleting: boolean;
  /** By DeleteAutoScalingGroup itself. A stack empties its group first, and that does not show as deletion. */
  deletingShows: boolean;
  instances: Instance[];
  activities: Activity[];
}

/** The platform's own waits, in milliseconds. Each is at least one second: none is wished away. */
export interface Waits {
  /** From the launch until EC2 says `running` and the operating system starts. */
  readonly bootMs: number;
  /** From the end of an instance until EC2 says `terminated`. */
  readonly terminationMs: number;
  /** Between two looks at the health of all instances. */
  readonly healthCheckMs: number;
}

export const DEFAULT_WAITS: Waits = { bootMs: 1_000, terminationMs: 1_000, healthCheckMs: 2_000 };

/** Counts towards the desired capacity: neither terminating nor gone, nor beside the group. */
export function isLive(instance: Instance): boolean {
  return !/^(?:Terminat|Detach|EnteringStandby|Standby|Warmed:)/.test(instance.state);
}

/** On its way out, or gone. */
export function isLeaving(instance: Instance): boolean {
  return /^(?:Warmed:)?Terminat/.test(instance.state);
}

export function isWarm(instance: Instance): boolean {
  return instance.state.startsWith('Warmed:');
}

/** An error as the Query APIs report it. */
export class FleetError extends Error {
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.name = 'FleetError';
    this.code = code;
  }
}

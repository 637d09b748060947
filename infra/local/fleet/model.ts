/** What fleet knows of groups, instances and hooks. One region, one account, in memory. */

export type LifecycleState =
  | 'Pending'
  | 'Pending:Wait'
  | 'Pending:Proceed'
  | 'InService'
  | 'Terminating'
  | 'Terminating:Wait'
  | 'Terminating:Proceed'
  | 'Terminated';

export type Ec2State = 'pending' | 'running' | 'shutting-down' | 'terminated';
export type Transition = 'autoscaling:EC2_INSTANCE_LAUNCHING' | 'autoscaling:EC2_INSTANCE_TERMINATING';
export type HookResult = 'CONTINUE' | 'ABANDON';

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
}

export interface Place {
  readonly zone: string;
  /** Empty without subnets. */
  readonly subnetId: string;
  readonly vpcId: string;
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
  readonly groupName: string;
  readonly address: string;
  readonly place: Place;
  readonly template: LaunchTemplate;
  readonly launchedAtMs: number;
  readonly tags: readonly { readonly key: string; readonly value: string }[];
  state: LifecycleState;
  ec2State: Ec2State;
  health: 'Healthy' | 'Unhealthy';
  protectedFromScaleIn: boolean;
  inServiceAtMs: number | null;
  terminatedAtMs: number | null;
  actions: PendingAction[];
  activity: Activity;
}

export interface Group {
  readonly name: string;
  readonly arn: string;
  readonly createdAtMs: number;
  minSize: number;
  maxSize: number;
  desired: number;
  template: TemplateRef;
  places: readonly Place[];
  tags: Tag[];
  hooks: Hook[];
  suspended: Set<string>;
  healthCheckGraceSeconds: number;
  newInstancesProtected: boolean;
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

/** Counts towards the desired capacity: neither terminating nor gone. */
export function isLive(instance: Instance): boolean {
  return !instance.state.startsWith('Terminat');
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

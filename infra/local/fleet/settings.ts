import { applyConduct } from './conduct.ts';
import {
  FleetError,
  type Group,
  type Hook,
  type HookResult,
  type Place,
  type Tag,
  type TemplateRef,
  type Transition,
} from './model.ts';
import { isTrue, list, number, record, text, textList } from './wire.ts';

/** Properties of a group, named alike in CloudFormation and in the Query API. */
export type Properties = Readonly<Record<string, unknown>>;

/** A group as its properties describe it, still without instances. */
export function newGroup(
  name: string,
  arn: string,
  template: TemplateRef,
  places: readonly Place[],
  properties: Properties,
): Group {
  const group: Group = {
    name,
    arn,
    createdAtMs: Date.now(),
    minSize: 0,
    maxSize: 0,
    desired: 0,
    template,
    mix: null,
    targetGroups: [],
    heedsTargets: false,
    places,
    tags: tagsOf(properties['Tags']),
    hooks: list(properties['LifecycleHookSpecificationList']).map(hookOf),
    suspended: new Set(),
    healthCheckGraceSeconds: 0,
    newInstancesProtected: false,
    terminationPolicies: ['Default'],
    maintenance: null,
    warmupSeconds: null,
    balancedOnly: false,
    retainsAbandoned: false,
    deletionProtection: 'none',
    warmPool: null,
    swaps: [],
    refreshes: [],
    deleting: false,
    deletingShows: false,
    instances: [],
    activities: [],
  };
  applySizes(group, properties);
  applyConduct(group, properties);
  return group;
}

export function subnetsOf(properties: Properties): readonly string[] {
  return textList(properties['VPCZoneIdentifier'])
    .flatMap((item) => item.split(','))
    .map((item) => item.trim())
    .filter((item) => item !== '');
}

export function templateOf(properties: Properties): TemplateRef | null {
  const policy = record(record(properties['MixedInstancesPolicy'])['LaunchTemplate']);
  const given = record(properties['LaunchTemplate'] ?? policy['LaunchTemplateSpecification']);
  const id = text(given['LaunchTemplateId']);
  const name = text(given['LaunchTemplateName']);
  if (id === '' && name === '') return null;
  return { id, name, version: text(given['Version'], '$Default') };
}

export function tagsOf(value: unknown): Tag[] {
  return list(value)
    .map(record)
    .map((tag) => ({
      key: text(tag['Key']),
      value: text(tag['Value']),
      propagate: isTrue(tag['PropagateAtLaunch']),
    }));
}

export function hookOf(value: unknown): Hook {
  const given = record(value);
  const heartbeatSeconds = number(given['HeartbeatTimeout'], 3600);
  if (heartbeatSeconds < 30 || heartbeatSeconds > 7200) {
    throw new FleetError('ValidationError', 'Heartbeat timeout must be between 30 and 7200 seconds');
  }
  return {
    name: text(given['LifecycleHookName']),
    transition: transitionOf(text(given['LifecycleTransition'])),
    heartbeatSeconds,
    defaultResult: resultOf(text(given['DefaultResult'], 'ABANDON')),
    metadata: text(given['NotificationMetadata']) || null,
  };
}

export function resultOf(value: string): HookResult {
  if (value === 'CONTINUE' || value === 'ABANDON') return value;
  throw new FleetError(
    'ValidationError',
    `Lifecycle action result must be CONTINUE or ABANDON, not ${value}`,
  );
}

function transitionOf(value: string): Transition {
  if (value === 'autoscaling:EC2_INSTANCE_LAUNCHING' || value === 'autoscaling:EC2_INSTANCE_TERMINATING')
    return value;
  throw new FleetError('ValidationError', `Lifecycle transition ${value} is not supported`);
}

/** Sizes as they would be: the platform refuses what does not fit together. */
export function applySizes(group: Group, properties: Properties): void {
  const minSize = number(properties['MinSize'], group.minSize);
  const maxSize = number(properties['MaxSize'], group.maxSize);
  const given = number(properties['DesiredCapacity'], -1);
  const desired = given >= 0 ? given : Math.min(Math.max(group.desired, minSize), maxSize);
  if (minSize > maxSize) {
    throw new FleetError(
      'ValidationError',
      `Max bound, ${maxSize}, must be greater than or equal to min bound, ${minSize}`,
    );
  }
  if (desired < minSize) {
    throw new FleetError(
      'ValidationError',
      `New SetDesiredCapacity value ${desired} is below min value ${minSize} for the AutoScalingGroup.`,
    );
  }
  if (desired > maxSize) {
    throw new FleetError(
      'ValidationError',
      `New SetDesiredCapacity value ${desired} is above max value ${maxSize} for the AutoScalingGroup.`,
    );
  }
  Object.assign(group, { minSize, maxSize, desired });
}

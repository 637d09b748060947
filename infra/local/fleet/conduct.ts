import { mixOf } from './mix.ts';
import { type Bounds, FleetError, type Group } from './model.ts';
import { isTrue, number, record, text, textList } from './wire.ts';

const POLICIES = [
  'Default',
  'AllocationStrategy',
  'OldestInstance',
  'NewestInstance',
  'OldestLaunchTemplate',
  'OldestLaunchConfiguration',
  'ClosestToNextInstanceHour',
];
const PROTECTIONS = ['none', 'prevent-force-deletion', 'prevent-all-deletion'] as const;

type Properties = Readonly<Record<string, unknown>>;
type Apply = (group: Group, value: unknown) => void;

/** How a group treats its instances, property by property. What is not given stays as it is. */
const CONDUCT: Readonly<Record<string, Apply>> = {
  // The one or the other: a group that is given a launch template by itself has no mix any more.
  LaunchTemplate: (group) => {
    group.mix = null;
  },
  MixedInstancesPolicy: (group, value) => {
    group.mix = mixOf(value);
  },
  TargetGroupARNs: (group, value) => {
    group.targetGroups = textList(value).filter((arn) => arn !== '');
  },
  HealthCheckType: (group, value) => {
    group.heedsTargets = text(value)
      .split(',')
      .some((type) => type.trim() === 'ELB');
  },
  HealthCheckGracePeriod: (group, value) => {
    group.healthCheckGraceSeconds = number(value, 0);
  },
  NewInstancesProtectedFromScaleIn: (group, value) => {
    group.newInstancesProtected = isTrue(value);
  },
  TerminationPolicies: (group, value) => {
    group.terminationPolicies = policiesOf(textList(value));
  },
  InstanceMaintenancePolicy: (group, value) => {
    group.maintenance = maintenanceOf(record(value));
  },
  DefaultInstanceWarmup: (group, value) => {
    const seconds = number(value, -1);
    group.warmupSeconds = seconds < 0 ? null : seconds;
  },
  AvailabilityZoneDistribution: (group, value) => {
    group.balancedOnly = text(record(value)['CapacityDistributionStrategy']) === 'balanced-only';
  },
  InstanceLifecyclePolicy: (group, value) => {
    const triggers = record(record(value)['RetentionTriggers']);
    group.retainsAbandoned = text(triggers['TerminateHookAbandon']) === 'retain';
  },
  DeletionProtection: (group, value) => {
    const wanted = PROTECTIONS.find((one) => one === text(value));
    if (wanted === undefined)
      throw new FleetError('ValidationError', `Invalid DeletionProtection: ${text(value)}`);
    group.deletionProtection = wanted;
  },
};

/** @throws {FleetError} what is given cannot be; the group may have changed in part, as its caller must expect */
export function applyConduct(group: Group, properties: Properties): void {
  for (const [name, apply] of Object.entries(CONDUCT)) {
    if (properties[name] !== undefined) apply(group, properties[name]);
  }
}

/** A function comes first, there is one at most, and it is not named by `$LATEST`. */
function policiesOf(names: readonly string[]): readonly string[] {
  const fits = (name: string, index: number): boolean =>
    POLICIES.includes(name) || (isFunction(name) && index === 0 && !name.endsWith(':$LATEST'));
  const wrong = names.find((name, index) => !fits(name, index));
  if (wrong !== undefined) {
    throw new FleetError('ValidationError', `Termination policy ${wrong} is not valid here.`);
  }
  return names.length === 0 ? ['Default'] : names;
}

export function isFunction(policy: string): boolean {
  return policy.startsWith('arn:aws:lambda:');
}

function maintenanceOf(given: Properties): Bounds | null {
  const minPercent = number(given['MinHealthyPercentage'], -1);
  const maxPercent = number(given['MaxHealthyPercentage'], -1);
  if (minPercent === -1 && maxPercent === -1) return null;
  return boundsOf(minPercent, maxPercent);
}

/** @throws {FleetError} bounds that the platform refuses */
export function boundsOf(minPercent: number, maxPercent: number | null): Bounds {
  const fits =
    maxPercent === null || (maxPercent >= 100 && maxPercent <= 200 && maxPercent - minPercent <= 100);
  if (!fits || minPercent < 0 || minPercent > 100) {
    throw new FleetError(
      'ValidationError',
      `MinHealthyPercentage must be from 0 to 100 and MaxHealthyPercentage from 100 to 200, at most 100 apart; got ${minPercent} and ${maxPercent}.`,
    );
  }
  return { minPercent, maxPercent };
}

/** @throws {FleetError} the group is protected from being deleted so */
export function requireDeletable(group: Group, force: boolean): void {
  const { deletionProtection } = group;
  const refuses = deletionProtection === 'prevent-all-deletion' || (force && deletionProtection !== 'none');
  if (!refuses) return;
  throw new FleetError(
    'ValidationError',
    `Auto Scaling group ${group.name} has deletion protection ${deletionProtection}; change that first.`,
  );
}

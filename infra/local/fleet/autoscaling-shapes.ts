import { mixXml } from './mix.ts';
import {
  type Activity,
  type Bounds,
  type Group,
  type Hook,
  type Instance,
  isWarm,
  type WarmPool,
} from './model.ts';
import { timeText, type Xml } from './wire.ts';

/** How Auto Scaling's answers show what fleet knows. */

export function tagsXml(group: Group) {
  return group.tags.map((tag) => ({
    ResourceId: group.name,
    ResourceType: 'auto-scaling-group',
    Key: tag.key,
    Value: tag.value,
    PropagateAtLaunch: tag.propagate,
  }));
}

export function groupXml(group: Group): Xml {
  const template = {
    LaunchTemplateId: group.template.id,
    LaunchTemplateName: group.template.name || null,
    Version: group.template.version,
  };
  return {
    AutoScalingGroupName: group.name,
    AutoScalingGroupARN: group.arn,
    LaunchTemplate: group.mix === null ? template : null,
    MixedInstancesPolicy: group.mix === null ? null : mixXml(group.mix, template),
    MinSize: group.minSize,
    MaxSize: group.maxSize,
    DesiredCapacity: group.desired,
    DefaultCooldown: 300,
    AvailabilityZones: [...new Set(group.places.map((place) => place.zone))],
    HealthCheckType: group.heedsTargets ? 'ELB' : 'EC2',
    TargetGroupARNs: group.targetGroups,
    HealthCheckGracePeriod: group.healthCheckGraceSeconds,
    // A warm pool stands beside its group: DescribeWarmPool shows it.
    Instances: group.instances.filter((one) => !isWarm(one)).map(instanceXml),
    WarmPoolConfiguration: group.warmPool === null ? null : poolXml(group.warmPool),
    WarmPoolSize: group.warmPool === null ? null : group.instances.filter(isWarm).length,
    CreatedTime: timeText(group.createdAtMs),
    SuspendedProcesses: [...group.suspended].map((name) => ({
      ProcessName: name,
      SuspensionReason: 'User suspended',
    })),
    VPCZoneIdentifier: group.places
      .map((place) => place.subnetId)
      .filter((id) => id !== '')
      .join(','),
    Status: group.deletingShows ? 'Delete in progress' : null,
    Tags: tagsXml(group),
    TerminationPolicies: group.terminationPolicies,
    InstanceMaintenancePolicy: boundsXml(group.maintenance),
    DefaultInstanceWarmup: group.warmupSeconds,
    AvailabilityZoneDistribution: {
      CapacityDistributionStrategy: group.balancedOnly ? 'balanced-only' : 'balanced-best-effort',
    },
    InstanceLifecyclePolicy: {
      RetentionTriggers: { TerminateHookAbandon: group.retainsAbandoned ? 'retain' : 'terminate' },
    },
    DeletionProtection: group.deletionProtection,
    NewInstancesProtectedFromScaleIn: group.newInstancesProtected,
  };
}

function boundsXml(bounds: Bounds | null): Xml {
  if (bounds === null) return null;
  return { MinHealthyPercentage: bounds.minPercent, MaxHealthyPercentage: bounds.maxPercent };
}

export function poolXml(pool: WarmPool): Xml {
  return {
    MinSize: pool.minSize,
    MaxGroupPreparedCapacity: pool.preparedMax,
    PoolState: pool.poolState,
    InstanceReusePolicy: { ReuseOnScaleIn: pool.reuseOnScaleIn },
    Status: pool.deleting ? 'PendingDelete' : null,
  };
}

export function instanceXml(instance: Instance) {
  const { id, name, version } = instance.template;
  return {
    InstanceId: instance.id,
    InstanceType: instance.template.instanceType,
    AvailabilityZone: instance.place.zone,
    LifecycleState: instance.state,
    HealthStatus: instance.health,
    LaunchTemplate: { LaunchTemplateId: id, LaunchTemplateName: name, Version: version },
    ProtectedFromScaleIn: instance.protectedFromScaleIn,
  };
}

export function activityXml(activity: Activity): Xml {
  return {
    ActivityId: activity.id,
    AutoScalingGroupName: activity.groupName,
    Description: activity.description,
    Cause: activity.cause,
    StartTime: timeText(activity.startedAtMs),
    EndTime: activity.endedAtMs === null ? null : timeText(activity.endedAtMs),
    StatusCode: activity.status,
    StatusMessage: activity.message || null,
    Progress: activity.endedAtMs === null ? 50 : 100,
    Details: JSON.stringify({
      'Subnet ID': activity.place.subnetId,
      'Availability Zone': activity.place.zone,
    }),
  };
}

export function hookXml(group: Group, hook: Hook): Xml {
  return {
    LifecycleHookName: hook.name,
    AutoScalingGroupName: group.name,
    LifecycleTransition: hook.transition,
    NotificationMetadata: hook.metadata,
    HeartbeatTimeout: hook.heartbeatSeconds,
    GlobalTimeout: Math.min(172_800, 100 * hook.heartbeatSeconds),
    DefaultResult: hook.defaultResult,
  };
}

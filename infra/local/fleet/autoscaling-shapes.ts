import type { Activity, Group, Hook, Instance } from './model.ts';
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
  return {
    AutoScalingGroupName: group.name,
    AutoScalingGroupARN: group.arn,
    LaunchTemplate: {
      LaunchTemplateId: group.template.id,
      LaunchTemplateName: group.template.name || null,
      Version: group.template.version,
    },
    MinSize: group.minSize,
    MaxSize: group.maxSize,
    DesiredCapacity: group.desired,
    DefaultCooldown: 300,
    AvailabilityZones: [...new Set(group.places.map((place) => place.zone))],
    HealthCheckType: 'EC2',
    HealthCheckGracePeriod: group.healthCheckGraceSeconds,
    Instances: group.instances.map(instanceXml),
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
    TerminationPolicies: ['Default'],
    NewInstancesProtectedFromScaleIn: group.newInstancesProtected,
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

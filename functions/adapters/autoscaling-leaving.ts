import {
  type AutoScalingClient,
  type AutoScalingGroup,
  DescribeAutoScalingGroupsCommand,
  type Instance,
} from '@aws-sdk/client-auto-scaling';
import type { LeavingGroup, LeavingInstance, LeavingPort } from '../core/termination/ports.ts';
import type { OnCall } from './aws-calls.ts';
import { createCall } from './aws-client.ts';
import { present } from './aws-errors.ts';

const GROUPS = 'autoscaling:DescribeAutoScalingGroups';

/** `deadlineMs` bounds the call with all its attempts. */
export function createLeavingPort(
  client: AutoScalingClient,
  deadlineMs: number,
  onCall?: OnCall,
): LeavingPort {
  const call = createCall(onCall, deadlineMs);
  return {
    readGroup: async (groupName) => {
      const command = new DescribeAutoScalingGroupsCommand({ AutoScalingGroupNames: [groupName] });
      const answer = await call(GROUPS, (options) => client.send(command, options), { groupName });
      const groups = present(answer.AutoScalingGroups, GROUPS, 'groups');
      const found = groups.find((group) => group.AutoScalingGroupName === groupName);
      return found === undefined ? null : toGroup(found);
    },
  };
}

function toGroup(group: AutoScalingGroup): LeavingGroup {
  const tags = present(group.Tags, GROUPS, 'the tags of a group').map(
    (tag) => [present(tag.Key, GROUPS, 'the key of a tag'), tag.Value ?? ''] as const,
  );
  return {
    name: present(group.AutoScalingGroupName, GROUPS, 'the name of a group'),
    desiredCapacity: present(group.DesiredCapacity, GROUPS, 'the desired capacity of a group'),
    deleting: group.Status !== undefined && /^delete in progress$/i.test(group.Status),
    tags: new Map(tags),
    templateId: group.LaunchTemplate?.LaunchTemplateId ?? null,
    instances: present(group.Instances, GROUPS, 'the instances of a group').map(toInstance),
  };
}

const toInstance = (instance: Instance): LeavingInstance => ({
  id: present(instance.InstanceId, GROUPS, 'the id of an instance'),
  lifecycle: present(instance.LifecycleState, GROUPS, 'the state of an instance'),
  zone: present(instance.AvailabilityZone, GROUPS, 'the zone of an instance'),
  health: present(instance.HealthStatus, GROUPS, 'the health of an instance'),
  isProtected: instance.ProtectedFromScaleIn === true,
  template: templateOf(instance),
});

/** An instance shows the number of its version, never `$Latest`; what is no number is older than all. */
function templateOf({ LaunchTemplate }: Instance): LeavingInstance['template'] {
  const id = LaunchTemplate?.LaunchTemplateId;
  if (id === undefined) return null;
  const version = LaunchTemplate?.Version ?? '';
  return { id, version: /^\d{1,9}$/.test(version) ? Number(version) : 0 };
}

import type { Activity, Group, Instance, PendingAction, Transition } from './model.ts';
import { timeText } from './wire.ts';

export type Detail = Readonly<Record<string, unknown>>;

export interface ScalingEvent {
  readonly detailType: string;
  readonly detail: Detail;
}

const DIRECTIONS: Record<
  Transition,
  { readonly word: string; readonly Origin: string; readonly Destination: string }
> = {
  'autoscaling:EC2_INSTANCE_LAUNCHING': { word: 'launch', Origin: 'EC2', Destination: 'AutoScalingGroup' },
  'autoscaling:EC2_INSTANCE_TERMINATING': {
    word: 'terminate',
    Origin: 'AutoScalingGroup',
    Destination: 'EC2',
  },
};

export function lifecycleEvent(group: Group, instance: Instance, action: PendingAction): ScalingEvent {
  const { word, Origin, Destination } = DIRECTIONS[action.hook.transition];
  return {
    detailType: `EC2 Instance-${word} Lifecycle Action`,
    detail: {
      LifecycleActionToken: action.token,
      AutoScalingGroupName: group.name,
      LifecycleHookName: action.hook.name,
      EC2InstanceId: instance.id,
      LifecycleTransition: action.hook.transition,
      ...(action.hook.metadata === null ? {} : { NotificationMetadata: action.hook.metadata }),
      Origin,
      Destination,
    },
  };
}

export function resultEvent(transition: Transition, activity: Activity): ScalingEvent {
  const { word, Origin, Destination } = DIRECTIONS[transition];
  const verb = word === 'launch' ? 'Launch' : 'Terminate';
  const success = activity.status === 'Successful';
  return {
    detailType: `EC2 Instance ${verb} ${success ? 'Successful' : 'Unsuccessful'}`,
    detail: {
      StatusCode: success ? 'InProgress' : 'Failed',
      Description: activity.description,
      AutoScalingGroupName: activity.groupName,
      ActivityId: activity.id,
      Details: { 'Availability Zone': activity.place.zone, 'Subnet ID': activity.place.subnetId },
      RequestId: activity.id,
      StatusMessage: activity.message,
      EndTime: timeText(activity.endedAtMs ?? activity.startedAtMs),
      EC2InstanceId: activity.instanceId,
      StartTime: timeText(activity.startedAtMs),
      Cause: activity.cause,
      Origin,
      Destination,
    },
  };
}

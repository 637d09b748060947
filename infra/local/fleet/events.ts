import type { Activity, Group, Instance, PendingAction, Route } from './model.ts';
import type { Refresh } from './refresh-model.ts';
import { LAUNCHING } from './routes.ts';
import { timeText } from './wire.ts';

export type Detail = Readonly<Record<string, unknown>>;

export interface ScalingEvent {
  readonly detailType: string;
  readonly detail: Detail;
}

export function lifecycleEvent(group: Group, instance: Instance, action: PendingAction): ScalingEvent {
  const word = action.hook.transition === LAUNCHING ? 'launch' : 'terminate';
  return {
    detailType: `EC2 Instance-${word} Lifecycle Action`,
    detail: {
      LifecycleActionToken: action.token,
      AutoScalingGroupName: group.name,
      LifecycleHookName: action.hook.name,
      EC2InstanceId: instance.id,
      LifecycleTransition: action.hook.transition,
      ...(action.hook.metadata === null ? {} : { NotificationMetadata: action.hook.metadata }),
      Origin: action.way.origin,
      Destination: action.way.destination,
      // Only a root volume is replaced without going anywhere.
      ...(action.way.origin === action.way.destination ? { Action: 'ReplaceRootVolume' } : {}),
    },
  };
}

/** How a way into a group or a pool, or out of them, ended. */
export function resultEvent(activity: Activity, way: Route): ScalingEvent {
  const verb = way.transition === LAUNCHING ? 'Launch' : 'Terminate';
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
      Origin: way.origin,
      Destination: way.destination,
    },
  };
}

export function refreshEvent(
  group: Group,
  refresh: Refresh,
  what:
    | 'Started'
    | 'Succeeded'
    | 'Failed'
    | 'Cancelled'
    | 'Checkpoint Reached'
    | 'Rollback Started'
    | 'Rollback Succeeded'
    | 'Rollback Failed',
): ScalingEvent {
  const checkpoint =
    what === 'Checkpoint Reached'
      ? {
          CheckpointPercentage: String(refresh.preferences.checkpoints[refresh.checkpointsReached - 1]),
          CheckpointDelay: String(refresh.preferences.checkpointSeconds),
        }
      : {};
  return {
    detailType: `EC2 Auto Scaling Instance Refresh ${what}`,
    detail: { InstanceRefreshId: refresh.id, AutoScalingGroupName: group.name, ...checkpoint },
  };
}

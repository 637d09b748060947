import type { Actions } from './autoscaling-actions.ts';
import type { Group } from './model.ts';
import { isRunning, type Refresh } from './refresh-model.ts';
import { progressOf } from './refresh-step.ts';
import { isTrue, paged, text, textList, timeText, type Xml } from './wire.ts';

/** Instance refreshes. */
export const REFRESH_ACTIONS: Actions = {
  StartInstanceRefresh: async (groups, input) => {
    const group = groups.get(text(input['AutoScalingGroupName']));
    const refresh = await groups.refresher.start(group, input);
    return { InstanceRefreshId: refresh.id };
  },
  DescribeInstanceRefreshes: (groups, input) => {
    const group = groups.get(text(input['AutoScalingGroupName']));
    const ids = textList(input['InstanceRefreshIds']);
    const wanted = group.refreshes.filter((one) => ids.length === 0 || ids.includes(one.id));
    return paged(wanted, input, 50, 'InstanceRefreshes', (one) => refreshXml(group, one));
  },
  CancelInstanceRefresh: (groups, input) => {
    const group = groups.get(text(input['AutoScalingGroupName']));
    const waits = input['WaitForTransitioningInstances'];
    const refresh = groups.refresher.cancel(group, waits === undefined || isTrue(waits));
    return { InstanceRefreshId: refresh.id };
  },
  RollbackInstanceRefresh: (groups, input) => {
    const group = groups.get(text(input['AutoScalingGroupName']));
    return { InstanceRefreshId: groups.refresher.rollBack(group).id };
  },
};

function refreshXml(group: Group, refresh: Refresh): Xml {
  const { bounds, ...own } = refresh.preferences;
  const { percent, untouched, busy } = progressOf(group, refresh);
  const template = refresh.wanted;
  return {
    InstanceRefreshId: refresh.id,
    AutoScalingGroupName: group.name,
    Status: refresh.status,
    StatusReason: refresh.reason || null,
    StartTime: timeText(refresh.startedAtMs),
    EndTime: refresh.endedAtMs === null ? null : timeText(refresh.endedAtMs),
    PercentageComplete: isRunning(refresh) ? percent : refresh.percentAtEnd,
    InstancesToUpdate: isRunning(refresh) ? untouched.length + busy : refresh.leftAtEnd,
    Strategy: refresh.strategy,
    Preferences: {
      MinHealthyPercentage: bounds.minPercent,
      MaxHealthyPercentage: bounds.maxPercent,
      InstanceWarmup: own.warmupSeconds,
      SkipMatching: own.skipMatching,
      CheckpointPercentages: own.checkpoints,
      CheckpointDelay: own.checkpoints.length === 0 ? null : own.checkpointSeconds,
      BakeTime: own.bakeSeconds,
      ScaleInProtectedInstances: own.protectedInstances,
      StandbyInstances: own.standbyInstances,
    },
    DesiredConfiguration:
      template === null
        ? null
        : {
            LaunchTemplate: {
              LaunchTemplateId: template.id || null,
              LaunchTemplateName: template.name || null,
              Version: template.version,
            },
          },
  };
}

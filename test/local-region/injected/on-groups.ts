import {
  CreateAutoScalingGroupCommand,
  CreateOrUpdateTagsCommand,
  DeleteAutoScalingGroupCommand,
  DeleteLifecycleHookCommand,
  DeleteTagsCommand,
  PutLifecycleHookCommand,
  ResumeProcessesCommand,
  SetDesiredCapacityCommand,
  SuspendProcessesCommand,
  UpdateAutoScalingGroupCommand,
} from '@aws-sdk/client-auto-scaling';
import { HOOK, TAG } from '../../../functions/core/names.ts';
import type { InjectedFault } from './fault.ts';
import type { Ground } from './ground.ts';

const tagOf = (ground: Ground, Key: string) => ({
  ResourceId: ground.group,
  ResourceType: 'auto-scaling-group',
  Key,
});

/** Deletes a tag; undone with the value that it had. */
async function untagged(ground: Ground, key: string) {
  const { scaling } = ground.clients;
  const group = await ground.clients.group(ground.group);
  const Value = group?.Tags?.find(({ Key }) => Key === key)?.Value ?? '';
  await scaling.send(new DeleteTagsCommand({ Tags: [tagOf(ground, key)] }));
  const tag = { ...tagOf(ground, key), Value, PropagateAtLaunch: false };
  return { undo: () => scaling.send(new CreateOrUpdateTagsCommand({ Tags: [tag] })) };
}

const SECOND = 'somebody-elses-group';

/** What a person, a script or another stack may do to an Auto Scaling group. */
export const ON_GROUPS: readonly InjectedFault[] = [
  {
    name: 'the launch hook is deleted',
    codes: ['hookMissing'],
    end: 'repaired',
    inject: async ({ clients, group }) => {
      const hook = { AutoScalingGroupName: group, LifecycleHookName: HOOK.launch };
      await clients.scaling.send(new DeleteLifecycleHookCommand(hook));
      return { subject: HOOK.launch };
    },
  },
  {
    name: 'the terminate hook is deleted',
    codes: ['hookMissing'],
    end: 'repaired',
    inject: async ({ clients, group }) => {
      const hook = { AutoScalingGroupName: group, LifecycleHookName: HOOK.terminate };
      await clients.scaling.send(new DeleteLifecycleHookCommand(hook));
      return { subject: HOOK.terminate };
    },
  },
  {
    name: 'the terminate hook is shortened, and lets go who is not answered',
    codes: ['hookEdited'],
    end: 'left',
    inject: async ({ clients, group }) => {
      const hook = {
        AutoScalingGroupName: group,
        LifecycleHookName: HOOK.terminate,
        LifecycleTransition: 'autoscaling:EC2_INSTANCE_TERMINATING',
      };
      const put = (HeartbeatTimeout: number, DefaultResult: string) =>
        clients.scaling.send(new PutLifecycleHookCommand({ ...hook, HeartbeatTimeout, DefaultResult }));
      await put(30, 'CONTINUE');
      return { subject: HOOK.terminate, undo: () => put(1_800, 'ABANDON') };
    },
  },
  {
    name: 'the process Launch of the group is suspended',
    codes: ['processSuspended'],
    end: 'left',
    inject: async ({ clients, group }) => {
      const asked = { AutoScalingGroupName: group, ScalingProcesses: ['Launch'] };
      await clients.scaling.send(new SuspendProcessesCommand(asked));
      return { subject: 'Launch', undo: () => clients.scaling.send(new ResumeProcessesCommand(asked)) };
    },
  },
  {
    name: 'the termination policy of the group is replaced',
    codes: ['terminationPolicyMissing'],
    end: 'left',
    inject: async (ground) => {
      const { scaling } = ground.clients;
      const before = (await ground.clients.group(ground.group))?.TerminationPolicies ?? [];
      const set = (TerminationPolicies: string[]) =>
        scaling.send(
          new UpdateAutoScalingGroupCommand({ AutoScalingGroupName: ground.group, TerminationPolicies }),
        );
      await set(['OldestInstance']);
      return { subject: ground.group, undo: () => set(before) };
    },
  },
  {
    name: 'the tag with the cluster is taken off the group',
    codes: ['groupMissing'],
    end: 'left',
    inject: (ground) => untagged(ground, TAG.cluster),
  },
  {
    name: 'a second group is tagged as the members of the cluster',
    codes: ['twoMemberGroups'],
    end: 'left',
    inject: async ({ clients, group, name }) => {
      const { scaling } = clients;
      const mine = await clients.group(group);
      const tags = { [TAG.cluster]: name, [TAG.role]: 'member' };
      await scaling.send(
        new CreateAutoScalingGroupCommand({
          ...{ AutoScalingGroupName: SECOND, MinSize: 0, MaxSize: 1, DesiredCapacity: 0 },
          LaunchTemplate: {
            LaunchTemplateId: mine?.LaunchTemplate?.LaunchTemplateId,
            Version: mine?.LaunchTemplate?.Version,
          },
          VPCZoneIdentifier: mine?.VPCZoneIdentifier,
          Tags: Object.entries(tags).map(([Key, Value]) => ({ Key, Value })),
        }),
      );
      const asked = { AutoScalingGroupName: SECOND, ForceDelete: true };
      return { undo: () => scaling.send(new DeleteAutoScalingGroupCommand(asked)) };
    },
  },
  {
    name: 'the group wants an even number of members',
    codes: ['evenSize', 'tooFewVoters'],
    end: 'left',
    inject: async ({ clients, group }) => {
      const want = (DesiredCapacity: number) =>
        clients.scaling.send(new SetDesiredCapacityCommand({ AutoScalingGroupName: group, DesiredCapacity }));
      await want(4);
      return { undo: () => want(3) };
    },
  },
];

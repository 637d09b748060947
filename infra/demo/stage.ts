import {
  AutoScalingClient,
  DescribeAutoScalingGroupsCommand,
  DescribeInstanceRefreshesCommand,
  SetDesiredCapacityCommand,
  StartInstanceRefreshCommand,
  TerminateInstanceInAutoScalingGroupCommand,
} from '@aws-sdk/client-auto-scaling';
import { GetParametersByPathCommand, SSMClient } from '@aws-sdk/client-ssm';
import { decodeStatus, type Status } from '../../functions/core/status.ts';

/** What the demo looks at and touches, through the same API calls that anybody would use. */
export interface Stage {
  see(): Promise<Sighting>;
  setDesired(count: number): Promise<void>;
  /** Through the hook; the group replaces it. */
  terminate(instanceId: string): Promise<void>;
  /** Replaces every instance of the group within its maintenance policy; answers with the refresh's id. */
  startRefresh(): Promise<string>;
  /** The platform's word for how far it is, `Successful` when done. */
  refreshStatus(id: string): Promise<string>;
  close(): void;
}

export interface Sighting {
  readonly desired: number;
  readonly instances: readonly { readonly id: string; readonly lifecycle: string }[];
  readonly endpoints: readonly string[];
  readonly status: Status | null;
}

export interface StageOptions {
  readonly endpoint: string;
  readonly region: string;
  readonly cluster: string;
  readonly group: string;
}

/**
 * The bounds are those of the group's maintenance policy. An instance in service votes already, so there is nothing to
 * warm up; left out, the health check's grace period would be waited for after each.
 */
const REFRESH = { MinHealthyPercentage: 100, MaxHealthyPercentage: 150, InstanceWarmup: 0 };

export function openStage(options: StageOptions): Stage {
  const credentials = { accessKeyId: 'local', secretAccessKey: 'local' };
  const settings = { endpoint: options.endpoint, region: options.region, credentials };
  const scaling = new AutoScalingClient(settings);
  const parameters = new SSMClient(settings);
  return {
    see: async () => ({
      ...(await seeGroup(scaling, options.group)),
      ...(await seeRecords(parameters, options.cluster)),
    }),
    setDesired: async (count) => {
      await scaling.send(
        new SetDesiredCapacityCommand({ AutoScalingGroupName: options.group, DesiredCapacity: count }),
      );
    },
    terminate: async (instanceId) => {
      const input = { InstanceId: instanceId, ShouldDecrementDesiredCapacity: false };
      await scaling.send(new TerminateInstanceInAutoScalingGroupCommand(input));
    },
    startRefresh: async () => {
      const input = { AutoScalingGroupName: options.group, Preferences: REFRESH };
      return (await scaling.send(new StartInstanceRefreshCommand(input))).InstanceRefreshId ?? '';
    },
    refreshStatus: async (id) => {
      const input = { AutoScalingGroupName: options.group, InstanceRefreshIds: [id] };
      const answer = await scaling.send(new DescribeInstanceRefreshesCommand(input));
      return answer.InstanceRefreshes?.[0]?.Status ?? 'unknown';
    },
    close: () => {
      scaling.destroy();
      parameters.destroy();
    },
  };
}

async function seeGroup(
  scaling: AutoScalingClient,
  name: string,
): Promise<Pick<Sighting, 'desired' | 'instances'>> {
  const answer = await scaling.send(new DescribeAutoScalingGroupsCommand({ AutoScalingGroupNames: [name] }));
  const group = answer.AutoScalingGroups?.[0];
  const instances = (group?.Instances ?? []).map((instance) => ({
    id: instance.InstanceId ?? '',
    lifecycle: instance.LifecycleState ?? '',
  }));
  return { desired: group?.DesiredCapacity ?? 0, instances };
}

async function seeRecords(
  parameters: SSMClient,
  cluster: string,
): Promise<Pick<Sighting, 'endpoints' | 'status'>> {
  const path = `/etcd-autopilot/${cluster}`;
  const answer = await parameters.send(new GetParametersByPathCommand({ Path: path, Recursive: false }));
  const texts = new Map(
    (answer.Parameters ?? []).map((parameter) => [parameter.Name, parameter.Value ?? '']),
  );
  return {
    endpoints: (texts.get(`${path}/endpoints`) ?? '').split(',').filter((url) => url !== ''),
    status: decodeStatus(texts.get(`${path}/status`) ?? ''),
  };
}

/** Full voting strength: as many voters as the group wants, all answering, told to everybody, nobody waiting. */
export function isWhole(sight: Sighting, desired: number): boolean {
  const { status } = sight;
  return (
    sight.desired === desired &&
    sight.instances.length === desired &&
    sight.instances.every(({ lifecycle }) => lifecycle === 'InService') &&
    status !== null &&
    status.leader !== null &&
    status.learners.length === 0 &&
    status.voters.length === desired &&
    status.voters.every((voter) => voter.answers && sight.instances.some(({ id }) => id === voter.name)) &&
    sight.endpoints.length === desired
  );
}

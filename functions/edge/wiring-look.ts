import type { AutoScalingClient } from '@aws-sdk/client-auto-scaling';
import { CloudFormationClient } from '@aws-sdk/client-cloudformation';
import { EC2Client } from '@aws-sdk/client-ec2';
import { createGroupLook } from '../adapters/autoscaling-look.ts';
import type { OnCall } from '../adapters/aws-calls.ts';
import { CLIENT_SETTINGS } from '../adapters/aws-client.ts';
import { createDeletionPort } from '../adapters/cloudformation.ts';
import { createMachinePort } from '../adapters/ec2.ts';
import { InvariantError } from '../core/errors.ts';
import type { AwsPorts } from './wiring.ts';

/** Of one question to CloudFormation, with all its attempts. */
const STACK_MS_MAX = 5_000;

/** Stands for a call, by its name, that is never made. */
export type NotMade = (name: string) => () => Promise<never>;

/** Calls that a function never makes: one that it asks for is a bug of ours. */
export const notMadeBy =
  (words: string): NotMade =>
  (name) =>
  () =>
    Promise.reject(new InvariantError(`${words}, and asked for ${name}`));

/** Groups, machines and stacks for those who look with the code of membership, and change none of them. */
export function connectLook(
  scaling: AutoScalingClient,
  notMade: NotMade,
  onCall?: OnCall,
): Pick<AwsPorts, 'scaling' | 'machines' | 'stacks'> {
  const stacks = createDeletionPort(new CloudFormationClient(CLIENT_SETTINGS), STACK_MS_MAX, onCall);
  return {
    scaling: {
      ...createGroupLook(scaling, onCall),
      heartbeat: notMade('heartbeat'),
      complete: notMade('complete'),
      reportUnhealthy: notMade('reportUnhealthy'),
      endInstance: notMade('endInstance'),
      cancelRefresh: notMade('cancelRefresh'),
      tagGroup: notMade('tagGroup'),
    },
    machines: createMachinePort(new EC2Client(CLIENT_SETTINGS), onCall),
    stacks: { ...stacks, signal: notMade('signal') },
  };
}

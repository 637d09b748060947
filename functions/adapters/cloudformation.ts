import { type CloudFormationClient, DescribeStackResourceCommand } from '@aws-sdk/client-cloudformation';
import { OperationError } from '../core/errors.ts';
import type { StackPort } from '../core/ports.ts';
import type { OnCall } from './aws-calls.ts';
import { createCall } from './aws-client.ts';
import { present } from './aws-errors.ts';

const RESOURCE = 'cloudformation:DescribeStackResource';

/** CloudFormation has no error name for it: `Stack '…' does not exist`, `Resource … does not exist for stack …`. */
const NOT_THERE = /does not exist/i;

export function createStackPort(client: CloudFormationClient, onCall?: OnCall): StackPort {
  const call = createCall(onCall);
  return {
    isDeleting: async ({ stackName, logicalId, physicalId }) => {
      const input = { StackName: stackName, LogicalResourceId: logicalId };
      const command = new DescribeStackResourceCommand(input);
      const sent = call(RESOURCE, (options) => client.send(command, options), { stackName, logicalId });
      const answer = await sent.catch(nothingThere);
      if (answer === null) return false;
      const detail = present(answer.StackResourceDetail, RESOURCE, 'the resource');
      const status = present(detail.ResourceStatus, RESOURCE, 'the status of the resource');
      return status === 'DELETE_IN_PROGRESS' && detail.PhysicalResourceId === physicalId;
    },
  };
}

/** A stack that is gone deletes nothing: it was told to leave the resource behind. */
function nothingThere(error: unknown): null {
  const cause = error instanceof OperationError ? error.cause : null;
  if (cause instanceof Error && cause.name === 'ValidationError' && NOT_THERE.test(cause.message))
    return null;
  throw error;
}

import { type CloudFormationClient, DescribeStacksCommand } from '@aws-sdk/client-cloudformation';
import { OperationError } from '../core/errors.ts';
import type { StackStatusPort } from '../core/gate/ports.ts';
import type { OnCall } from './aws-calls.ts';
import { createCall } from './aws-client.ts';
import { present } from './aws-errors.ts';

const DESCRIBE = 'cloudformation:DescribeStacks';

/** CloudFormation has no error name for it. */
const NOT_THERE = /does not exist/i;

/** Apart from the port of membership, which must not be able to read stacks. */
export function createStackStatusPort(client: CloudFormationClient, onCall?: OnCall): StackStatusPort {
  const call = createCall(onCall);
  return {
    statusOf: async (stackId) => {
      const command = new DescribeStacksCommand({ StackName: stackId });
      const sent = call(DESCRIBE, (options) => client.send(command, options), { stackId });
      const answer = await sent.catch(nothingThere);
      if (answer === null) return null;
      const [stack] = present(answer.Stacks, DESCRIBE, 'stacks');
      return present(stack?.StackStatus, DESCRIBE, 'the status of the stack');
    },
  };
}

function nothingThere(error: unknown): null {
  const cause = error instanceof OperationError ? error.cause : null;
  if (cause instanceof Error && cause.name === 'ValidationError' && NOT_THERE.test(cause.message))
    return null;
  throw error;
}

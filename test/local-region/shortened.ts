import { LambdaClient, UpdateFunctionConfigurationCommand } from '@aws-sdk/client-lambda';
import {
  GetQueueAttributesCommand,
  GetQueueUrlCommand,
  SetQueueAttributesCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import { expect } from 'vitest';
import { STACK, type Theatre } from './stage.ts';

/** The queue hides a message for so much longer than its function may run, as in the template. */
const HIDDEN_SECONDS = 10;

/**
 * Gives membership less than its minute, before there is a cluster: who waits until a pass that cannot go on ends, or
 * until the message of a dead function comes back, waits for less. What happens is the same.
 */
export async function shortenPasses({ region }: Theatre, seconds: number): Promise<void> {
  const credentials = { accessKeyId: 'local', secretAccessKey: 'local' };
  const settings = { endpoint: region.endpoint, region: region.region, credentials };
  const [functions, queues] = [new LambdaClient(settings), new SQSClient(settings)];
  const FunctionName = `${STACK}-membership`;
  await functions.send(new UpdateFunctionConfigurationCommand({ FunctionName, Timeout: seconds }));
  const { QueueUrl = '' } = await queues.send(new GetQueueUrlCommand({ QueueName: `${STACK}.fifo` }));
  const Attributes = { VisibilityTimeout: String(seconds + HIDDEN_SECONDS) };
  await queues.send(new SetQueueAttributesCommand({ QueueUrl, Attributes }));
  const told = await queues.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['All'] }));
  expect(told.Attributes).toMatchObject(Attributes);
  functions.destroy();
  queues.destroy();
}

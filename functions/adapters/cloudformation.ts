import {
  type CloudFormationClient,
  DescribeStackResourceCommand,
  SignalResourceCommand,
} from '@aws-sdk/client-cloudformation';
import { OperationError } from '../core/errors.ts';
import type { StackPort, StackSignal } from '../core/stack-port.ts';
import type { OnCall } from './aws-calls.ts';
import { type Call, createCall } from './aws-client.ts';
import { present } from './aws-errors.ts';

const RESOURCE = 'cloudformation:DescribeStackResource';
const SIGNAL = 'cloudformation:SignalResource';

/** CloudFormation has no error name for it: `Stack '…' does not exist`, `Resource … does not exist for stack …`. */
const NOT_THERE = /does not exist/i;

/** `Stack … is in UPDATE_COMPLETE state and cannot be signaled`, and the same of a resource. */
const NOT_WAITING = /can ?not be signall?ed|does not exist/i;

/** `Signal with ID i-… for resource … already exists. Signals may only be updated with a FAILURE status.` */
const TOLD_BEFORE = /^Signal with ID .* already exists/i;

export function createStackPort(client: CloudFormationClient, onCall?: OnCall): StackPort {
  const call = createCall(onCall);
  return {
    isDeleting: (resource) => isDeleting(client, call, resource),
    signal: (signal) => sendSignal(client, call, signal),
  };
}

export type DeletionPort = Pick<StackPort, 'isDeleting'>;

/** Apart from the rest: who only asks whether a group is being deleted may not signal. */
export function createDeletionPort(
  client: CloudFormationClient,
  deadlineMs: number,
  onCall?: OnCall,
): DeletionPort {
  const call = createCall(onCall, deadlineMs);
  return { isDeleting: (resource) => isDeleting(client, call, resource) };
}

async function isDeleting(
  client: CloudFormationClient,
  call: Call,
  { stackName, logicalId, physicalId }: Parameters<StackPort['isDeleting']>[0],
): Promise<boolean> {
  const input = { StackName: stackName, LogicalResourceId: logicalId };
  const command = new DescribeStackResourceCommand(input);
  const sent = call(RESOURCE, (options) => client.send(command, options), { stackName, logicalId });
  const answer = await sent.catch(nothingThere);
  if (answer === null) return false;
  const detail = present(answer.StackResourceDetail, RESOURCE, 'the resource');
  const status = present(detail.ResourceStatus, RESOURCE, 'the status of the resource');
  return status === 'DELETE_IN_PROGRESS' && detail.PhysicalResourceId === physicalId;
}

/** The instance's id makes it one signal, however often it is sent. */
async function sendSignal(
  client: CloudFormationClient,
  call: Call,
  { stackName, logicalId, instanceId, status }: StackSignal,
): Promise<'sent' | 'notWaiting'> {
  const about = { StackName: stackName, LogicalResourceId: logicalId };
  const command = new SignalResourceCommand({ ...about, UniqueId: instanceId, Status: status });
  try {
    await call(SIGNAL, (options) => client.send(command, options), { stackName, logicalId, instanceId });
    return 'sent';
  } catch (error) {
    const words = validationWords(error);
    if (words !== null && TOLD_BEFORE.test(words)) return 'sent';
    if (words !== null && NOT_WAITING.test(words)) return 'notWaiting';
    throw error;
  }
}

/** A stack that is gone deletes nothing: it was told to leave the resource behind. */
function nothingThere(error: unknown): null {
  if (NOT_THERE.test(validationWords(error) ?? '')) return null;
  throw error;
}

/** What CloudFormation objects to; `null`: it failed in another way. */
function validationWords(error: unknown): string | null {
  const cause = error instanceof OperationError ? error.cause : null;
  return cause instanceof Error && cause.name === 'ValidationError' ? cause.message : null;
}

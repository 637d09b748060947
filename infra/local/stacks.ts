import { setTimeout as sleep } from 'node:timers/promises';
import {
  CloudFormationClient,
  CreateStackCommand,
  DeleteStackCommand,
  DescribeStackEventsCommand,
  DescribeStacksCommand,
  type Stack,
  type StackEvent,
  UpdateStackCommand,
} from '@aws-sdk/client-cloudformation';

const POLL_MS = 150;

/** Where stacks are deployed: a running region, or anything with the same settings. */
export interface Place {
  readonly endpoint: string;
  readonly region: string;
}

export interface StackRequest {
  readonly name: string;
  readonly templateText: string;
  readonly parameters?: Readonly<Record<string, string>>;
  /** Default 120,000. */
  readonly timeoutMs?: number;
  /** One line per event of the stack, as it happens. */
  readonly log?: (line: string) => void;
}

/** The stack did not end as asked; `reasons` says what failed first, in order. */
export class StackFailedError extends Error {
  readonly status: string;
  readonly reasons: readonly string[];

  constructor(name: string, status: string, reasons: readonly string[]) {
    super(`stack ${name} ended in ${status}: ${reasons.join('; ') || 'no reason was given'}`);
    this.name = 'StackFailedError';
    this.status = status;
    this.reasons = reasons;
  }
}

export function cloudFormation(place: Place): CloudFormationClient {
  return new CloudFormationClient({
    endpoint: place.endpoint,
    region: place.region,
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
  });
}

/**
 * Creates the stack, or updates it when it exists; resolves with its outputs.
 *
 * @throws {StackFailedError} it was rolled back
 */
export async function putStack(
  place: Place,
  request: StackRequest,
): Promise<Readonly<Record<string, string>>> {
  const client = cloudFormation(place);
  const input = {
    StackName: request.name,
    TemplateBody: request.templateText,
    Capabilities: ['CAPABILITY_NAMED_IAM' as const],
    Parameters: Object.entries(request.parameters ?? {}).map(([ParameterKey, ParameterValue]) => ({
      ParameterKey,
      ParameterValue,
    })),
  };
  const exists = (await describe(client, request.name)) !== null;
  const answer = exists
    ? await client.send(new UpdateStackCommand(input))
    : await client.send(new CreateStackCommand(input));
  const seen = exists ? await eventIds(client, answer.StackId ?? request.name) : new Set<string>();
  const wanted = exists ? 'UPDATE_COMPLETE' : 'CREATE_COMPLETE';
  const stack = await untilStill(client, answer.StackId ?? request.name, request, seen, wanted);
  return Object.fromEntries(
    (stack.Outputs ?? []).map((output) => [output.OutputKey ?? '', output.OutputValue ?? '']),
  );
}

/**
 * Deletes the stack and waits; a stack that is not there is deleted already.
 *
 * @throws {StackFailedError} something could not be deleted
 */
export async function deleteStack(place: Place, request: Omit<StackRequest, 'templateText'>): Promise<void> {
  const client = cloudFormation(place);
  const stack = await describe(client, request.name);
  if (stack?.StackId === undefined) return;
  const seen = await eventIds(client, stack.StackId);
  await client.send(new DeleteStackCommand({ StackName: request.name }));
  await untilStill(client, stack.StackId, request, seen, 'DELETE_COMPLETE');
}

/** Whether a stack has that name now. */
export async function stackExists(place: Place, name: string): Promise<boolean> {
  return (await describe(cloudFormation(place), name)) !== null;
}

async function untilStill(
  client: CloudFormationClient,
  stackId: string,
  request: Omit<StackRequest, 'templateText'>,
  seen: Set<string>,
  wanted: string,
): Promise<Stack> {
  const deadline = Date.now() + (request.timeoutMs ?? 120_000);
  const reasons: string[] = [];
  while (Date.now() < deadline) {
    const stack = await describe(client, stackId);
    for (const event of await newEvents(client, stackId, seen)) {
      request.log?.(lineOf(event));
      if (event.ResourceStatus?.endsWith('_FAILED'))
        reasons.push(`${event.LogicalResourceId}: ${event.ResourceStatusReason}`);
    }
    const status = stack?.StackStatus ?? 'DELETE_COMPLETE';
    if (stack !== null && status === wanted) return stack;
    // A deletion starts a moment after it was asked for: the status of before is no answer yet.
    const still =
      status.endsWith('_IN_PROGRESS') || (wanted === 'DELETE_COMPLETE' && status !== 'DELETE_FAILED');
    if (!still) throw new StackFailedError(request.name, status, reasons);
    await sleep(POLL_MS);
  }
  throw new StackFailedError(request.name, 'an unfinished state after the time allowed', reasons);
}

function lineOf(event: StackEvent): string {
  const reason = event.ResourceStatusReason ? `: ${event.ResourceStatusReason}` : '';
  return `${event.StackName} ${event.LogicalResourceId} ${event.ResourceStatus}${reason}`;
}

/** Null for a name that no stack has now. */
async function describe(client: CloudFormationClient, nameOrId: string): Promise<Stack | null> {
  const answer = await client
    .send(new DescribeStacksCommand({ StackName: nameOrId }))
    .catch((error: unknown) => {
      if (error instanceof Error && error.message.includes('does not exist')) return null;
      throw error;
    });
  return answer?.Stacks?.[0] ?? null;
}

async function newEvents(
  client: CloudFormationClient,
  stackId: string,
  seen: Set<string>,
): Promise<readonly StackEvent[]> {
  const answer = await client.send(new DescribeStackEventsCommand({ StackName: stackId }));
  const fresh = (answer.StackEvents ?? []).filter((event) => !seen.has(event.EventId ?? ''));
  for (const event of fresh) seen.add(event.EventId ?? '');
  // Newest first in the answer, but in order among those of one millisecond.
  return fresh.toSorted((left, right) => Number(left.Timestamp) - Number(right.Timestamp));
}

async function eventIds(client: CloudFormationClient, stackId: string): Promise<Set<string>> {
  const seen = new Set<string>();
  await newEvents(client, stackId, seen);
  return seen;
}

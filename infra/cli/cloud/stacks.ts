import {
  type CloudFormationClient,
  DeleteStackCommand,
  DescribeStackEventsCommand,
  DescribeStacksCommand,
  ListStackResourcesCommand,
  type StackEvent as VendorEvent,
  type Stack as VendorStack,
} from '@aws-sdk/client-cloudformation';
import type { StackEvent } from '../stacks/events.ts';
import type { Stack } from '../stacks/stack.ts';
import { allPages, calling, isMissing } from './call.ts';
import type { StackPort } from './ports.ts';

const EVENTS = 'cloudformation:DescribeStackEvents';
const STACKS = 'cloudformation:DescribeStacks';
/** More events than any stack of ours makes in one operation. */
const EVENT_PAGES_MAX = 50;

export function createStackPort(client: CloudFormationClient): StackPort {
  return {
    find: (nameOrId) => calling(STACKS, `looking for stack ${nameOrId}`, () => findStack(client, nameOrId)),
    list: () => calling(STACKS, 'listing the stacks', () => listStacks(client)),
    resources: (stackId) =>
      calling('cloudformation:ListStackResources', 'listing what is in the stack', () =>
        listResources(client, stackId),
      ),
    eventsSince: (stackId, known) =>
      calling(EVENTS, 'reading the events of the stack', () => newEvents(client, stackId, known)),
    remove: (stackId) =>
      calling('cloudformation:DeleteStack', 'deleting the stack', async () => {
        await client.send(new DeleteStackCommand({ StackName: stackId }));
      }),
  };
}

async function findStack(client: CloudFormationClient, nameOrId: string): Promise<Stack | null> {
  try {
    const answer = await client.send(new DescribeStacksCommand({ StackName: nameOrId }));
    const found = answer.Stacks?.[0];
    return found === undefined ? null : toStack(found);
  } catch (error) {
    if (isMissing(error)) return null;
    throw error;
  }
}

const listStacks = async (client: CloudFormationClient): Promise<readonly Stack[]> => {
  const stacks = await allPages(async (NextToken) => {
    const answer = await client.send(new DescribeStacksCommand({ NextToken }));
    return { items: answer.Stacks ?? [], next: answer.NextToken };
  });
  return stacks.map(toStack).sort((left, right) => left.name.localeCompare(right.name));
};

const toStack = (stack: VendorStack): Stack => ({
  id: stack.StackId ?? '',
  name: stack.StackName ?? '',
  status: stack.StackStatus ?? '',
  reason: stack.StackStatusReason ?? '',
  parameters: new Map(
    (stack.Parameters ?? []).map(({ ParameterKey, ParameterValue }) => [
      ParameterKey ?? '',
      ParameterValue ?? '',
    ]),
  ),
  outputs: new Map(
    (stack.Outputs ?? []).map(({ OutputKey, OutputValue }) => [OutputKey ?? '', OutputValue ?? '']),
  ),
});

async function listResources(client: CloudFormationClient, StackName: string) {
  const resources = await allPages(async (NextToken) => {
    const answer = await client.send(new ListStackResourcesCommand({ StackName, NextToken }));
    return { items: answer.StackResourceSummaries ?? [], next: answer.NextToken };
  });
  return resources.map((resource) => ({
    logicalId: resource.LogicalResourceId ?? '',
    type: resource.ResourceType ?? '',
    physicalId: resource.PhysicalResourceId ?? '',
    status: resource.ResourceStatus ?? '',
  }));
}

/** The newest come first: reading ends at the first page with one that is known. */
async function newEvents(
  client: CloudFormationClient,
  StackName: string,
  known: ReadonlySet<string>,
): Promise<readonly StackEvent[]> {
  const fresh: StackEvent[] = [];
  let token: string | undefined;
  for (let page = 0; page < EVENT_PAGES_MAX; page += 1) {
    const answer = await client.send(new DescribeStackEventsCommand({ StackName, NextToken: token }));
    const events = (answer.StackEvents ?? []).map(toEvent);
    const unknown = events.filter(({ id }) => !known.has(id));
    fresh.push(...unknown);
    if (unknown.length < events.length || answer.NextToken === undefined || answer.NextToken === '') break;
    token = answer.NextToken;
  }
  // Those of one moment stay in the order in which they were told.
  return fresh.reverse().sort((left, right) => left.atMs - right.atMs);
}

const toEvent = (event: VendorEvent): StackEvent => ({
  id: event.EventId ?? '',
  atMs: event.Timestamp?.getTime() ?? 0,
  logicalId: event.LogicalResourceId ?? '',
  physicalId: event.PhysicalResourceId ?? '',
  type: event.ResourceType ?? '',
  status: event.ResourceStatus ?? '',
  reason: event.ResourceStatusReason ?? '',
});

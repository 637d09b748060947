import {
  DescribeInstanceStatusCommand,
  type DescribeInstanceStatusCommandInput,
  DescribeSpotInstanceRequestsCommand,
  type EC2Client,
  type Filter,
} from '@aws-sdk/client-ec2';
import type { NoticePort } from '../core/hosts.ts';
import type { InstanceId } from '../core/identity.ts';
import type { Ending } from '../core/ports.ts';
import type { OnCall } from './aws-calls.ts';
import { type Call, createCall, readAllPages } from './aws-client.ts';
import { present } from './aws-errors.ts';

const STATUSES = 'ec2:DescribeInstanceStatus';
const SPOT_REQUESTS = 'ec2:DescribeSpotInstanceRequests';

/** Events after which the machine, or all that it keeps in its own disks, is gone. */
const FINAL_EVENTS: readonly string[] = ['instance-retirement', 'instance-stop'];
/** What a finished event's description begins with; EC2 lists it for a week more. */
const OVER = /^\[(Completed|Canceled)\]/;
/** How a spot request says that its instance has two minutes left, or fewer. */
const INTERRUPTED: readonly string[] = ['marked-for-termination', 'marked-for-stop'];

/**
 * Asked without ids, by filters: the answer is as short as the list of those that end, however many
 * instances an account has.
 */
export function createNoticePort(client: EC2Client, onCall?: OnCall): NoticePort {
  const call = createCall(onCall);
  const events = [{ Name: 'event.code', Values: [...FINAL_EVENTS] }];
  const statuses = [{ Name: 'status-code', Values: [...INTERRUPTED] }];
  return {
    listEnding: async () => {
      const asked = [listRetired(client, call, { Filters: events }), listInterrupted(client, call, statuses)];
      return new Set((await Promise.all(asked)).flat());
    },
  };
}

/** Which of `ids` EC2 has announced to end. */
export async function listEndings(
  client: EC2Client,
  call: Call,
  ids: readonly InstanceId[],
): Promise<ReadonlyMap<InstanceId, Ending>> {
  if (ids.length === 0) return new Map();
  const [retired, interrupted] = await Promise.all([
    listRetired(client, call, { InstanceIds: [...ids] }),
    listInterrupted(client, call, [{ Name: 'instance-id', Values: [...ids] }]),
  ]);
  const endings = new Map<InstanceId, Ending>(retired.map((id) => [id, 'retirement']));
  for (const id of interrupted) endings.set(id, 'spotInterruption');
  return endings;
}

async function listRetired(
  client: EC2Client,
  call: Call,
  asked: DescribeInstanceStatusCommandInput,
): Promise<readonly InstanceId[]> {
  const statuses = await readAllPages(STATUSES, async (NextToken) => {
    const command = new DescribeInstanceStatusCommand({ ...asked, NextToken });
    const page = await call(STATUSES, (options) => client.send(command, options));
    return { items: present(page.InstanceStatuses, STATUSES, 'statuses'), nextToken: page.NextToken };
  });
  return statuses.flatMap(({ InstanceId, Events = [] }) => {
    const isFinal = Events.some(
      ({ Code = '', Description = '' }) => FINAL_EVENTS.includes(Code) && !OVER.test(Description),
    );
    return isFinal && InstanceId !== undefined ? [InstanceId] : [];
  });
}

async function listInterrupted(
  client: EC2Client,
  call: Call,
  Filters: Filter[],
): Promise<readonly InstanceId[]> {
  const requests = await readAllPages(SPOT_REQUESTS, async (NextToken) => {
    const command = new DescribeSpotInstanceRequestsCommand({ Filters, NextToken });
    const page = await call(SPOT_REQUESTS, (options) => client.send(command, options));
    const items = present(page.SpotInstanceRequests, SPOT_REQUESTS, 'spot requests');
    return { items, nextToken: page.NextToken };
  });
  return requests.flatMap(({ InstanceId, Status }) =>
    InstanceId !== undefined && INTERRUPTED.includes(Status?.Code ?? '') ? [InstanceId] : [],
  );
}

import { DescribeInstancesCommand, type EC2Client, type Instance as Ec2Instance } from '@aws-sdk/client-ec2';
import { OperationError } from '../core/errors.ts';
import type { Host } from '../core/hosts.ts';
import type { InstanceId } from '../core/identity.ts';
import { INSTANCE_ID } from '../core/names.ts';
import { type Call, readAllPages } from './aws-client.ts';
import { malformedAnswer, present } from './aws-errors.ts';

export const DESCRIBE = 'ec2:DescribeInstances';

/** EC2 names all missing ids at once; this leaves room for one that names them one by one. */
const ROUNDS_MAX = 20;
const NAMED_ID = /\bi-[0-9a-f]+\b/g;

const STATES: readonly Host['state'][] = [
  'pending',
  'running',
  'stopping',
  'stopped',
  'shutting-down',
  'terminated',
];

/** @throws {OperationError} `AWS_UNAVAILABLE`: a state that nobody here knows says nothing. */
export const stateOf = (instance: Ec2Instance): Host['state'] =>
  present(
    STATES.find((known) => known === instance.State?.Name),
    DESCRIBE,
    'a state that is known here',
  );

/**
 * What EC2 says of each of `ids`, every one or none: `notFound` only where EC2 names that very id
 * as not existing. What cannot be an id is not asked for.
 */
export async function describeInstances(
  client: EC2Client,
  call: Call,
  ids: readonly InstanceId[],
  idsPerCall: number,
): Promise<ReadonlyMap<InstanceId, Ec2Instance | 'notFound'>> {
  const asked = [...new Set(ids)].filter((id) => INSTANCE_ID.test(id)).sort();
  const found = new Map<InstanceId, Ec2Instance | 'notFound'>();
  for (let start = 0; start < asked.length; start += idsPerCall) {
    await describeSome(client, call, asked.slice(start, start + idsPerCall), found);
  }
  return found;
}

/** One missing id fails the whole call, so those that EC2 names are set aside and the rest is asked again. */
async function describeSome(
  client: EC2Client,
  call: Call,
  ids: readonly InstanceId[],
  found: Map<InstanceId, Ec2Instance | 'notFound'>,
): Promise<void> {
  let rest = ids;
  for (let round = 0; round < ROUNDS_MAX && rest.length > 0; round += 1) {
    const answer = await askFor(client, call, rest);
    if (answer.kind === 'found') return addFound(answer.instances, rest, found);
    for (const id of answer.missing) found.set(id, 'notFound');
    rest = rest.filter((id) => !answer.missing.includes(id) && !answer.malformed.includes(id));
  }
  if (rest.length > 0) throw malformedAnswer(DESCRIBE, 'an end of its missing ids');
}

type Answer =
  | { readonly kind: 'found'; readonly instances: readonly Ec2Instance[] }
  | {
      readonly kind: 'refused';
      readonly missing: readonly InstanceId[];
      readonly malformed: readonly InstanceId[];
    };

async function askFor(client: EC2Client, call: Call, ids: readonly InstanceId[]): Promise<Answer> {
  try {
    const reservations = await readAllPages(DESCRIBE, async (NextToken) => {
      const command = new DescribeInstancesCommand({ InstanceIds: [...ids], NextToken });
      const page = await call(DESCRIBE, (options) => client.send(command, options));
      return { items: present(page.Reservations, DESCRIBE, 'reservations'), nextToken: page.NextToken };
    });
    const instances = reservations.flatMap(({ Instances }) => present(Instances, DESCRIBE, 'instances'));
    return { kind: 'found', instances };
  } catch (error) {
    const cause = error instanceof OperationError && error.cause instanceof Error ? error.cause : null;
    const named = (cause?.message.match(NAMED_ID) ?? []).filter((id) => ids.includes(id));
    if (named.length === 0) throw error;
    if (cause?.name === 'InvalidInstanceID.NotFound')
      return { kind: 'refused', missing: named, malformed: [] };
    if (cause?.name === 'InvalidInstanceID.Malformed')
      return { kind: 'refused', missing: [], malformed: named };
    throw error;
  }
}

/** @throws {OperationError} `AWS_UNAVAILABLE`: an id is absent, which says nothing about the instance. */
function addFound(
  instances: readonly Ec2Instance[],
  asked: readonly InstanceId[],
  found: Map<InstanceId, Ec2Instance | 'notFound'>,
): void {
  for (const instance of instances) {
    found.set(present(instance.InstanceId, DESCRIBE, 'the id of an instance'), instance);
  }
  const absent = asked.filter((id) => !found.has(id));
  if (absent.length > 0) throw malformedAnswer(DESCRIBE, `a word about ${absent.join(', ')}`);
}

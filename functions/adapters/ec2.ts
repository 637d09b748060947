import { DescribeInstancesCommand, type EC2Client, type Instance as Ec2Instance } from '@aws-sdk/client-ec2';
import { OperationError } from '../core/errors.ts';
import type { InstanceId } from '../core/identity.ts';
import { INSTANCE_ID } from '../core/names.ts';
import type { Machine, MachinePort } from '../core/ports.ts';
import type { OnCall } from './aws-calls.ts';
import { type Call, createCall, readAllPages } from './aws-client.ts';
import { malformedAnswer, present } from './aws-errors.ts';
import { listEndings } from './ec2-endings.ts';

const CALL = 'ec2:DescribeInstances';
/** Well below the 1,000 that EC2 recommends as most, so that one answer stays one page. */
const IDS_PER_CALL = 100;
/** EC2 names all missing ids at once; this leaves room for one that names them one by one. */
const ROUNDS_MAX = 20;
const NAMED_ID = /\bi-[0-9a-f]+\b/g;

type KnownState = Extract<Machine, { kind: 'known' }>['state'];

const STATES: readonly KnownState[] = [
  'pending',
  'running',
  'stopping',
  'stopped',
  'shutting-down',
  'terminated',
];

/**
 * An id that cannot be one of EC2's is not asked for and not in the answer: nothing
 * is known of it, and it must not spoil the answer about the others.
 */
export function createMachinePort(client: EC2Client, onCall?: OnCall): MachinePort {
  const call = createCall(onCall);
  return {
    describe: async (ids) => {
      const asked = [...new Set(ids)].filter((id) => INSTANCE_ID.test(id)).sort();
      const machines = new Map<InstanceId, Machine>();
      for (let start = 0; start < asked.length; start += IDS_PER_CALL) {
        await describeSome(client, call, asked.slice(start, start + IDS_PER_CALL), machines);
      }
      return machines;
    },
    endings: (ids) => listEndings(client, call, ids),
  };
}

/** One missing id fails the whole call, so those that EC2 names are set aside and the rest is asked again. */
async function describeSome(
  client: EC2Client,
  call: Call,
  ids: readonly InstanceId[],
  machines: Map<InstanceId, Machine>,
): Promise<void> {
  let rest = ids;
  for (let round = 0; round < ROUNDS_MAX && rest.length > 0; round += 1) {
    const answer = await askFor(client, call, rest);
    if (answer.kind === 'found') return addFound(answer.instances, rest, machines);
    for (const id of answer.missing) machines.set(id, { kind: 'notFound' });
    rest = rest.filter((id) => !answer.missing.includes(id) && !answer.malformed.includes(id));
  }
  if (rest.length > 0) throw malformedAnswer(CALL, 'an end of its missing ids');
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
    const reservations = await readAllPages(CALL, async (NextToken) => {
      const command = new DescribeInstancesCommand({ InstanceIds: [...ids], NextToken });
      const page = await call(CALL, (options) => client.send(command, options));
      return { items: present(page.Reservations, CALL, 'reservations'), nextToken: page.NextToken };
    });
    const instances = reservations.flatMap(({ Instances }) => present(Instances, CALL, 'instances'));
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
  machines: Map<InstanceId, Machine>,
): void {
  for (const instance of instances) {
    machines.set(present(instance.InstanceId, CALL, 'the id of an instance'), toMachine(instance));
  }
  const absent = asked.filter((id) => !machines.has(id));
  if (absent.length > 0) throw malformedAnswer(CALL, `a word about ${absent.join(', ')}`);
}

function toMachine(instance: Ec2Instance): Machine {
  const state = STATES.find((known) => known === instance.State?.Name);
  return {
    kind: 'known',
    state: present(state, CALL, 'a state that is known here'),
    privateIp: instance.PrivateIpAddress ?? null,
    launchedAtMs: present(instance.LaunchTime, CALL, 'the launch time of an instance').getTime(),
    zone: present(instance.Placement?.AvailabilityZone, CALL, 'the zone of an instance'),
  };
}

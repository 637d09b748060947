import { randomUUID } from 'node:crypto';
import { EventBridgeClient } from '@aws-sdk/client-eventbridge';
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { ListBucketsCommand, S3Client } from '@aws-sdk/client-s3';
import { GetQueueAttributesCommand, GetQueueUrlCommand, SendMessageCommand } from '@aws-sdk/client-sqs';
import { DeleteParameterCommand, PutParameterCommand } from '@aws-sdk/client-ssm';
import { type CheckFinding, isAlarming } from '../../../functions/core/checks/finding.ts';
import { decodeChecks, type RememberedFinding } from '../../../functions/core/checks/memory.ts';
import { PARAMETER } from '../../../functions/core/names.ts';
import { openControl } from '../../../infra/local/control-client.ts';
import type { Region } from '../../../infra/local/region.ts';
import type { Zones } from '../../infra/local/fixtures/zones.ts';
import { type Clients, openClients } from '../clients.ts';
import { STACK, type TestCluster, type Theatre, until } from '../stage.ts';

/** Queues in which a round of checks, and what repairs, may be under way. */
const QUEUES = ['', '-checks', '-dns', '-registry'] as const;

/** Where faults are injected: one cluster, everything around it, and what the checks last said of it. */
export interface Ground {
  readonly region: Region;
  readonly clients: Clients;
  readonly cluster: TestCluster;
  readonly name: string;
  readonly group: string;
  /** Of the hosted zone with its members' records; `null`: it has none. */
  readonly zones: Zones | null;
  readonly control: ReturnType<typeof openControl>;
  readonly events: EventBridgeClient;
  readonly lambda: LambdaClient;
  readonly objects: S3Client;
  readonly bucket: string;
  leader(): Promise<string>;
  follower(): Promise<string>;
  parameter(name: string): Promise<string | null>;
  put(name: string, value: string): Promise<void>;
  remove(name: string): Promise<void>;
  etcdctl(...args: readonly string[]): Promise<string>;
  /** What the minute does: the schedule of the stack asks for checks, that of the cluster for everything else. */
  minute(): Promise<void>;
  /** The part of it that asks for checks. */
  checks(): Promise<void>;
  /** What stands in the parameter `checks`, alarming or not. */
  findings(): Promise<readonly RememberedFinding[]>;
  doctor(): Promise<readonly CheckFinding[]>;
  close(): void;
}

export interface GroundSettings {
  readonly theatre: Theatre;
  readonly cluster: TestCluster;
  readonly zones?: Zones;
}

export async function openGround({ theatre, cluster, zones }: GroundSettings): Promise<Ground> {
  const { region } = theatre;
  const credentials = { accessKeyId: 'local', secretAccessKey: 'local' };
  const settings = { endpoint: region.endpoint, region: region.region, credentials };
  const clients = openClients(theatre);
  const events = new EventBridgeClient(settings);
  const lambda = new LambdaClient(settings);
  const objects = new S3Client({ ...settings, forcePathStyle: true });
  const { name } = cluster;
  const parameter = async (one: string) => (await clients.parametersOf(name)).get(one)?.value ?? null;
  const path = (one: string) => `/etcd-autopilot/${name}/${one}`;
  const voters = async () => {
    const { status } = await cluster.stage.see();
    return { leader: status?.leader ?? '', names: (status?.voters ?? []).map((voter) => voter.name) };
  };
  return {
    region,
    clients,
    cluster,
    name,
    group: cluster.group,
    zones: zones ?? null,
    control: openControl(region.endpoint),
    events,
    lambda,
    objects,
    bucket: await bucketOf(region),
    leader: async () => (await voters()).leader,
    follower: async () => {
      const { leader, names } = await voters();
      return names.find((one) => one !== leader) ?? '';
    },
    parameter,
    put: async (one, Value) => {
      await clients.parameters.send(
        new PutParameterCommand({ Name: path(one), Value, Type: 'String', Overwrite: true }),
      );
    },
    remove: async (one) => {
      await clients.parameters.send(new DeleteParameterCommand({ Name: path(one) }));
    },
    etcdctl: async (...args) => {
      const ran = await clients.etcdctl(endpointsOf(region, cluster), ...args);
      if (ran.code !== 0) throw new Error(`etcdctl ${args.join(' ')}: ${ran.err}`);
      return ran.out.trim();
    },
    minute: () => minute(clients, lambda, name, zones?.id.split('/').at(-1) ?? null),
    checks: () => checks(clients, lambda),
    findings: async () => {
      const decoded = decodeChecks((await parameter(PARAMETER.checks)) ?? undefined);
      return decoded.kind === 'memory' ? decoded.memory.findings : [];
    },
    doctor: async () => {
      const ran = await clients.cli('doctor', '--cluster', name, '--json');
      if (ran.code === 2) throw new Error(ran.err);
      return JSON.parse(ran.out).findings;
    },
    close: () => {
      clients.close();
      for (const client of [events, lambda, objects]) client.destroy();
    },
  };
}

/** By the addresses of its instances: what is published may be what was edited. */
export const endpointsOf = ({ groups }: Region, { group }: TestCluster): string =>
  groups
    .get(group)
    .instances.filter(({ ec2State }) => ec2State === 'running')
    .map(({ address }) => `http://${address}:2379`)
    .join(',');

async function bucketOf({ endpoint }: Region): Promise<string> {
  const credentials = { accessKeyId: 'local', secretAccessKey: 'local' };
  const client = new S3Client({ endpoint, region: 'us-east-1', credentials, forcePathStyle: true });
  const { Buckets = [] } = await client.send(new ListBucketsCommand({}));
  client.destroy();
  return Buckets.map(({ Name = '' }) => Name).find((name) => /snapshot/i.test(name)) ?? '';
}

async function minute(
  clients: Clients,
  lambda: LambdaClient,
  cluster: string,
  zone: string | null,
): Promise<void> {
  await sendTo(clients, '', cluster, schedule());
  await sendTo(clients, '-registry', cluster, schedule());
  const look = { etcdAutopilot: 1, request: 'look', cluster, zone, from: 'schedule', nonce: randomUUID() };
  if (zone !== null) await sendTo(clients, '-dns', zone, look);
  // DNS and registry write down what they found, and checks read it: here they come in this order.
  await untilIdle(clients);
  await checks(clients, lambda);
}

async function checks(clients: Clients, lambda: LambdaClient): Promise<void> {
  await lambda.send(
    new InvokeCommand({ FunctionName: `${STACK}-checks`, Payload: JSON.stringify(schedule()) }),
  );
  await untilIdle(clients);
}

/** The event of a schedule, which differs each time. */
const schedule = () => ({
  version: '0',
  id: randomUUID(),
  'detail-type': 'Scheduled Event',
  source: 'aws.events',
  time: new Date().toISOString(),
  resources: [],
  detail: {},
});

async function sendTo(
  { queues }: Clients,
  suffix: string,
  MessageGroupId: string,
  body: object,
): Promise<void> {
  const { QueueUrl } = await queues.send(new GetQueueUrlCommand({ QueueName: `${STACK}${suffix}.fifo` }));
  const MessageBody = JSON.stringify(body);
  await queues.send(new SendMessageCommand({ QueueUrl, MessageGroupId, MessageBody }));
}

/** Waits until nothing is in any queue: a round of checks tells what it found when it ends. */
async function untilIdle({ queues }: Clients): Promise<void> {
  const isIdle = async (suffix: string): Promise<boolean> => {
    const QueueUrl = (await queues.send(new GetQueueUrlCommand({ QueueName: `${STACK}${suffix}.fifo` })))
      .QueueUrl;
    const { Attributes = {} } = await queues.send(
      new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['All'] }),
    );
    const { ApproximateNumberOfMessages: visible, ApproximateNumberOfMessagesNotVisible: taken } = Attributes;
    return Number(visible) + Number(taken) === 0;
  };
  await until('the queues are empty', 60, async () => (await Promise.all(QUEUES.map(isIdle))).every(Boolean));
}

/** As the schedule finds it, a look is over in seconds; a fault that it took no look for is not found. */
export const MINUTE_SECONDS = 60;

/** What somebody has to see to; what was repaired is shown for a while, so that it is seen at all. */
export const isOpen = (one: RememberedFinding): boolean => isAlarming(one) && one.repair !== 'repaired';

/** Looks until nothing is open. */
export async function untilClean(ground: Ground, seconds = 120): Promise<void> {
  let last: readonly RememberedFinding[] = [];
  await until('no finding', seconds, async () => {
    await ground.minute();
    last = await ground.findings();
    return !last.some(isOpen);
  }).catch((error: unknown) => {
    throw new Error(`${String(error)}: ${JSON.stringify(last)}`);
  });
}

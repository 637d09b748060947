import { execFile } from 'node:child_process';
import { join } from 'node:path';
import {
  AutoScalingClient,
  type AutoScalingGroup,
  DescribeAutoScalingGroupsCommand,
} from '@aws-sdk/client-auto-scaling';
import {
  DeleteMessageCommand,
  GetQueueAttributesCommand,
  GetQueueUrlCommand,
  ReceiveMessageCommand,
  SendMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import { GetParametersByPathCommand, type Parameter, SSMClient } from '@aws-sdk/client-ssm';
import { PARAMETER } from '../../functions/core/names.ts';
import { ROOT } from '../../infra/cli/local-options.ts';
import { STACK, type Theatre, until } from './stage.ts';

const OTHERS: readonly string[] = [PARAMETER.registry, PARAMETER.checks, PARAMETER.backup];
const LAUNCHER = join(ROOT, 'infra', 'cli', 'etcd-autopilot.js');
const PROGRAM_MS_MAX = 30_000;
const IDLE_SECONDS_MAX = 60;

export interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

export interface StoredParameter {
  readonly value: string;
  readonly version: number;
}

/** Clients as anybody has them, who knows of this project only what its stacks put into the account. */
export interface Clients {
  readonly scaling: AutoScalingClient;
  readonly parameters: SSMClient;
  readonly queues: SQSClient;
  /** `null`: there is no such group. */
  group(name: string): Promise<AutoScalingGroup | null>;
  /** Everything under the cluster's path, by its name there. */
  parametersOf(cluster: string): Promise<ReadonlyMap<string, StoredParameter>>;
  /** The same without what other functions than membership tell, which comes when those have looked. */
  recordsOf(cluster: string): Promise<ReadonlyMap<string, StoredParameter>>;
  etcdctl(endpoints: string, ...args: readonly string[]): Promise<Ran>;
  /** The operator's command line. */
  cli(...args: readonly string[]): Promise<Ran>;
  /** A fault that no API has, of one instance. */
  inflict(instanceId: string, fault: string): Promise<unknown>;
  send(cluster: string, body: string): Promise<void>;
  /** How many messages wait or are worked on. */
  waitingCount(): Promise<number>;
  /** Waits until no message waits or is worked on: what passes log is there when they have ended. */
  untilIdle(): Promise<void>;
  /** Takes what is in the dead-letter queue out of it. */
  takeDeadLetters(): Promise<readonly string[]>;
  close(): void;
}

export function openClients({ region, etcdDir }: Pick<Theatre, 'region' | 'etcdDir'>): Clients {
  const credentials = { accessKeyId: 'local', secretAccessKey: 'local' };
  const settings = { endpoint: region.endpoint, region: region.region, credentials };
  const scaling = new AutoScalingClient(settings);
  const parameters = new SSMClient(settings);
  const queues = new SQSClient(settings);
  return {
    scaling,
    parameters,
    queues,
    group: (name) => readGroup(scaling, name),
    parametersOf: (cluster) => readParameters(parameters, cluster),
    recordsOf: async (cluster) => {
      const all = await readParameters(parameters, cluster);
      return new Map([...all].filter(([name]) => !OTHERS.includes(name)));
    },
    etcdctl: (endpoints, ...args) =>
      run(join(etcdDir, 'etcdctl'), [`--endpoints=${endpoints}`, ...args], { ETCDCTL_API: '3' }),
    cli: (...args) => run(process.execPath, [LAUNCHER, ...args], { ...region.variables, STACK }),
    inflict: async (instanceId, fault) => {
      const address = `${region.endpoint}/_fleet/instances/${instanceId}/${fault}`;
      const answer = await fetch(address, { method: 'POST' });
      if (!answer.ok) throw new Error(`${fault} of ${instanceId}: ${await answer.text()}`);
      return answer.json();
    },
    ...queueClients(queues),
    close: () => {
      for (const client of [scaling, parameters, queues]) client.destroy();
    },
  };
}

async function readGroup(scaling: AutoScalingClient, name: string): Promise<AutoScalingGroup | null> {
  const answer = await scaling.send(new DescribeAutoScalingGroupsCommand({ AutoScalingGroupNames: [name] }));
  return answer.AutoScalingGroups?.[0] ?? null;
}

async function readParameters(
  client: SSMClient,
  cluster: string,
): Promise<ReadonlyMap<string, StoredParameter>> {
  const Path = `/etcd-autopilot/${cluster}`;
  const found: Parameter[] = [];
  let NextToken: string | undefined;
  do {
    const page = await client.send(new GetParametersByPathCommand({ Path, Recursive: true, NextToken }));
    found.push(...(page.Parameters ?? []));
    NextToken = page.NextToken;
  } while (NextToken);
  return new Map(
    found.map(({ Name = '', Value = '', Version = 0 }) => [
      Name.slice(Path.length + 1),
      { value: Value, version: Version },
    ]),
  );
}

function queueClients(
  queues: SQSClient,
): Pick<Clients, 'send' | 'waitingCount' | 'untilIdle' | 'takeDeadLetters'> {
  const urlOf = async (QueueName: string) =>
    (await queues.send(new GetQueueUrlCommand({ QueueName }))).QueueUrl ?? '';
  const waitingCount = async () => {
    const QueueUrl = await urlOf(`${STACK}.fifo`);
    const answer = await queues.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['All'] }));
    const { ApproximateNumberOfMessages: visible, ApproximateNumberOfMessagesNotVisible: taken } =
      answer.Attributes ?? {};
    return Number(visible) + Number(taken);
  };
  return {
    send: async (cluster, body) => {
      const QueueUrl = await urlOf(`${STACK}.fifo`);
      await queues.send(new SendMessageCommand({ QueueUrl, MessageGroupId: cluster, MessageBody: body }));
    },
    waitingCount,
    untilIdle: () => until('the queue is empty', IDLE_SECONDS_MAX, async () => (await waitingCount()) === 0),
    takeDeadLetters: async () => {
      const QueueUrl = await urlOf(`${STACK}-dead.fifo`);
      const bodies: string[] = [];
      for (;;) {
        const command = new ReceiveMessageCommand({
          QueueUrl,
          MaxNumberOfMessages: 10,
        });
        const { Messages = [] } = await queues.send(command);
        if (Messages.length === 0) return bodies;
        bodies.push(...Messages.map(({ Body = '' }) => Body));
        for (const { ReceiptHandle } of Messages) {
          await queues.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle }));
        }
      }
    },
  };
}

/** Runs a program to its end; never throws. */
export function run(
  file: string,
  args: readonly string[],
  env: Readonly<Record<string, string>>,
): Promise<Ran> {
  return new Promise((resolve) => {
    execFile(
      file,
      [...args],
      { env: { ...process.env, ...env }, timeout: PROGRAM_MS_MAX },
      (error, out, err) => {
        const code = error === null ? 0 : error.code;
        resolve({ code: typeof code === 'number' ? code : -1, out, err });
      },
    );
  });
}

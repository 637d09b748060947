import type { Context } from 'aws-lambda';
import type { CfnAnswer } from '../../functions/core/cfn.ts';
import type { RecordSet, Zone, ZoneLookup } from '../../functions/core/dns/zone-port.ts';
import { OperationError } from '../../functions/core/errors.ts';
import type { GateQueuePort, StackStatusPort } from '../../functions/core/gate/ports.ts';
import type { Clock, ParameterPort, QueuePort } from '../../functions/core/ports.ts';
import { answerRequest, type Room } from '../../functions/custom-resources/answer.ts';
import { createLogger } from '../../functions/edge/logger.ts';

export const STACK = 'arn:aws:cloudformation:eu-west-1:111122223333:stack/core/0b1c';
export const OTHER_STACK = 'arn:aws:cloudformation:eu-west-1:111122223333:stack/other/9f8e';
export const WORKERS_STACK = 'arn:aws:cloudformation:eu-west-1:111122223333:stack/web/77aa';
export const PATH = '/etcd-autopilot/core/';
export const RESPONSE_URL = 'https://bucket.s3.amazonaws.com/answer?X-Amz-Signature=secret';

/** One request for a look, and whom it went to. */
export interface Look {
  readonly to: 'membership' | 'dns' | 'registry';
  readonly messageGroup: string;
  readonly body: string;
}

/** What CloudFormation, Parameter Store, Route 53, the queues and time do in a test; a look may change parameters. */
export class World {
  readonly parameters = new Map<string, string>();
  /** Those of membership. */
  readonly looks: { readonly cluster: string; readonly body: string }[] = [];
  /** What was put into the queue of the gates: each key once, as the queue drops what it knows. */
  readonly gates = new Map<string, string>();
  /** `null`: CloudFormation knows no such stack. */
  stackStatus: string | null = 'UPDATE_IN_PROGRESS';
  /** Those of dns and registry. */
  readonly told: Look[] = [];
  readonly zones = new Map<string, Zone>([['Z1', { name: 'example.com', isPrivate: false }]]);
  /** What stands in every zone. */
  readonly records: RecordSet[] = [];
  readonly answers: CfnAnswer[] = [];
  readonly lines: string[] = [];
  writeCount = 0;
  nowMs = Date.parse('2026-11-20T12:00:00Z');
  /** Thrown by the next calls of that method, one each. */
  readonly failures = {
    readAll: [] as Error[],
    create: [] as Error[],
    write: [] as Error[],
    look: [] as Error[],
    zone: [] as Error[],
    gate: [] as Error[],
    stackStatus: [] as Error[],
  };
  onLook: (lookCount: number) => void = () => {};
  onTold: (look: Look) => void = () => {};
  onCreate: (name: string) => void = () => {};

  readonly clock: Clock = {
    nowMs: () => this.nowMs,
    sleep: async (ms) => {
      this.nowMs += ms;
    },
  };

  readonly #parameterPort: ParameterPort = {
    readAll: async (path) => {
      failWith(this.failures.readAll);
      const below = [...this.parameters].filter(([name]) => name.startsWith(path));
      return new Map(below.map(([name, value]) => [name.slice(path.length), value]));
    },
    create: async (name, value) => {
      failWith(this.failures.create);
      this.onCreate(name);
      if (this.parameters.has(name)) return 'exists';
      this.#put(name, value);
      return 'created';
    },
    write: async (name, value) => {
      failWith(this.failures.write);
      this.#put(name, value);
    },
    remove: async (names) => {
      for (const name of names) this.parameters.delete(name);
    },
  };

  readonly #queuePort: QueuePort = {
    askForLook: async (cluster, body) => {
      failWith(this.failures.look);
      this.looks.push({ cluster, body });
      this.onLook(this.looks.length);
    },
    keepUnreadable: async () => {},
  };

  readonly #publisher = (to: Look['to']): QueuePort => ({
    askForLook: async (messageGroup, body) => {
      failWith(this.failures.look);
      this.told.push({ to, messageGroup, body });
      this.onTold({ to, messageGroup, body });
    },
    keepUnreadable: async () => {},
  });

  readonly #zoneLookup: ZoneLookup = {
    describeZone: async (zone) => {
      failWith(this.failures.zone);
      return this.zones.get(zone) ?? 'unknown';
    },
    listName: async (zone, name) => {
      // As Route 53 does with what it does not know.
      if (!this.zones.has(zone)) throw new OperationError('AWS_GONE', 'never', `there is no ${zone}`);
      return this.records.filter((record) => record.name === name);
    },
  };

  readonly #gateQueue: GateQueuePort = {
    put: async (key, body) => {
      failWith(this.failures.gate);
      if (!this.gates.has(key)) this.gates.set(key, body);
    },
  };

  readonly #stackStatusPort: StackStatusPort = {
    statusOf: async () => {
      failWith(this.failures.stackStatus);
      return this.stackStatus;
    },
  };

  room(changes: Partial<Room> = {}): Room {
    return {
      connect: () => ({
        parameters: this.#parameterPort,
        queue: this.#queuePort,
        dnsQueue: this.#publisher('dns'),
        registryQueue: this.#publisher('registry'),
        gateQueue: this.#gateQueue,
        stackStatus: this.#stackStatusPort,
        zones: this.#zoneLookup,
      }),
      postAnswer: async (_, answer) => {
        this.answers.push(answer);
      },
      clock: this.clock,
      logger: createLogger('info', this.clock.nowMs, (line) => this.lines.push(line)),
      ...changes,
    };
  }

  /** Runs one request and returns its one answer. */
  async answer(event: Readonly<Record<string, unknown>>, remainingMs = 120_000): Promise<CfnAnswer> {
    const before = this.answers.length;
    await answerRequest(this.room(), event, remainingMs);
    const [answer, ...more] = this.answers.slice(before);
    if (answer === undefined || more.length > 0) throw new Error(`${more.length} answers too many`);
    return answer;
  }

  get(name: string): string | undefined {
    return this.parameters.get(PATH + name);
  }

  set(name: string, value: string): void {
    this.parameters.set(PATH + name, value);
  }

  names(): readonly string[] {
    return [...this.parameters.keys()].map((name) => name.slice(PATH.length)).sort();
  }

  #put(name: string, value: string): void {
    this.parameters.set(name, value);
    this.writeCount += 1;
  }
}

function failWith(failures: Error[]): void {
  const failure = failures.shift();
  if (failure !== undefined) throw failure;
}

type Kind = 'Create' | 'Update' | 'Delete';

export const clusterEvent = (kind: Kind, changes: Readonly<Record<string, unknown>> = {}) => ({
  RequestType: kind,
  ResourceType: 'Custom::EtcdCluster',
  ResponseURL: RESPONSE_URL,
  StackId: STACK,
  RequestId: `request-${kind}`,
  LogicalResourceId: 'Registration',
  ResourceProperties: {
    ServiceToken: 'arn:…',
    ServiceTimeout: '180',
    Cluster: 'core',
    Config: { size: '3' },
  },
  ...changes,
});

export const teardownEvent = (kind: Kind, changes: Readonly<Record<string, unknown>> = {}) =>
  clusterEvent(kind, {
    ResourceType: 'Custom::EtcdTeardown',
    LogicalResourceId: 'Teardown',
    ResourceProperties: { ServiceToken: 'arn:…', Cluster: 'core' },
    ...changes,
  });

export const workersEvent = (
  kind: Kind,
  properties: Readonly<Record<string, unknown>> = {},
  changes: Readonly<Record<string, unknown>> = {},
) =>
  clusterEvent(kind, {
    ResourceType: 'Custom::EtcdWorkers',
    LogicalResourceId: 'Workers',
    StackId: WORKERS_STACK,
    ResourceProperties: {
      ServiceToken: 'arn:…',
      Cluster: 'core',
      Group: 'etcd-autopilot-core-web',
      ...properties,
    },
    ...changes,
  });

export const gateEvent = (
  kind: Kind,
  properties: Readonly<Record<string, unknown>> = {},
  changes: Readonly<Record<string, unknown>> = {},
) =>
  clusterEvent(kind, {
    ResourceType: 'Custom::EtcdGate',
    LogicalResourceId: 'BeforeGate',
    ResourceProperties: { ServiceToken: 'arn:…', Cluster: 'core', Serial: '1', ...properties },
    ...changes,
  });

export const endpointsEvent = (kind: Kind, changes: Readonly<Record<string, unknown>> = {}) =>
  clusterEvent(kind, {
    ResourceType: 'Custom::EtcdEndpoints',
    LogicalResourceId: 'Endpoints',
    StackId: WORKERS_STACK,
    ResourceProperties: { ServiceToken: 'arn:…', Cluster: 'core' },
    ...changes,
  });

/** As Lambda hands it to a room; only the remaining time is of interest. */
export const lambdaContext = (remainingMs: number): Context => ({
  callbackWaitsForEmptyEventLoop: false,
  functionName: 'custom-resources',
  functionVersion: '1',
  invokedFunctionArn: 'arn:aws:lambda:eu-west-1:111122223333:function:custom-resources',
  memoryLimitInMB: '256',
  awsRequestId: 'invocation-1',
  logGroupName: 'group',
  logStreamName: 'stream',
  getRemainingTimeInMillis: () => remainingMs,
  done: () => {},
  fail: () => {},
  succeed: () => {},
});

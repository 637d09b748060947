import type { Context } from 'aws-lambda';
import type { CfnAnswer } from '../../functions/core/cfn.ts';
import type { Clock, ParameterPort, QueuePort } from '../../functions/core/ports.ts';
import { answerRequest, type Room } from '../../functions/custom-resources/answer.ts';
import { createLogger } from '../../functions/edge/logger.ts';

export const STACK = 'arn:aws:cloudformation:eu-west-1:111122223333:stack/core/0b1c';
export const OTHER_STACK = 'arn:aws:cloudformation:eu-west-1:111122223333:stack/other/9f8e';
export const PATH = '/etcd-autopilot/core/';
export const RESPONSE_URL = 'https://bucket.s3.amazonaws.com/answer?X-Amz-Signature=secret';

/** What CloudFormation, Parameter Store, the queue and time do in a test; a look may change parameters. */
export class World {
  readonly parameters = new Map<string, string>();
  readonly looks: { readonly cluster: string; readonly body: string }[] = [];
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
  };
  onLook: (lookCount: number) => void = () => {};
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

  room(changes: Partial<Room> = {}): Room {
    return {
      connect: () => ({ parameters: this.#parameterPort, queue: this.#queuePort }),
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

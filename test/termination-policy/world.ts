import { OperationError } from '../../functions/core/errors.ts';
import type { Clock } from '../../functions/core/ports.ts';
import { encodeStatus, type Status } from '../../functions/core/status.ts';
import type { LeavingGroup } from '../../functions/core/termination/ports.ts';
import { createLogger } from '../../functions/edge/logger.ts';
import { createMetrics } from '../../functions/edge/metrics.ts';
import type { TerminationPorts } from '../../functions/edge/termination-wiring.ts';
import { type Answer, answerTermination, type Room } from '../../functions/termination-policy/room.ts';
import { configText, groupOf, idOf, instance, NOW, statusOf } from '../core/termination/worlds.ts';

const PATH = '/etcd-autopilot/core/';

/** What the platform sends, about these instances. */
export const eventOf = (letters: string, changes: Readonly<Record<string, unknown>> = {}): object => ({
  AutoScalingGroupARN:
    'arn:aws:autoscaling:eu-west-1:111122223333:autoScalingGroup:0:autoScalingGroupName/etcd-core',
  AutoScalingGroupName: 'etcd-core',
  CapacityToTerminate: [{ AvailabilityZone: 'eu-west-1a', Capacity: 1, InstanceMarketOption: 'on-demand' }],
  Instances: [...letters].map((letter) => ({
    AvailabilityZone: 'eu-west-1a',
    InstanceId: idOf(letter),
    InstanceType: 't4g.small',
    InstanceMarketOption: 'on-demand',
  })),
  Cause: 'SCALE_IN',
  ...changes,
});

/** Three members in service behind the ports of the function; time passes only by waiting and by slow calls. */
export class World {
  nowMs = NOW;
  group: LeavingGroup | null = groupOf([...'abc'].map((letter) => instance(letter)));
  readonly parameters = new Map<string, string>([
    ['config', configText()],
    ['bootstrap', '{}'],
    ['status', encodeStatus(statusOf('abc', { at: new Date(NOW - 60_000).toISOString() }))],
  ]);
  readonly looks: { readonly cluster: string; readonly body: Readonly<Record<string, unknown>> }[] = [];
  readonly lines: Readonly<Record<string, unknown>>[] = [];
  readonly figures: Readonly<Record<string, unknown>>[] = [];
  readonly reads: (readonly string[])[] = [];
  isDeleting: boolean | Error = false;
  /** What membership does when it is asked for a look; by default it answers in 400 ms that all is well. */
  onLook: (nonce: string) => void = (nonce) => this.answerIn(400, nonce);
  readonly failures: {
    groups: Error | null;
    parameters: Error | null;
    look: Error | null;
    connect: Error | null;
  } = {
    groups: null,
    parameters: null,
    look: null,
    connect: null,
  };
  /** How long each call takes; `Infinity` never ends. */
  callMs = 0;
  dryRun = false;
  readonly #coming: { readonly atMs: number; readonly status: Status }[] = [];

  answerIn(ms: number, nonce: string, changes: Partial<Status> = {}): void {
    const at = new Date(this.nowMs + ms).toISOString();
    this.#coming.push({ atMs: this.nowMs + ms, status: statusOf('abc', { asked: [nonce], at, ...changes }) });
  }

  readonly clock: Clock = {
    nowMs: () => this.nowMs,
    sleep: async (ms) => {
      this.nowMs += ms;
    },
  };

  async #call<Result>(failure: Error | null, result: () => Result): Promise<Result> {
    if (this.callMs === Number.POSITIVE_INFINITY) await new Promise(() => {});
    this.nowMs += this.callMs;
    if (failure !== null) throw failure;
    return result();
  }

  readonly ports: TerminationPorts = {
    groups: { readGroup: () => this.#call(this.failures.groups, () => this.group) },
    parameters: {
      read: (names) => {
        this.reads.push(names);
        return this.#call(this.failures.parameters, () => this.#published(names));
      },
    },
    stacks: {
      isDeleting: async () => {
        if (this.isDeleting instanceof Error) throw this.isDeleting;
        return this.isDeleting;
      },
    },
    queue: {
      askForLook: (cluster, text) =>
        this.#call(this.failures.look, () => {
          const body = Object(JSON.parse(text));
          this.looks.push({ cluster, body });
          this.onLook(String(body.nonce));
        }),
      keepUnreadable: async () => {},
    },
  };

  #published(names: readonly string[]): ReadonlyMap<string, string> {
    for (const { atMs, status } of this.#coming) {
      if (atMs <= this.nowMs) this.parameters.set('status', encodeStatus(status));
    }
    const all = [...this.parameters].map(([name, text]) => [PATH + name, text] as const);
    return new Map(all.filter(([name]) => names.includes(name)));
  }

  readonly room: Room = {
    connect: () => {
      if (this.failures.connect !== null) throw this.failures.connect;
      return { ports: this.ports, dryRun: this.dryRun };
    },
    clock: this.clock,
    logger: createLogger(
      'debug',
      () => this.nowMs,
      (line) => this.lines.push(Object(JSON.parse(line))),
    ),
    metrics: createMetrics(
      () => this.nowMs,
      (line) => this.figures.push(Object(JSON.parse(line))),
    ),
    takeCalls: () => ({}),
  };

  ask(
    event: unknown = eventOf('abc'),
    limits: { remainingMs?: number; lostMs?: number } = {},
  ): Promise<Answer> {
    return answerTermination(this.room, event, {
      requestId: 'req-1',
      remainingMs: 2_000,
      lostMs: 0,
      ...limits,
    });
  }
}

export const denied = (): Error => new OperationError('AWS_DENIED', 'never', 'it was denied');

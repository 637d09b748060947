import { OperationError } from '../../functions/core/errors.ts';
import { isRecord } from '../../functions/core/json.ts';
import type { Clock, QueuePort } from '../../functions/core/ports.ts';
import { encodeStatus, type Status } from '../../functions/core/status.ts';
import { answerRequest } from '../../functions/custom-resources/answer.ts';
import { createPostAnswer } from '../../functions/edge/cloudformation.ts';
import { createLogger } from '../../functions/edge/logger.ts';
import { createMetrics } from '../../functions/edge/metrics.ts';
import type { GatePorts } from '../../functions/edge/wiring-gate.ts';
import { type GateRoom, workOnBatch } from '../../functions/gate/room.ts';
import { lambdaContext, World as Resources } from '../custom-resources/world.ts';
import { PATH, WHOLE } from './cluster.ts';

/** Of the packaged queue and function; test/infra/autopilot-template.test.ts holds them to it. */
const VISIBILITY_MS = 25_000;
const FUNCTION_MS = 20_000;
const RETENTION_MS = 4_500_000;
const DEDUPLICATION_MS = 300_000;
/** Lambda invokes an asynchronous function that failed twice more. */
const RETRIES_MS = [60_000, 120_000];
/** From the message to the status that answers it. */
const LOOK_MS = 400;

interface Message {
  readonly id: string;
  readonly body: string;
  readonly sentAtMs: number;
  visibleAtMs: number;
  receiveCount: number;
}

interface Call {
  readonly event: unknown;
  atMs: number;
  attempt: number;
}

/** What came to the URL that CloudFormation gave. */
export interface Answered {
  readonly atMs: number;
  readonly body: string;
}

/** What may go wrong at one effect: the function dies right after it, or the reply to it is lost. */
export interface Fault {
  readonly kind: 'killed' | 'replyLost';
  readonly at: number;
}

/**
 * CloudFormation, Lambda, the queue of the gates, membership and time. Both rooms run in it as they are deployed:
 * whoever is killed is started again by the platform.
 */
export class GateWorld {
  nowMs = Date.parse('2026-11-20T12:00:00Z');
  /** Below the path of cluster core. */
  readonly texts = new Map<string, string>();
  /** What membership sees; `null`: it is dead. */
  cluster: ((nowMs: number) => Status) | null = () => WHOLE;
  stackStatus: string | null = 'UPDATE_IN_PROGRESS';
  readonly answers: Answered[] = [];
  /** The status code that the URL answers with; `null`: nobody is there. */
  urlSays: number | null = 200;
  readonly messages: Message[] = [];
  readonly lines: string[] = [];
  readonly kept: string[] = [];
  readonly asks: string[] = [];
  invocations = 0;
  effects = 0;
  fault: Fault | null = null;
  readonly #sent = new Map<string, number>();
  readonly #calls: Call[] = [];
  readonly #due: { readonly atMs: number; readonly nonce: string }[] = [];
  #asked: string[] = [];
  #kill: () => void = () => {};
  #isKilled = false;

  readonly clock: Clock = {
    nowMs: () => this.nowMs,
    sleep: (ms) =>
      this.#alive(async () => {
        this.nowMs += ms;
      }),
  };

  readonly #queue: QueuePort = {
    askForLook: (_, body) =>
      this.#effect(() => {
        this.asks.push(body);
        const nonce = String(Object(JSON.parse(body)).nonce);
        this.#due.push({ atMs: this.nowMs + LOOK_MS, nonce });
      }),
    keepUnreadable: (_, body, reason) => this.#effect(() => void this.kept.push(`${reason}: ${body}`)),
  };

  ports(): GatePorts {
    return {
      named: {
        read: (names) =>
          this.#alive(async () => {
            this.#look();
            const found = names.flatMap((name) => {
              const text = this.texts.get(name.slice(PATH.length));
              return text === undefined ? [] : [[name, text] as const];
            });
            return new Map(found);
          }),
      },
      stackStatus: { statusOf: () => this.#alive(async () => this.stackStatus) },
      queue: this.#queue,
    };
  }

  room(changes: Partial<GateRoom> = {}): GateRoom {
    const write = (line: string): void => void this.lines.push(line);
    return {
      connect: () => this.ports(),
      postAnswer: createPostAnswer(this.clock, { attempts: 1 }),
      clock: this.clock,
      logger: createLogger('info', this.clock.nowMs, write),
      metrics: createMetrics(this.clock.nowMs, write),
      ...changes,
    };
  }

  /** What stands for the network: the one URL. */
  readonly fetch = async (_: unknown, { body }: { readonly body: Uint8Array }): Promise<Response> => {
    await this.#effect(() => {
      if (this.urlSays === null) return;
      this.answers.push({ atMs: this.nowMs, body: new TextDecoder().decode(body) });
    });
    if (this.urlSays === null) throw new TypeError('fetch failed');
    return new Response(null, { status: this.urlSays });
  };

  /** CloudFormation invokes custom-resources. */
  request(event: unknown, atMs = this.nowMs): void {
    this.#calls.push({ event, atMs, attempt: 0 });
  }

  /** Lets everything happen that is due until then. */
  async runUntil(untilMs: number): Promise<void> {
    for (let step = 0; step < 2_000; step += 1) {
      const next = this.#next();
      if (next === null || next.atMs > untilMs) break;
      this.nowMs = Math.max(this.nowMs, next.atMs);
      await next.happen();
    }
    this.nowMs = Math.max(this.nowMs, untilMs);
  }

  #next(): { readonly atMs: number; readonly happen: () => Promise<void> } | null {
    const calls = this.#calls.map((call) => ({ atMs: call.atMs, happen: () => this.#invoke(call) }));
    const receives = this.messages.map((message) => ({
      atMs: message.visibleAtMs,
      happen: () => this.#receive(message),
    }));
    return [...calls, ...receives].sort((a, b) => a.atMs - b.atMs)[0] ?? null;
  }

  async #invoke(call: Call): Promise<void> {
    this.#calls.splice(this.#calls.indexOf(call), 1);
    const resources = new Resources();
    const base = resources.room().connect();
    const room = {
      connect: () => ({
        ...base,
        parameters: { ...base.parameters, readAll: async () => new Map(this.texts) },
        gateQueue: { put: (key: string, body: string) => this.#effect(() => this.#put(key, body)) },
        stackStatus: this.ports().stackStatus,
      }),
      postAnswer: createPostAnswer(this.clock),
      clock: this.clock,
      logger: createLogger('info', this.clock.nowMs, (line) => void this.lines.push(line)),
    };
    if (
      await this.#lives(() =>
        answerRequest(room, call.event, 120_000).then(
          () => true,
          () => false,
        ),
      )
    )
      return;
    const waitMs = RETRIES_MS[call.attempt];
    if (waitMs !== undefined)
      this.#calls.push({ event: call.event, atMs: this.nowMs + waitMs, attempt: call.attempt + 1 });
  }

  #put(key: string, body: string): void {
    if ((this.#sent.get(key) ?? Number.NEGATIVE_INFINITY) + DEDUPLICATION_MS > this.nowMs) return;
    this.#sent.set(key, this.nowMs);
    const id = `message-${this.#sent.size}-${this.messages.length}`;
    this.messages.push({ id, body, sentAtMs: this.nowMs, visibleAtMs: this.nowMs, receiveCount: 0 });
  }

  async #receive(message: Message): Promise<void> {
    const drop = (): void => void this.messages.splice(this.messages.indexOf(message), 1);
    if (this.nowMs - message.sentAtMs > RETENTION_MS) return drop();
    message.visibleAtMs = this.nowMs + VISIBILITY_MS;
    message.receiveCount += 1;
    const isDone = await this.#lives(async () => {
      const { batchItemFailures } = await workOnBatch(
        this.room(),
        [recordOf(message)],
        lambdaContext(FUNCTION_MS),
      );
      return batchItemFailures.every(({ itemIdentifier }) => itemIdentifier !== message.id);
    });
    if (isDone) drop();
  }

  /** Whether an invocation ended as it should; `false` when it was killed. */
  async #lives(work: () => Promise<boolean>): Promise<boolean> {
    this.invocations += 1;
    this.#isKilled = false;
    const killed = new Promise<boolean>((resolve) => {
      this.#kill = () => resolve(false);
    });
    const isDone = await Promise.race([work(), killed]);
    this.#isKilled = false;
    return isDone;
  }

  /** Counts an effect, and does to it what this run is about. */
  #effect(happen: () => void): Promise<void> {
    return this.#alive(async () => {
      happen();
      this.effects += 1;
      if (this.effects !== this.fault?.at) return;
      if (this.fault.kind === 'replyLost')
        throw new OperationError('AWS_UNAVAILABLE', 'nextLook', 'no reply');
      this.#isKilled = true;
      this.#kill();
      await new Promise(() => {});
    });
  }

  /** Whoever is dead does nothing more, and hears of nothing. */
  async #alive<Result>(work: () => Promise<Result>): Promise<Result> {
    if (this.#isKilled) return new Promise<Result>(() => {});
    return work();
  }

  /** Membership has looked where it was asked to, if it lives. */
  #look(): void {
    const due = this.#due.filter(({ atMs }) => atMs <= this.nowMs);
    if (due.length === 0 || this.cluster === null) return;
    const [latest] = due.map(({ atMs }) => atMs).sort((a, b) => b - a);
    this.#due.splice(0, due.length);
    this.#asked = [...this.#asked, ...due.map(({ nonce }) => nonce)].slice(-4);
    const at = new Date(latest ?? this.nowMs).toISOString();
    this.texts.set('status', encodeStatus({ ...this.cluster(latest ?? this.nowMs), asked: this.#asked, at }));
  }
}

export const recordOf = ({ id, body, sentAtMs, receiveCount }: Omit<Message, 'visibleAtMs'>) => ({
  messageId: id,
  body,
  attributes: { SentTimestamp: String(sentAtMs), ApproximateReceiveCount: String(receiveCount) },
});

export const fieldsOf = (body: string): Readonly<Record<string, unknown>> => {
  const value: unknown = JSON.parse(body);
  return isRecord(value) ? value : {};
};

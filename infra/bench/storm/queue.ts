import type { Context } from 'aws-lambda';
import type { VirtualTime } from './virtual-time.ts';

/** What a function is started with. */
export interface Delivery {
  readonly records: readonly unknown[];
  readonly context: Context;
}

interface Message {
  readonly body: string;
  readonly sentAtMs: number;
}

/** From the queue to a container that is warm. */
const START_MS = 50;
const BATCH_SIZE = 10;
const TIMEOUT_MS = 60_000;

/** One message group of a FIFO queue and the function behind it: one batch at a time, in order. */
export class GroupQueue {
  invocations = 0;
  /** Invocations that Lambda would have broken off. */
  overruns = 0;
  readonly #time: VirtualTime;
  readonly #group: string;
  readonly #work: (delivery: Delivery) => Promise<unknown>;
  readonly #messages: Message[] = [];
  #isBusy = false;

  constructor(time: VirtualTime, group: string, work: (delivery: Delivery) => Promise<unknown>) {
    this.#time = time;
    this.#group = group;
    this.#work = work;
  }

  get isIdle(): boolean {
    return !this.#isBusy && this.#messages.length === 0;
  }

  send(body: string): void {
    this.#messages.push({ body, sentAtMs: this.#time.nowMs() });
    if (this.#isBusy) return;
    this.#isBusy = true;
    this.#time.at(this.#time.nowMs() + START_MS, () => this.#drain());
  }

  async #drain(): Promise<void> {
    for (;;) {
      const batch = this.#messages.splice(0, BATCH_SIZE);
      if (batch.length === 0) break;
      this.invocations += 1;
      const deadlineMs = this.#time.nowMs() + TIMEOUT_MS;
      await this.#work({
        records: batch.map((message, at) => this.#recordOf(message, at)),
        context: this.#contextOf(deadlineMs),
      });
      if (this.#time.nowMs() > deadlineMs) this.overruns += 1;
      await this.#time.sleep(START_MS);
    }
    this.#isBusy = false;
  }

  #contextOf(deadlineMs: number): Context {
    return {
      callbackWaitsForEmptyEventLoop: false,
      functionName: 'storm',
      functionVersion: '1',
      invokedFunctionArn: '',
      memoryLimitInMB: '512',
      awsRequestId: `${this.#group}-${this.invocations}`,
      logGroupName: '',
      logStreamName: '',
      getRemainingTimeInMillis: () => deadlineMs - this.#time.nowMs(),
      done: () => {},
      fail: () => {},
      succeed: () => {},
    };
  }

  #recordOf({ body, sentAtMs }: Message, at: number) {
    const attributes = { MessageGroupId: this.#group, SentTimestamp: String(sentAtMs) };
    return { messageId: `${this.#group}-${this.invocations}-${at}`, body, attributes };
  }
}

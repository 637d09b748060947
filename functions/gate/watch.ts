import { OperationError } from '../core/errors.ts';
import { GATE_READS, type GateVerdict, judgeGate } from '../core/gate/judge.ts';
import { isLettingGo } from '../core/gate/letting-go.ts';
import type { GateMessage } from '../core/gate/message.ts';
import { type Gate, requestKeyOf } from '../core/gate-resource.ts';
import { clusterPath, PARAMETER } from '../core/names.ts';
import type { Clock } from '../core/ports.ts';
import type { Shortfall } from '../core/shortfalls.ts';
import type { GatePorts } from '../edge/wiring-gate.ts';

/** What one receive came to. `lettingGo`: the stack goes back, or away. */
export type Watched = GateVerdict | { readonly kind: 'lettingGo' };

/** A pass takes less than a second when all is well, so the first looks follow closely. */
const POLL_MS = [150, 250, 400] as const;
/** A status names the newest few that asked: where many gates ask at once, an answer does not stand there for long. */
const POLL_MS_MAX = 700;
/** Another pass may find what the last did not; each costs all that a pass costs. */
const ASK_EVERY_MS = 4_000;
const READS_MAX = 100;
const KEY_CHARS = 16;

/** Watches a cluster for one receive: asks for looks, and reads what they find. */
export class Watch {
  readonly #ports: GatePorts;
  readonly #clock: Clock;
  readonly #gate: Gate;
  readonly #message: GateMessage;
  readonly #onTrouble: (error: OperationError) => void;
  /** All that this gate asks begins so; what this receive asks, with {@link #nonceOfReceive}. */
  readonly #nonce: string;
  readonly #nonceOfReceive: string;
  #firstText: string | null | undefined;
  #lastText: string | null | undefined;
  #isAnswered = false;
  #askCount = 0;
  #askAtMs = 0;
  #isStackKnown = false;
  verdict: GateVerdict = { kind: 'shut', shortfalls: [], wholeInMs: null, isFinal: false };

  constructor(
    ports: GatePorts,
    clock: Clock,
    gate: Gate,
    message: GateMessage,
    onTrouble: (error: OperationError) => void,
  ) {
    this.#ports = ports;
    this.#clock = clock;
    this.#gate = gate;
    this.#message = message;
    this.#onTrouble = onTrouble;
    this.#nonce = `gate-${requestKeyOf(message.request).slice(0, KEY_CHARS)}/`;
    this.#nonceOfReceive = `${this.#nonce}${message.receiveCount}.`;
  }

  /** Only who knows that its stack does not go back may refuse before the time is over. */
  get isStackKnown(): boolean {
    return this.#isStackKnown;
  }

  get askCount(): number {
    return this.#askCount;
  }

  /**
   * Ends as soon as the gate is open, when it cannot open before `untilMs`, and after `deadlineMs` with the first
   * answer to a look. Reads at least once.
   */
  async run(deadlineMs: number, untilMs: number): Promise<Watched> {
    const [stackStatus] = await Promise.all([this.#stackStatus(), this.#read(), this.#ask()]);
    if (isLettingGo(stackStatus)) return { kind: 'lettingGo' };
    let polls = 0;
    for (let read = 1; read < READS_MAX && this.#isWorthWaiting(deadlineMs, untilMs); read += 1) {
      await this.#clock.sleep(Math.min(POLL_MS[polls] ?? POLL_MS_MAX, untilMs - this.#clock.nowMs()));
      polls += 1;
      if (this.#clock.nowMs() >= this.#askAtMs) {
        await this.#ask();
        polls = 0;
      }
      await this.#read();
    }
    return this.verdict;
  }

  #isWorthWaiting(deadlineMs: number, untilMs: number): boolean {
    const nowMs = this.#clock.nowMs();
    if (this.verdict.kind !== 'shut' || this.verdict.isFinal || nowMs >= untilMs) return false;
    if (this.#ports.isDry === true) return false;
    if (nowMs >= deadlineMs && this.#isAnswered) return false;
    return this.verdict.wholeInMs === null || this.#askAtMs < untilMs;
  }

  /** What is not known of the stack opens nothing. */
  async #stackStatus(): Promise<string | null> {
    try {
      const status = await this.#ports.stackStatus.statusOf(this.#message.request.stackId);
      this.#isStackKnown = true;
      return status;
    } catch (error) {
      this.#expected(error);
      return null;
    }
  }

  async #ask(): Promise<void> {
    const { cluster } = this.#gate;
    this.#askCount += 1;
    this.#askAtMs = this.#clock.nowMs() + ASK_EVERY_MS;
    const nonce = this.#nonceOfReceive + this.#askCount;
    const body = { etcdAutopilot: 1, request: 'look', cluster, from: 'gate', nonce, answer: true };
    try {
      await this.#ports.queue.askForLook(cluster, JSON.stringify(body));
    } catch (error) {
      this.#expected(error);
    }
  }

  async #read(): Promise<void> {
    const path = clusterPath(this.#gate.cluster);
    try {
      const read = await this.#ports.named.read(GATE_READS.map((name) => path + name));
      const texts = new Map([...read].map(([name, text]) => [name.slice(path.length), text]));
      this.#judge(texts);
    } catch (error) {
      const { message } = this.#expected(error);
      const unread: Shortfall = {
        code: 'statusOld',
        subject: null,
        text: `the status cannot be read: ${message}`,
      };
      this.verdict = { kind: 'shut', shortfalls: [unread], wholeInMs: null, isFinal: false };
    }
  }

  #judge(texts: ReadonlyMap<string, string>): void {
    const text = texts.get(PARAMETER.status) ?? null;
    if (this.#firstText === undefined) this.#firstText = text;
    // Written since this receive began, or asked for in it: in both cases by somebody who is alive now.
    const nonce = text === this.#firstText ? this.#nonceOfReceive : this.#nonce;
    this.verdict = judgeGate(this.#gate, texts, (asked) => {
      const isAnswer = asked.some((one) => one.startsWith(nonce));
      this.#isAnswered ||= isAnswer;
      return isAnswer;
    });
    const isNew = text !== this.#lastText;
    this.#lastText = text;
    if (!isNew || this.verdict.kind !== 'shut' || this.verdict.wholeInMs === null) return;
    this.#askAtMs = this.#clock.nowMs() + this.verdict.wholeInMs;
  }

  /** @throws what is a bug of ours */
  #expected(error: unknown): OperationError {
    if (!(error instanceof OperationError)) throw error;
    this.#onTrouble(error);
    return error;
  }
}

import { setTimeout as sleep } from 'node:timers/promises';
import type { Looker } from './look.ts';
import {
  type ActionRecord,
  type Deed,
  isSameSample,
  type Recording,
  type Sample,
  type SampledWait,
  type ToldWait,
} from './recording.ts';
import type { LogLine, Teller } from './told.ts';

/** At least this often; `nudge` brings the next look forward. */
const LOOK_EVERY_MS = 500;
/** Nobody is asked why it waits more often than this: the asking itself costs the machine something. */
const ASK_EVERY_MS = 1_000;

export interface Clock {
  /** Monotonic milliseconds, as all times of the writer and the story are. */
  readonly nowMs: () => number;
  readonly wallMs: () => number;
}

const CLOCK: Clock = { nowMs: () => performance.now(), wallMs: () => Date.now() };

/** Follows a run from outside. What it cannot see in one look it leaves out: a recording never stops a run. */
export class Recorder {
  readonly #looker: Looker;
  readonly #teller: Teller;
  readonly #clock: Clock;
  readonly #originMs: number;
  readonly #startedWallMs: number;
  readonly #samples: Sample[] = [];
  readonly #told: ToldWait[] = [];
  readonly #deeds: Deed[] = [];
  readonly #stop = new AbortController();
  #wake = new AbortController();
  #running: Promise<void> | null = null;
  #asking: Promise<void> | null = null;
  #askedWaits = '';
  #askedAtMs = -ASK_EVERY_MS;

  constructor(looker: Looker, teller: Teller, clock: Clock = CLOCK) {
    this.#looker = looker;
    this.#teller = teller;
    this.#clock = clock;
    this.#originMs = clock.nowMs();
    this.#startedWallMs = clock.wallMs();
  }

  start(): void {
    this.#running ??= this.#run();
  }

  /** Something has changed: look now. */
  nudge(): void {
    this.#wake.abort();
  }

  /** Notes what the demo itself does. */
  note(text: string): void {
    this.#deeds.push({ atMs: this.sinceStart(this.#clock.nowMs()), text });
  }

  /** Milliseconds since the recording began, of a moment on the monotonic clock. */
  sinceStart(nowMs: number): number {
    return Math.round((nowMs - this.#originMs) * 10) / 10;
  }

  deedsBetween(fromMs: number, toMs: number): readonly Deed[] {
    return this.#deeds.filter(({ atMs }) => atMs >= fromMs && atMs < toMs);
  }

  /** Ends the looking and asks for the log; what was seen. */
  async stop(): Promise<Pick<Recording, 'startedAt' | 'endMs' | 'samples' | 'told' | 'actions'>> {
    this.#stop.abort();
    this.nudge();
    await this.#running;
    await this.#asking;
    const log = await this.#teller.log().catch(() => []);
    return {
      startedAt: new Date(this.#startedWallMs).toISOString(),
      endMs: this.sinceStart(this.#clock.nowMs()),
      samples: this.#samples,
      told: this.#told,
      actions: actionsOf(log, this.#startedWallMs),
    };
  }

  async #run(): Promise<void> {
    while (!this.#stop.signal.aborted) {
      this.#wake = new AbortController();
      await this.#look();
      await sleep(LOOK_EVERY_MS, undefined, { signal: this.#wake.signal }).catch(() => undefined);
    }
  }

  async #look(): Promise<void> {
    const seen = await this.#looker.look().catch(() => null);
    if (seen === null) return;
    const sample = { atMs: this.sinceStart(this.#clock.nowMs()), ...seen };
    const last = this.#samples.at(-1);
    if (last === undefined || !isSameSample(last, sample)) this.#samples.push(sample);
    this.#askWhy(sample.waits);
  }

  /** Asks for words whenever other things are waited for; one question at a time. */
  #askWhy(waits: readonly SampledWait[]): void {
    const key = JSON.stringify(waits);
    const nowMs = this.#clock.nowMs();
    if (waits.length === 0 || key === this.#askedWaits || this.#asking !== null) return;
    if (nowMs - this.#askedAtMs < ASK_EVERY_MS) return;
    this.#askedWaits = key;
    this.#askedAtMs = nowMs;
    this.#asking = this.#teller
      .waits()
      .then((told) => {
        const atMs = this.sinceStart(this.#clock.nowMs());
        this.#told.push(...told.map(({ kind, text }) => ({ atMs, kind, text })));
      })
      .catch(() => undefined)
      .finally(() => {
        this.#asking = null;
      });
  }
}

/** The effects in a function's log, with their times brought to the recording's. Pure. */
export function actionsOf(log: readonly LogLine[], startedWallMs: number): readonly ActionRecord[] {
  const text = (value: unknown): string | null => (typeof value === 'string' ? value : null);
  return log
    .filter(({ event }) => event === 'step.applied' || event === 'step.refused')
    .map((line) => ({
      atMs: Date.parse(String(line['at'])) - startedWallMs,
      kind: String(line['kind']),
      because: text(line['because']),
      instanceId: text(line['instanceId']),
      memberId: text(line['memberId']),
      refusal: line['event'] === 'step.applied' ? null : (text(line['errorText']) ?? 'refused'),
    }))
    .filter(({ atMs }) => Number.isFinite(atMs))
    .sort((a, b) => a.atMs - b.atMs);
}

import { setTimeout as sleep } from 'node:timers/promises';
import type { Ground } from './ground.ts';
import { alarming } from './run.ts';

const LOOK_EVERY_MS = 15_000;

/** A cluster that nobody touches, looked at four times as often as its schedule would, while others suffer. */
export class Calm {
  readonly #ground: Ground;
  readonly findings: string[] = [];
  looks = 0;
  #startedMs = 0;
  #stoppedMs = 0;
  #isStopped = false;
  #running: Promise<void> | null = null;

  constructor(ground: Ground) {
    this.#ground = ground;
  }

  get minutes(): number {
    const endMs = this.#stoppedMs || performance.now();
    return Math.round((endMs - this.#startedMs) / 6_000) / 10;
  }

  async start(): Promise<void> {
    await this.#ground.cluster.untilWhole(3, 90);
    this.#startedMs = performance.now();
    this.#running = this.#run();
  }

  async #run(): Promise<void> {
    for (let index = 0; !this.#isStopped; index += 1) {
      await this.#look(index).catch((error: unknown) => this.findings.push(String(error)));
      await sleep(LOOK_EVERY_MS);
    }
  }

  async #look(index: number): Promise<void> {
    // It is used a little, as a cluster is.
    await this.#ground.etcdctl('put', `calm-${index % 100}`, String(index));
    this.findings.push(...alarming(await this.#ground.findings()));
    this.looks += 1;
  }

  async untilMinutes(minutes: number): Promise<void> {
    while (this.minutes < minutes && this.findings.length === 0) await sleep(1_000);
    this.#stoppedMs = performance.now();
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#stoppedMs ||= performance.now();
    await this.#running;
    this.#ground.close();
  }
}

import { setTimeout as sleep } from 'node:timers/promises';
import { type EtcdLooker, openEtcdLooker, type View } from '../demo/look.ts';
import type { Sample } from '../demo/recording.ts';
import { type Goal, isStrong } from './strength.ts';

/** What a look costs the machine is paid by the floor as well. */
const LOOK_EVERY_MS = 25;

/** Looks at every etcd by itself, and at the member list, for as long as a run takes. */
export class Observer {
  readonly #looker: EtcdLooker = openEtcdLooker();
  readonly #views: () => readonly View[];
  readonly samples: Sample[] = [];
  #running: Promise<void> | null = null;
  #isStopped = false;

  constructor(views: () => readonly View[]) {
    this.#views = views;
  }

  start(): void {
    this.#running ??= this.#run();
  }

  /** Name of the instance that leads now; `null`: nobody, as far as can be seen. */
  get leader(): string | null {
    return this.samples.at(-1)?.instances.find(({ leads }) => leads)?.id ?? null;
  }

  /** When everybody who is wanted votes, as first seen after `sinceMs`; `null`: not within the time. */
  async untilStrong(goal: Goal, sinceMs: number, limitMs: number): Promise<number | null> {
    const untilMs = performance.now() + limitMs;
    while (performance.now() < untilMs) {
      const found = this.samples.find((sample) => sample.atMs >= sinceMs && isStrong(sample, goal));
      if (found !== undefined) return found.atMs;
      await sleep(LOOK_EVERY_MS);
    }
    return null;
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    await this.#running;
    this.#looker.close();
  }

  async #run(): Promise<void> {
    while (!this.#isStopped) {
      const startedMs = performance.now();
      const seen = await this.#looker.look(this.#views()).catch(() => null);
      const sample = { atMs: performance.now(), desired: null, waits: [] };
      if (seen !== null) this.samples.push({ ...sample, ...seen });
      await sleep(Math.max(1, LOOK_EVERY_MS - (performance.now() - startedMs)));
    }
  }
}

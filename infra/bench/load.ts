import { setTimeout as sleep } from 'node:timers/promises';
import { openEtcdHttp } from '../demo/etcd-http.ts';
import type { Write } from '../demo/recording.ts';
import { Writer } from '../demo/writer.ts';
import { gapsOf } from '../demo/writes.ts';

const STEADY_WRITES = 5;
const STEADY_MS_MAX = 20_000;

/** The longest time between two acknowledged writes that ends within a time; `null`: there were no two. */
export function longestGapMs(writes: readonly Write[], fromMs: number, toMs: number): number | null {
  const gaps = gapsOf(writes, -1).filter((gap) => gap.toMs >= fromMs && gap.toMs <= toMs);
  return gaps.length === 0 ? null : Math.max(...gaps.map((gap) => gap.toMs - gap.fromMs));
}

/** The first acknowledgement after a time; `null`: there was none. */
export function firstAckMs(writes: readonly Write[], sinceMs: number): number | null {
  const acks = writes.filter(([, , isAcked]) => isAcked === 1).map(([sentMs, tookMs]) => sentMs + tookMs);
  return acks.find((atMs) => atMs >= sinceMs) ?? null;
}

export interface WriteCount {
  readonly writes: number;
  readonly failedWrites: number;
  readonly lost: number;
}

/** The demo's writer, with keys of its own for each run. */
export class Load {
  readonly #etcd = openEtcdHttp();
  readonly #writer: Writer;

  constructor(listEndpoints: () => Promise<readonly string[]>, name: string) {
    this.#writer = new Writer(this.#etcd, listEndpoints, `/bench/${name}/`);
    this.#writer.beginStep();
    this.#writer.start();
  }

  get writes(): readonly Write[] {
    return this.#writer.writes;
  }

  /** @throws {Error} nothing was acknowledged for a long time. */
  async untilSteady(): Promise<void> {
    const untilMs = performance.now() + STEADY_MS_MAX;
    while (this.#writer.countOf(0).ackedWrites < STEADY_WRITES) {
      if (performance.now() > untilMs) throw new Error('the cluster takes no writes before the run begins');
      await sleep(10);
    }
  }

  /** Ends it and reads everything back. */
  async end(): Promise<WriteCount> {
    await this.#writer.stop();
    const [lost = 0] = await this.#writer.lostByStep();
    const { ackedWrites: writes, failedWrites } = this.#writer.countOf(0);
    return { writes, failedWrites, lost };
  }

  /** Also after `end`. */
  async close(): Promise<void> {
    await this.#writer.stop();
    this.#etcd.close();
  }
}

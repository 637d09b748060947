import { setTimeout as sleep } from 'node:timers/promises';
import type { EtcdHttp } from './etcd-http.ts';
import type { Write } from './recording.ts';

/** One write every so often, each with its own deadline: what the issue of every gap is measured with. */
export const WRITE_EVERY_MS = 20;
export const WRITE_DEADLINE_MS = 250;
/** Keys of the demo lie here. */
export const PREFIX = '/demo/';

export interface StepCount {
  readonly ackedWrites: number;
  readonly failedWrites: number;
  /** Longest time between two acknowledged writes, the running one included; `null` without any. */
  readonly longestGapMs: number | null;
}

interface Acked {
  readonly key: string;
  readonly value: string;
  readonly step: number;
}

/**
 * One sequential writer of unique keys. It tries the endpoint that worked last, then
 * the next; a write counts only when etcd acknowledged it. A key whose write got no
 * answer is never used again, so nothing is counted twice.
 */
export class Writer {
  readonly #etcd: EtcdHttp;
  readonly #listEndpoints: () => Promise<readonly string[]>;
  readonly #prefix: string;
  readonly #acked: Acked[] = [];
  /** Every write, by the monotonic clock. */
  readonly writes: Write[] = [];
  readonly #counts: { acked: number; failed: number; gapMs: number | null }[] = [];
  #endpoints: readonly string[] = [];
  #at = 0;
  #serial = 0;
  #lastAckMs: number | null = null;
  #running: Promise<void> | null = null;
  #refreshing: Promise<void> | null = null;
  #stopped = false;

  /** Two writers of one cluster need a `prefix` each. */
  constructor(etcd: EtcdHttp, listEndpoints: () => Promise<readonly string[]>, prefix = PREFIX) {
    this.#etcd = etcd;
    this.#listEndpoints = listEndpoints;
    this.#prefix = prefix;
  }

  start(): void {
    this.#running ??= this.#run();
    this.#refreshing ??= this.#refresh();
  }

  /** Starts counting for the next step. */
  beginStep(): void {
    this.#counts.push({ acked: 0, failed: 0, gapMs: null });
  }

  countOf(step: number): StepCount {
    const count = this.#counts[step] ?? { acked: 0, failed: 0, gapMs: null };
    const isLast = step === this.#counts.length - 1;
    const openMs =
      isLast && this.#lastAckMs !== null && !this.#stopped ? performance.now() - this.#lastAckMs : 0;
    const longestGapMs = count.gapMs === null ? null : Math.round(Math.max(count.gapMs, openMs));
    return { ackedWrites: count.acked, failedWrites: count.failed, longestGapMs };
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await Promise.all([this.#running, this.#refreshing]);
  }

  /** Reads everything back: acknowledged writes of each step that are not there any more, or differ. */
  async lostByStep(): Promise<readonly number[]> {
    const present = this.#acked.length === 0 ? new Map() : await this.#readBack();
    const lost = this.#counts.map(() => 0);
    for (const { key, value, step } of this.#acked) {
      if (present.get(key) !== value) lost[step] = (lost[step] ?? 0) + 1;
    }
    return lost;
  }

  async #readBack(): Promise<ReadonlyMap<string, string>> {
    let last: unknown = new Error('no endpoint to read back from');
    for (const endpoint of await this.#listEndpoints()) {
      try {
        return await this.#etcd.readAll(endpoint, this.#prefix);
      } catch (error) {
        last = error;
      }
    }
    throw last;
  }

  async #run(): Promise<void> {
    while (!this.#stopped) {
      const startedMs = performance.now();
      if (this.#endpoints.length > 0) await this.#write();
      await sleep(Math.max(1, WRITE_EVERY_MS - (performance.now() - startedMs)));
    }
  }

  async #write(): Promise<void> {
    this.#serial += 1;
    const step = this.#counts.length - 1;
    const key = `${this.#prefix}${String(this.#serial).padStart(8, '0')}`;
    const value = `${step}:${this.#serial}`;
    const endpoint = this.#endpoints[this.#at % this.#endpoints.length] ?? '';
    const sentMs = performance.now();
    try {
      await this.#etcd.put(endpoint, key, value, WRITE_DEADLINE_MS);
      this.writes.push([sentMs, performance.now() - sentMs, 1]);
      this.#noteAck({ key, value, step });
    } catch {
      this.writes.push([sentMs, performance.now() - sentMs, 0]);
      const count = this.#counts[step];
      if (count !== undefined) count.failed += 1;
      this.#at += 1;
    }
  }

  /** The gap belongs to the step in which it ends. */
  #noteAck(acked: Acked): void {
    const nowMs = performance.now();
    const count = this.#counts[acked.step];
    this.#acked.push(acked);
    if (count !== undefined) {
      count.acked += 1;
      count.gapMs = Math.max(count.gapMs ?? 0, this.#lastAckMs === null ? 0 : nowMs - this.#lastAckMs);
    }
    this.#lastAckMs = nowMs;
  }

  /** Follows the published list, as a client that re-reads it would; a failed read keeps the last one. */
  async #refresh(): Promise<void> {
    while (!this.#stopped) {
      const listed = await this.#listEndpoints().catch(() => []);
      if (listed.length > 0) this.#endpoints = listed;
      await sleep(500);
    }
  }
}

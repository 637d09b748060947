import { setTimeout as sleep } from 'node:timers/promises';
import type { Zone } from './zones.ts';

/** Answers are as old as this at most; a change takes a second until it is served, here as there. */
const FRESH_MS = 50;
/**
 * Name servers answer while the API is busy: what was read before serves when the stage takes longer than this, but not for
 * so long that a change is `INSYNC` before it is told.
 */
const PATIENCE_MS = 100;
const STALE_MS_MAX = 400;
const PATH = '/2013-04-01/served-by-the-local-region';

interface Read {
  readonly atMs: number;
  readonly zones: readonly Zone[];
}

/** The zones that the stage serves at the moment. */
export class ZoneSource {
  readonly #read: () => Promise<readonly Zone[]>;
  readonly #nowMs: () => number;
  #last: Read | null = null;
  #reading: Promise<readonly Zone[]> | null = null;

  constructor(read: () => Promise<readonly Zone[]>, nowMs: () => number = () => performance.now()) {
    this.#read = read;
    this.#nowMs = nowMs;
  }

  /** @throws when the stage does not answer */
  async zones(): Promise<readonly Zone[]> {
    const last = this.#last;
    const ageMs = last === null ? Number.POSITIVE_INFINITY : this.#nowMs() - last.atMs;
    if (last !== null && ageMs <= FRESH_MS) return last.zones;
    this.#reading ??= this.#refresh();
    if (last === null || ageMs > STALE_MS_MAX) return this.#reading;
    return Promise.race([
      this.#reading.catch(() => last.zones),
      sleep(PATIENCE_MS, last.zones, { ref: false }),
    ]);
  }

  async #refresh(): Promise<readonly Zone[]> {
    const atMs = this.#nowMs();
    try {
      const zones = await this.#read();
      this.#last = { atMs, zones };
      return zones;
    } finally {
      this.#reading = null;
    }
  }
}

/** @throws when the stage does not answer */
export async function readZones(stagePort: number): Promise<readonly Zone[]> {
  const answer = await fetch(`http://127.0.0.1:${stagePort}${PATH}`, { signal: AbortSignal.timeout(5_000) });
  if (!answer.ok) throw new Error(`the stage does not tell its zones: HTTP ${answer.status}`);
  const body: unknown = await answer.json();
  if (!isZones(body)) throw new Error('the stage tells no zones');
  return body.zones;
}

function isZones(body: unknown): body is { readonly zones: readonly Zone[] } {
  return typeof body === 'object' && body !== null && 'zones' in body && Array.isArray(body.zones);
}

import type { Zone } from './zones.ts';

/** Answers are as old as this at most; a change takes a second until it is served, here as there. */
const FRESH_MS = 50;
const PATH = '/2013-04-01/served-by-the-local-region';

/** The zones that the stage serves at the moment. */
export class ZoneSource {
  readonly #url: string;
  #read: { readonly atMs: number; readonly zones: Promise<readonly Zone[]> } | null = null;

  constructor(stagePort: number) {
    this.#url = `http://127.0.0.1:${stagePort}${PATH}`;
  }

  /** @throws when the stage does not answer */
  zones(): Promise<readonly Zone[]> {
    const now = performance.now();
    if (this.#read === null || now - this.#read.atMs > FRESH_MS) {
      this.#read = { atMs: now, zones: readZones(this.#url) };
    }
    return this.#read.zones;
  }
}

async function readZones(url: string): Promise<readonly Zone[]> {
  const answer = await fetch(url, { signal: AbortSignal.timeout(5_000) });
  if (!answer.ok) throw new Error(`the stage does not tell its zones: HTTP ${answer.status}`);
  const body: unknown = await answer.json();
  if (!isZones(body)) throw new Error('the stage tells no zones');
  return body.zones;
}

function isZones(body: unknown): body is { readonly zones: readonly Zone[] } {
  return typeof body === 'object' && body !== null && 'zones' in body && Array.isArray(body.zones);
}

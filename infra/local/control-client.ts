import type { Inflicted } from './fleet/faults/on-machines.ts';
import type { FaultView } from './fleet/faults/register.ts';
import type { RegionStatus } from './fleet/status.ts';
import { record, text } from './fleet/wire.ts';

/** A reboot waits for the machine; everything else answers at once. */
const ANSWER_MS_MAX = 30_000;

/** Faults and status of a local region, from any process. */
export interface Control {
  /** @throws {ControlError} it cannot be had, with the reason in one line */
  fault(request: object): Promise<Inflicted>;
  faults(): Promise<{ readonly faults: readonly FaultView[]; readonly ended: readonly FaultView[] }>;
  /** Ends one fault, or all (`null`); resolves with those that it ended. */
  clear(id: string | null): Promise<readonly FaultView[]>;
  status(): Promise<RegionStatus>;
}

/** The region refused, or did not answer. */
export class ControlError extends Error {
  override readonly name = 'ControlError';
}

export function openControl(endpoint: string): Control {
  const ask = <Answer>(method: string, path: string, body?: object): Promise<Answer> =>
    askRegion(`${endpoint}/_fleet/${path}`, method, body);
  return {
    fault: (request) => ask('POST', 'faults', request),
    faults: () => ask('GET', 'faults'),
    clear: async (id) => {
      const path = id === null ? 'faults' : `faults/${encodeURIComponent(id)}`;
      return (await ask<{ readonly cleared: readonly FaultView[] }>('DELETE', path)).cleared;
    },
    status: () => ask('GET', 'status'),
  };
}

async function askRegion<Answer>(url: string, method: string, body?: object): Promise<Answer> {
  const answer = await fetch(url, {
    method,
    signal: AbortSignal.timeout(ANSWER_MS_MAX),
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  }).catch((error: unknown) => {
    throw new ControlError(`the local region at ${new URL(url).origin} does not answer: ${String(error)}`);
  });
  const value: unknown = await answer.json();
  if (!answer.ok) throw new ControlError(text(record(value)['message']) || `HTTP ${answer.status}`);
  // The region runs the sources that this file is of: its answers are what those say.
  return value as Answer;
}

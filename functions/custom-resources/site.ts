import { type Registered, readRegistered } from '../core/custom-resource.ts';
import { OperationError } from '../core/errors.ts';
import { clusterPath } from '../core/names.ts';
import type { Clock, ParameterPort, QueuePort } from '../core/ports.ts';

/** What the work on one request has at hand. */
export interface Site {
  readonly parameters: ParameterPort;
  readonly queue: QueuePort;
  readonly clock: Clock;
  /** No waiting goes beyond this. */
  readonly deadlineMs: number;
  readonly requestId: string;
  /** Told of the id under which a Delete must find what this request may have written. */
  readonly onRecording: (physicalId: string) => void;
  /** Told of a look that could not be asked for. */
  readonly onLookNotAsked: (cluster: string, error: OperationError) => void;
}

/** What a request came to, when it did not fail. */
export interface Done {
  readonly physicalId: string;
  readonly reason: string;
  readonly attributes: Readonly<Record<string, string>>;
}

export const readCluster = async (site: Site, cluster: string): Promise<Registered> =>
  readRegistered(await site.parameters.readAll(clusterPath(cluster)));

/** A wait that CloudFormation's user notices, and yet most deletions need less. */
const POLL_MAX_MS = 60_000;
const POLL_EVERY_MS = 1_000;
/** The schedule may be deleted already, and a pass may end while instances are still going down. */
const ASK_EVERY_POLLS = 5;

/**
 * Reads the cluster's parameters, and has a pass look at it now and then, until
 * `isDone` or the time is over: the last reading. An answer that did not come is no reading.
 */
export async function pollUntil(
  site: Site,
  cluster: string,
  first: Registered,
  isDone: (registered: Registered) => boolean,
): Promise<Registered> {
  const endMs = Math.min(site.clock.nowMs() + POLL_MAX_MS, site.deadlineMs);
  let registered = first;
  for (let poll = 0; !isDone(registered) && site.clock.nowMs() + POLL_EVERY_MS <= endMs; poll += 1) {
    if (poll % ASK_EVERY_POLLS === 0) await askForLook(site, cluster);
    await site.clock.sleep(POLL_EVERY_MS);
    registered = (await readOrNull(site, cluster)) ?? registered;
  }
  return registered;
}

async function readOrNull(site: Site, cluster: string): Promise<Registered | null> {
  try {
    return await readCluster(site, cluster);
  } catch (error) {
    if (error instanceof OperationError && error.retry !== 'never') return null;
    throw error;
  }
}

/** Asks membership for a look. One that cannot be asked for is no failure: the schedule looks every minute. */
export async function askForLook(site: Site, cluster: string): Promise<void> {
  const nonce = `${site.requestId}/${site.clock.nowMs()}`;
  const body = { etcdAutopilot: 1, request: 'look', cluster, from: 'custom-resource', nonce };
  try {
    await site.queue.askForLook(cluster, JSON.stringify(body));
  } catch (error) {
    if (!(error instanceof OperationError)) throw error;
    site.onLookNotAsked(cluster, error);
  }
}

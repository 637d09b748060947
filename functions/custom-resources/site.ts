import { type Registered, readRegistered } from '../core/custom-resource.ts';
import type { ZoneLookup } from '../core/dns/zone-port.ts';
import { OperationError } from '../core/errors.ts';
import type { GateQueuePort, StackStatusPort } from '../core/gate/ports.ts';
import { clusterPath } from '../core/names.ts';
import type { Clock, ParameterPort, QueuePort } from '../core/ports.ts';

/** What the work on any request reaches of AWS. */
export interface Reach {
  readonly parameters: ParameterPort;
  /** Of membership. */
  readonly queue: QueuePort;
  readonly dnsQueue: QueuePort;
  readonly registryQueue: QueuePort;
  readonly gateQueue: GateQueuePort;
  readonly stackStatus: StackStatusPort;
  readonly zones: ZoneLookup;
}

/** What the work on one request has at hand. */
export interface Site extends Reach {
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

export const readTexts = (site: Site, cluster: string): Promise<ReadonlyMap<string, string>> =>
  site.parameters.readAll(clusterPath(cluster));

export const readCluster = async (site: Site, cluster: string): Promise<Registered> =>
  readRegistered(await readTexts(site, cluster));

/** A wait that CloudFormation's user notices, and yet most deletions need less. */
export const POLL_MAX_MS = 60_000;
const POLL_EVERY_MS = 1_000;
/** The schedule may be deleted already, and a pass may end while instances are still going down. */
const ASK_EVERY_POLLS = 5;

export interface Wait<Seen> {
  readonly read: () => Promise<Seen>;
  readonly isDone: (seen: Seen) => boolean;
  /** Asks for a look of whoever does what is waited for. */
  readonly ask: (seen: Seen) => Promise<void>;
  readonly maxMs?: number;
}

/**
 * Reads, and has somebody look now and then, until `isDone` or the time is over: the last
 * reading. An answer that did not come is no reading.
 */
export async function pollUntil<Seen>(site: Site, first: Seen, wait: Wait<Seen>): Promise<Seen> {
  const endMs = Math.min(site.clock.nowMs() + (wait.maxMs ?? POLL_MAX_MS), site.deadlineMs);
  let seen = first;
  for (let poll = 0; !wait.isDone(seen) && site.clock.nowMs() + POLL_EVERY_MS <= endMs; poll += 1) {
    if (poll % ASK_EVERY_POLLS === 0) await wait.ask(seen);
    await site.clock.sleep(POLL_EVERY_MS);
    seen = await readAgain(wait, seen);
  }
  return seen;
}

async function readAgain<Seen>({ read }: Wait<Seen>, last: Seen): Promise<Seen> {
  try {
    return await read();
  } catch (error) {
    if (error instanceof OperationError && error.retry !== 'never') return last;
    throw error;
  }
}

/** Asks membership for a look. One that cannot be asked for is no failure: the schedule looks every minute. */
export const askForLook = (site: Site, cluster: string): Promise<void> =>
  ask(site, site.queue, cluster, { cluster });

/** Asks dns for a look at what `cluster` has in `zone`. */
export const askDns = (site: Site, cluster: string, zone: string): Promise<void> =>
  ask(site, site.dnsQueue, zone, { cluster, zone });

export const askRegistry = (site: Site, cluster: string): Promise<void> =>
  ask(site, site.registryQueue, cluster, { cluster });

async function ask(
  site: Site,
  queue: QueuePort,
  messageGroup: string,
  about: { readonly cluster: string; readonly zone?: string },
): Promise<void> {
  const nonce = `${site.requestId}/${site.clock.nowMs()}`;
  const body = { etcdAutopilot: 1, request: 'look', ...about, from: 'custom-resource', nonce };
  try {
    await queue.askForLook(messageGroup, JSON.stringify(body));
  } catch (error) {
    if (!(error instanceof OperationError)) throw error;
    site.onLookNotAsked(about.cluster, error);
  }
}

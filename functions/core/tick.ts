import { isRecord } from './json.ts';

/** Who there is to look after. */
export interface ClusterPort {
  /** Names of the clusters that have a group of members in this account and region, sorted; complete or an error. */
  listClusters(): Promise<readonly string[]>;
}

/** What the minute asks for, of each cluster. */
export const TICK_REQUESTS = ['check', 'backup'] as const;
export type TickRequest = (typeof TICK_REQUESTS)[number];

export interface TickPorts {
  readonly clusters: ClusterPort;
  /** Puts a message for a cluster into the queue of whoever answers such requests. */
  readonly send: Readonly<Record<TickRequest, (cluster: string, body: string) => Promise<void>>>;
}

/** Text that is the same when a tick is repeated, and different for each; `null`: the event is no tick. */
export function tickNonce(event: unknown): string | null {
  if (!isRecord(event) || event['source'] !== 'aws.events' || event['detail-type'] !== 'Scheduled Event')
    return null;
  const { id } = event;
  return typeof id === 'string' && NONCE.test(id) ? id : null;
}

/** Without a nonce of its own for each minute, a FIFO queue would swallow four of five: their content is the same. */
export const tickBody = (request: TickRequest, cluster: string, nonce: string): string =>
  JSON.stringify({ etcdAutopilot: 1, request, cluster, from: 'schedule', nonce });

const NONCE = /^[\w.:/-]{1,80}$/;

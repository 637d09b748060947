import { OperationError } from '../core/errors.ts';
import { TICK_REQUESTS, type TickPorts, type TickRequest, tickBody } from '../core/tick.ts';
import { sideBySide } from './side-by-side.ts';

export interface TickReport {
  readonly clusterCount: number;
  readonly refused: readonly Refused[];
  /** Messages that nobody tried to send any more; the next tick is for them, too. */
  readonly leftCount: number;
}

export interface Refused {
  readonly cluster: string;
  readonly request: TickRequest;
  readonly error: OperationError;
}

/**
 * Has every cluster looked after once. A message that could not be sent stops no other: one cluster
 * never waits for the luck of another.
 *
 * @throws {OperationError} nobody could say which clusters there are.
 */
export async function runTick(
  ports: TickPorts,
  nonce: string,
  mayGoOn: () => boolean = () => true,
): Promise<TickReport> {
  const clusters = await ports.clusters.listClusters();
  const asked = clusters.flatMap((cluster) => TICK_REQUESTS.map((request) => ({ cluster, request })));
  const refusals = await sideBySide(
    asked,
    async ({ cluster, request }) => {
      const error = await refusalOf(ports.send[request](cluster, tickBody(request, cluster, nonce)));
      return error === null ? [] : [{ cluster, request, error }];
    },
    mayGoOn,
  );
  return {
    clusterCount: clusters.length,
    refused: refusals.flat(),
    leftCount: asked.length - refusals.length,
  };
}

async function refusalOf(sent: Promise<void>): Promise<OperationError | null> {
  try {
    await sent;
    return null;
  } catch (error) {
    if (error instanceof OperationError) return error;
    throw error;
  }
}

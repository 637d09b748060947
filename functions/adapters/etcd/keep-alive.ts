import { type Etcd3, GRPCUnavailableError } from 'etcd3';
import type { CallLimits } from './clients.ts';

/**
 * Extends a lease once and returns the seconds it has now; 0 when it is gone.
 * etcd3's own leases renew themselves from a timer, which outlives a pass.
 */
export async function keepAlive(client: Etcd3, leaseId: string, limits: CallLimits): Promise<number> {
  const stream = await client.leaseClient.leaseKeepAlive(limits);
  try {
    return await new Promise<number>((resolve, reject) => {
      stream.on('data', (answer) => resolve(Number(answer.TTL)));
      stream.on('error', reject);
      stream.on('end', () => reject(new GRPCUnavailableError('the stream ended without an answer')));
      stream.write({ ID: leaseId });
    });
  } finally {
    stream.end();
  }
}

import type { EtcdClients } from './clients.ts';
import { textOf } from './text.ts';

/**
 * As long as a pass can wait at all. A database of the usual limit (2 GB) takes about half of it; whatever takes
 * longer goes on without us, and the next looks see a member that does not answer yet.
 */
const DEFRAGMENT_DEADLINE_MS = 40_000;

/** etcd's words for a revision that was compacted before, by whoever: what was asked for is so. */
const COMPACTED = 'mvcc: required revision has been compacted';

export async function compact(clients: EtcdClients, endpoint: string, revision: string): Promise<void> {
  try {
    await clients.call(endpoint, 'compact', (client, limits) => client.kv.compact({ revision }, limits));
  } catch (error) {
    if (textOf(error) !== COMPACTED) throw error;
  }
}

export async function defragment(clients: EtcdClients, endpoint: string, withinMs: number): Promise<void> {
  await clients.call(
    endpoint,
    'defragment',
    (client, limits) => client.maintenance.defragment(limits),
    clients.limits(Math.min(withinMs, DEFRAGMENT_DEADLINE_MS)),
  );
}

import type { KvHash } from '../../core/maintenance-port.ts';
import type { EtcdClients } from './clients.ts';

/** It reads everything that the member holds: a gigabyte takes seconds. */
const HASH_DEADLINE_MS = 20_000;

/**
 * What one member holds up to a revision, in one number. Asked of that member alone: it waits for nobody,
 * so a learner and a voter that was cut off answer as well, as far as they have come.
 *
 * @throws {OperationError} the revision is compacted or still to come (`required revision …`), or as every call.
 */
export async function hashKv(clients: EtcdClients, endpoint: string, revision: string): Promise<KvHash> {
  const { hash, compact_revision } = await clients.call(
    endpoint,
    'hashKv',
    (client, limits) => client.hashKv(revision, limits),
    clients.limits(HASH_DEADLINE_MS),
  );
  return { hash: String(hash), compactRevision: compact_revision, revision };
}

/** As this member has them, without asking the others: what is counted beside a hash is of the same member. */
export async function countKeys(clients: EtcdClients, endpoint: string, revision: string): Promise<number> {
  const everything = { key: FIRST_KEY, range_end: FIRST_KEY };
  const { count } = await clients.call(
    endpoint,
    'countKeys',
    (client, limits) =>
      client.kv.range({ ...everything, revision, count_only: true, serializable: true }, limits),
    clients.limits(HASH_DEADLINE_MS),
  );
  return Number(count);
}

/** As the first and as the end of a range, it stands for all keys. */
const FIRST_KEY = Buffer.from([0]);

import type { IKeyValue } from 'etcd3';
import type { EtcdClients } from './clients.ts';
import type { EtcdOperation } from './errors.ts';

/** The key as a majority confirms it now; `null`: it does not exist. */
export async function readKey(
  clients: EtcdClients,
  endpoint: string,
  operation: EtcdOperation,
  key: string,
): Promise<IKeyValue | null> {
  const response = await clients.call(endpoint, operation, (client, limits) =>
    client.kv.range({ key: Buffer.from(key) }, limits),
  );
  return response.kvs[0] ?? null;
}

export async function read(clients: EtcdClients, endpoint: string, key: string): Promise<string | null> {
  const found = await readKey(clients, endpoint, 'read', key);
  return found === null ? null : found.value.toString('utf8');
}

export async function write(
  clients: EtcdClients,
  endpoint: string,
  key: string,
  value: string,
): Promise<void> {
  await clients.call(endpoint, 'write', (client, limits) =>
    client.kv.put({ key: Buffer.from(key), value: Buffer.from(value) }, limits),
  );
}

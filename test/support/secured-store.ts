import { EtcdClients } from '../../functions/adapters/etcd/clients.ts';
import type { EtcdAccess } from '../../functions/core/access.ts';
import type { Store } from './load.ts';

const READ_DEADLINE_MS = 5_000;
const within = (deadlineMs: number) => ({ deadline: Date.now() + deadlineMs });

/** A client of etcd with certificates and, where it asks for one, a user. */
export function openSecuredStore(access: Partial<EtcdAccess>): Store {
  const clients = new EtcdClients({ ...access, deadlineMs: READ_DEADLINE_MS });
  return {
    put: async (endpoint, key, value, deadlineMs) => {
      const pair = { key: Buffer.from(key), value: Buffer.from(value) };
      await clients.ask(endpoint, (client, limits) => client.kv.put(pair, limits), within(deadlineMs));
    },
    readAll: async (endpoint, prefix) => {
      const range = { key: Buffer.from(prefix), range_end: Buffer.from(`${prefix.slice(0, -1)}0`) };
      const { kvs } = await clients.ask(endpoint, (client, limits) => client.kv.range(range, limits));
      return new Map(kvs.map(({ key, value }) => [key.toString(), value.toString()]));
    },
    close: () => clients.close(),
  };
}

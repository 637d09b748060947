import type { IKeyValue, ITxnRequest } from 'etcd3';
import { OperationError } from '../../core/errors.ts';
import { isRecord, parseJson } from '../../core/json.ts';
import { KEY } from '../../core/names.ts';
import type { PermitLease } from '../../core/ports.ts';
import type { EtcdClients } from './clients.ts';
import { keepAlive } from './keep-alive.ts';
import { readKey } from './keys.ts';
import { textOf } from './text.ts';

/**
 * Creates the permit's key if it is absent, under a lease of its own.
 *
 * A permit that carries our owner's name is ours: the reply to an earlier attempt
 * was lost, for an owner is one pass and asks from nowhere else.
 */
export async function takePermit(
  clients: EtcdClients,
  endpoint: string,
  owner: string,
  reason: string,
  ttlSeconds: number,
): Promise<PermitLease | null> {
  const granted = await clients.call(endpoint, 'takePermit', (client, limits) =>
    client.leaseClient.leaseGrant({ TTL: ttlSeconds }, limits),
  );
  const value = JSON.stringify({ owner, reason, since: new Date().toISOString() });
  const outcome = await clients.call(endpoint, 'takePermit', (client, limits) =>
    client.kv.txn(createIfAbsent(value, granted.ID), limits),
  );
  if (outcome.succeeded) return { leaseId: granted.ID, owner };
  await dropLease(clients, endpoint, granted.ID);
  const holder = outcome.responses[0]?.response_range.kvs[0];
  if (holder === undefined || ownerOf(holder) !== owner) return null;
  const ours: PermitLease = { leaseId: holder.lease, owner };
  return (await renewPermit(clients, endpoint, ours)) === 'renewed' ? ours : null;
}

function createIfAbsent(value: string, leaseId: string): ITxnRequest {
  const key = Buffer.from(KEY.disruption);
  return {
    compare: [{ key, target: 'Create', result: 'Equal', create_revision: 0 }],
    success: [{ request_put: { key, value: Buffer.from(value), lease: leaseId } }],
    failure: [{ request_range: { key } }],
  };
}

/**
 * One round trip extends the lease, one linearizable read proves that the key
 * still hangs on it: somebody may have deleted it, and another have taken it.
 */
export async function renewPermit(
  clients: EtcdClients,
  endpoint: string,
  lease: PermitLease,
): Promise<'renewed' | 'lost'> {
  const remainingSeconds = await clients.call(endpoint, 'renewPermit', (client, limits) =>
    keepAlive(client, lease.leaseId, limits),
  );
  if (remainingSeconds <= 0) return 'lost';
  const holder = await readKey(clients, endpoint, 'renewPermit', KEY.disruption);
  if (holder !== null && holder.lease === lease.leaseId && ownerOf(holder) === lease.owner) return 'renewed';
  await dropLease(clients, endpoint, lease.leaseId);
  return 'lost';
}

export async function releasePermit(
  clients: EtcdClients,
  endpoint: string,
  lease: PermitLease,
): Promise<void> {
  try {
    await clients.call(endpoint, 'releasePermit', (client, limits) =>
      client.leaseClient.leaseRevoke({ ID: lease.leaseId }, limits),
    );
  } catch (error) {
    if (textOf(error)?.startsWith('requested lease not found') !== true) throw error;
  }
}

/** Tidies up a lease that nothing depends on; left alone it would end by itself. */
async function dropLease(clients: EtcdClients, endpoint: string, leaseId: string): Promise<void> {
  await releasePermit(clients, endpoint, { leaseId, owner: '' }).catch((error: unknown) => {
    if (!(error instanceof OperationError)) throw error;
  });
}

function ownerOf(holder: IKeyValue): string | null {
  const value = parseJson(holder.value.toString('utf8'));
  return isRecord(value) && typeof value['owner'] === 'string' ? value['owner'] : null;
}

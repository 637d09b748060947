import type { ICompare, IRequestOp } from 'etcd3';
import { KEY } from '../../core/names.ts';
import type { PermitLease } from '../../core/ports.ts';
import type { EtcdClients } from './clients.ts';

/**
 * Changes one key in one transaction, which happens only where the key holds what was read; `null` stands for no key.
 * With a permit, only while that is still ours too: a function that stood still may have lost it unseen.
 */
export async function swap(
  clients: EtcdClients,
  endpoint: string,
  key: string,
  before: string | null,
  after: string | null,
  permit: PermitLease | null,
): Promise<'swapped' | 'overtaken'> {
  const compare = [holds(Buffer.from(key), before), ...(permit === null ? [] : [isOurs(permit)])];
  const { succeeded } = await clients.call(endpoint, 'write', (client, limits) =>
    client.kv.txn({ compare, success: [becomes(Buffer.from(key), after)] }, limits),
  );
  return succeeded ? 'swapped' : 'overtaken';
}

const holds = (key: Buffer, value: string | null): ICompare =>
  value === null
    ? { key, target: 'Create', result: 'Equal', create_revision: 0 }
    : { key, target: 'Value', result: 'Equal', value: Buffer.from(value) };

/** The permit's key hangs on our lease: it neither expired nor went to somebody else. */
const isOurs = ({ leaseId }: PermitLease): ICompare => ({
  key: Buffer.from(KEY.disruption),
  target: 'Lease',
  result: 'Equal',
  lease: leaseId,
});

const becomes = (key: Buffer, value: string | null): IRequestOp =>
  value === null ? { request_delete_range: { key } } : { request_put: { key, value: Buffer.from(value) } };

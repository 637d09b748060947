import type { ICompare, IKeyValue, IRequestOp } from 'etcd3';
import { invariant, OperationError } from '../../core/errors.ts';
import { CHANGES_MAX, type KeyChange, type KeySight } from '../../core/registry/key-port.ts';
import type { EtcdClients } from './clients.ts';

/** A thousand machines are a few hundred kilobytes: far below what one answer may hold (4 MB in gRPC). */
const PAGE_KEYS = 500;
/** 50,000 keys: whoever has more of them there must be told, not waited for. */
const PAGES_MAX = 100;

/** Everything under the prefixes, as a majority confirms it at one revision. */
export async function range(
  clients: EtcdClients,
  endpoint: string,
  prefixes: readonly string[],
): Promise<KeySight> {
  const values = new Map<string, string>();
  let revision: string | null = null;
  for (const prefix of prefixes) {
    let from: Buffer | null = Buffer.from(prefix);
    while (from !== null) {
      if (values.size > PAGES_MAX * PAGE_KEYS) throw tooMany(endpoint, prefixes);
      const page: Page = await readPage(clients, endpoint, from, endOf(prefix), revision);
      for (const { key, value } of page.kvs) values.set(key.toString('utf8'), value.toString('utf8'));
      revision ??= page.revision;
      from = page.next;
    }
  }
  return { revision: revision ?? '0', values };
}

interface Page {
  readonly kvs: readonly IKeyValue[];
  readonly revision: string;
  /** Where the next page begins; `null`: this was the last one. */
  readonly next: Buffer | null;
}

/** The first page tells the revision, and the others are asked for as of it. */
async function readPage(
  clients: EtcdClients,
  endpoint: string,
  from: Buffer,
  range_end: Buffer,
  revision: string | null,
): Promise<Page> {
  const asOf = revision === null ? {} : { revision };
  const { header, kvs, more } = await clients.call(endpoint, 'read', (client, limits) =>
    client.kv.range({ key: from, range_end, limit: PAGE_KEYS, ...asOf }, limits),
  );
  const last = kvs.at(-1);
  const next = more && last !== undefined ? Buffer.concat([last.key, Buffer.from([0])]) : null;
  return { kvs, revision: header.revision, next };
}

/** The first key that does not begin with the prefix: our prefixes end in `/`, and `0` comes after it. */
function endOf(prefix: string): Buffer {
  invariant(prefix.endsWith('/'), `${prefix} is no prefix of whole names`);
  return Buffer.from(`${prefix.slice(0, -1)}0`);
}

const tooMany = (endpoint: string, prefixes: readonly string[]): OperationError =>
  new OperationError(
    'ETCD_REFUSED',
    'never',
    `there are more than ${PAGES_MAX * PAGE_KEYS} keys under ${prefixes.join(', ')}`,
    { endpoint },
  );

/** One transaction, which happens only where none of its keys was written since they were seen. */
export async function commit(
  clients: EtcdClients,
  endpoint: string,
  changes: readonly KeyChange[],
  seenRevision: string,
): Promise<'committed' | 'overtaken'> {
  invariant(changes.length <= CHANGES_MAX, `${changes.length} changes are too many for one transaction`);
  const next = (BigInt(seenRevision) + 1n).toString();
  const compare = changes.map(
    ({ key }): ICompare => ({
      key: Buffer.from(key),
      target: 'Mod',
      result: 'Less',
      mod_revision: next,
    }),
  );
  const { succeeded } = await clients.call(endpoint, 'write', (client, limits) =>
    client.kv.txn({ compare, success: changes.map(toOperation) }, limits),
  );
  return succeeded ? 'committed' : 'overtaken';
}

function toOperation({ key, value }: KeyChange): IRequestOp {
  if (value === null) return { request_delete_range: { key: Buffer.from(key) } };
  return { request_put: { key: Buffer.from(key), value: Buffer.from(value) } };
}

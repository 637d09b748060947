import { createHash } from 'node:crypto';
import type { AddressKind } from '../hosts.ts';
import type { InstanceId } from '../identity.ts';
import { INSTANCE_ID } from '../names.ts';
import type { RecordSet } from './zone-port.ts';

/** The types that an address can be published with. */
export type AddressType = 'A' | 'AAAA';
export const ADDRESS_TYPES: readonly AddressType[] = ['A', 'AAAA'];

export const typeOf = (kind: AddressKind): AddressType => (kind === 'ipv6' ? 'AAAA' : 'A');

/** Long enough to spare the resolvers, short enough that a replaced member is found by the next attempt. */
export const MEMBER_TTL_SECONDS = 30;
/** Nobody resolves a mark. */
export const MARK_TTL_SECONDS = 300;

const SIMPLE = { setIdentifier: null, routing: 'simple', healthCheckId: null } as const;

export const frontRecord = (
  name: string,
  type: AddressType,
  id: InstanceId,
  address: string,
  ttlSeconds: number,
): RecordSet => ({
  name,
  type,
  setIdentifier: id,
  routing: 'multivalue',
  ttlSeconds,
  values: [address],
  healthCheckId: null,
});

export const simpleRecord = (
  name: string,
  type: string,
  values: readonly string[],
  ttlSeconds: number,
): RecordSet => ({ ...SIMPLE, name, type, ttlSeconds, values });

/** What answers a question for an address at a name. Mail, delegations and texts are nobody's concern here. */
export const isAddressed = ({ type }: RecordSet): boolean =>
  type === 'A' || type === 'AAAA' || type === 'CNAME';

/** Made for an instance, as the autopilot makes them. */
export const isOfInstance = (record: RecordSet): boolean =>
  (record.type === 'A' || record.type === 'AAAA') &&
  record.routing === 'multivalue' &&
  INSTANCE_ID.test(record.setIdentifier ?? '');

/** Whether resolvers answer the same from both. */
export const isSame = (a: RecordSet, b: RecordSet): boolean => textOf(a) === textOf(b);

/** Names one record set among all of a zone. */
export const keyOf = ({ name, type, setIdentifier }: RecordSet): string =>
  `${name} ${type} ${setIdentifier ?? ''}`;

/** Short text that differs when the record sets do, in whatever order they come. */
export function digestOf(records: readonly RecordSet[]): string {
  const text = records.map(textOf).sort().join('\n');
  return createHash('sha256').update(text).digest('hex').slice(0, 8);
}

function textOf(record: RecordSet): string {
  const values = record.values.map((value) => value.toLowerCase().replace(/\.$/, '')).sort();
  return [keyOf(record), record.routing, record.ttlSeconds, record.healthCheckId ?? '', ...values].join(' ');
}

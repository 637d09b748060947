import type { Host } from '../hosts.ts';
import type { InstanceId } from '../identity.ts';
import type { JoinedGroup, Service } from '../joined.ts';
import { isRecord, parseJson } from '../json.ts';
import { INSTANCE_ID, KEY } from '../names.ts';

/** Everything that the registry reads. */
export const PREFIXES = [KEY.machines, KEY.leaving, KEY.services] as const;

export const machineKey = (id: InstanceId): string => `${KEY.machines}${id}`;
export const leavingKey = (id: InstanceId): string => `${KEY.leaving}${id}`;
export const serviceKey = ({ name, port }: Service, id: InstanceId): string =>
  `${KEY.services}${name}/${id}:${port}`;

/** What a key is about. */
export type Named =
  | { readonly kind: 'machine' | 'leaving'; readonly id: InstanceId }
  | { readonly kind: 'service'; readonly id: InstanceId; readonly service: string }
  /** Not of our form: somebody else's. `service`: the name that it lies under, if any. */
  | { readonly kind: 'other'; readonly service: string | null };

const SERVICE_KEY = /^\/services\/([^/]+)\/(i-[0-9a-f]+):\d{1,5}$/;

export function nameIn(key: string): Named {
  for (const [kind, prefix] of [
    ['machine', KEY.machines],
    ['leaving', KEY.leaving],
  ] as const) {
    const id = key.startsWith(prefix) ? key.slice(prefix.length) : '';
    if (INSTANCE_ID.test(id)) return { kind, id };
  }
  const [, service, id] = SERVICE_KEY.exec(key) ?? [];
  if (service !== undefined && id !== undefined && INSTANCE_ID.test(id))
    return { kind: 'service', id, service };
  return { kind: 'other', service: serviceIn(key) };
}

const serviceIn = (key: string): string | null =>
  key.startsWith(KEY.services) ? (key.slice(KEY.services.length).split('/')[0] ?? '') : null;

/** JSON of a machine: equal facts are equal text. Addresses that it does not have are left out. */
export function machineValue(host: Host, group: Pick<JoinedGroup, 'name' | 'metadata'>): string {
  const { id, zone, instanceType, privateIp, publicIp, ipv6 } = host;
  const metadata = Object.fromEntries([...group.metadata].sort(([a], [b]) => (a < b ? -1 : 1)));
  const addresses = {
    private: privateIp ?? undefined,
    public: publicIp ?? undefined,
    ipv6: ipv6 ?? undefined,
  };
  return JSON.stringify({ id, addresses, zone, instanceType, group: group.name, metadata });
}

/** The metadata that a machine's key holds now; `null`: it holds none that can be read. */
export function metadataIn(value: string | undefined): ReadonlyMap<string, string> | null {
  const parsed = value === undefined ? undefined : parseJson(value);
  const metadata = isRecord(parsed) ? parsed['metadata'] : undefined;
  if (!isRecord(metadata)) return null;
  return new Map(
    Object.entries(metadata).flatMap(([key, text]) => (typeof text === 'string' ? [[key, text]] : [])),
  );
}

export const serviceValue = (address: string, { port }: Service): string => `${address}:${port}`;

export const leavingValue = (atMs: number): string => new Date(atMs).toISOString();

/**
 * When the keys of a leaver were removed; `null`: the text is no time, or one that has not come, so
 * that nobody knows.
 */
export function leavingSince(value: string, nowMs: number): number | null {
  const atMs = Date.parse(value);
  return Number.isNaN(atMs) || atMs > nowMs ? null : atMs;
}

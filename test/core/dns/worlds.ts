import { configFromProperties } from '../../../functions/core/config.ts';
import { markOf } from '../../../functions/core/dns/ownership.ts';
import { frontRecord } from '../../../functions/core/dns/records.ts';
import { EMPTY_STATE } from '../../../functions/core/dns/state.ts';
import type { ClusterWorld, ZoneWorld } from '../../../functions/core/dns/world.ts';
import type { RecordSet } from '../../../functions/core/dns/zone-port.ts';
import type { Host } from '../../../functions/core/hosts.ts';
import { type JoinedGroup, parseJoinedGroup } from '../../../functions/core/joined.ts';
import { TAG } from '../../../functions/core/names.ts';

export const ZONE = 'Z1';
export const OWNER = '123456789012/eu-west-1/etcd-autopilot';
export const NAME = 'web.example.com';
export const NOW_MS = 1_800_000_000_000;
export const idOf = (n: number): string => `i-${n.toString(16).padStart(17, '0')}`;
export const ipOf = (n: number): string => `10.0.${n >> 8}.${n & 255}`;

const registered = configFromProperties({}, 'stack');
export const CONFIG = registered.ok ? registered.config : null;

export interface Spot {
  readonly n: number;
  readonly lifecycle?: string;
  readonly health?: string;
  readonly zone?: string;
}

export const groupOf = (
  spots: readonly Spot[],
  over: Partial<JoinedGroup> = {},
  tags: Readonly<Record<string, string>> = {},
): JoinedGroup => ({
  ...parseJoinedGroup({
    name: 'web',
    desiredCapacity: 2,
    deleting: false,
    hasWarmPool: false,
    tags: new Map(
      Object.entries({
        [TAG.cluster]: 'core',
        [TAG.role]: 'worker',
        [TAG.dnsZone]: ZONE,
        [TAG.dnsName]: NAME,
        ...tags,
      }),
    ),
    instances: spots.map(({ n, lifecycle = 'InService', health = 'Healthy', zone = 'a' }) => ({
      id: idOf(n),
      lifecycle,
      health,
      zone,
    })),
  }),
  ...over,
});

export const hostOf = (n: number, over: Partial<Host> = {}): Host => ({
  id: idOf(n),
  state: 'running',
  privateIp: ipOf(n),
  publicIp: null,
  ipv6: null,
  instanceType: 't3.micro',
  zone: 'a',
  launchedAtMs: 0,
  ...over,
});

export const hostsOf = (...hosts: readonly Host[]): ReadonlyMap<string, Host> =>
  new Map(hosts.map((host) => [host.id, host]));

export const webRecord = (n: number): RecordSet => frontRecord(NAME, 'A', idOf(n), ipOf(n), 30);
export const MARK = markOf(NAME, 'core', OWNER);

export const clusterOf = (
  groups: readonly JoinedGroup[],
  over: Partial<ClusterWorld> = {},
): ClusterWorld => ({
  name: 'core',
  standing: 'registered',
  because: '',
  config: CONFIG,
  endpoints: null,
  peers: null,
  groups,
  elsewhere: new Set(),
  state: EMPTY_STATE,
  stateText: null,
  hooks: new Map(),
  activities: new Map(),
  seenWaitingMs: new Map(),
  ...over,
});

/** A world in which the name and its mark were read. */
export const worldOf = (
  clusters: readonly ClusterWorld[],
  records: readonly RecordSet[],
  over: Partial<ZoneWorld> = {},
): ZoneWorld => ({
  takenAtMs: NOW_MS,
  zoneId: ZONE,
  owner: OWNER,
  zone: { name: 'example.com', isPrivate: false },
  clusters,
  hosts: new Map(),
  records: new Map([NAME, MARK.name].map((name) => [name, records.filter((one) => one.name === name)])),
  ...over,
});

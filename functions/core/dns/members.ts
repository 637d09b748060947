import { type Finding, finding } from '../finding.ts';
import { addressOf } from '../hosts.ts';
import type { InstanceId } from '../identity.ts';
import { stageOf } from '../lifecycle.ts';
import { INSTANCE_ID } from '../names.ts';
import type { Part } from './front.ts';
import { isAddressed, MEMBER_TTL_SECONDS, simpleRecord } from './records.ts';
import { find } from './sight.ts';
import type { ClusterWorld, ZoneWorld } from './world.ts';
import type { RecordSet } from './zone-port.ts';

/** The domain of the cluster's members, where this zone is the one that their names are kept in. */
export function memberDomain(zoneId: string, { config }: Pick<ClusterWorld, 'config'>): string | null {
  const dns = config?.dns ?? null;
  return dns?.zone === zoneId ? dns.domain : null;
}

/** Labels below `base` that records of members may stand at: remembered, wanted, or named by what stands there. */
export function labelsBelow(world: ZoneWorld, cluster: ClusterWorld, base: string): readonly string[] {
  const remembered = cluster.state.names.get(base)?.below ?? [];
  const isDomain = memberDomain(world.zoneId, cluster) === base;
  const services = isDomain ? [...SERVER_LABELS, ...CLIENT_LABELS] : [];
  const ids = isDomain ? candidateIds(cluster) : [];
  const known = [...new Set([...remembered, ...services, ...ids])];
  const targets = known.filter(isService).flatMap((label) => targetsAt(world, base, label));
  return [...new Set([...known, ...targets])].sort();
}

const SERVER_LABELS = ['_etcd-server._tcp', '_etcd-server-ssl._tcp'];
const CLIENT_LABELS = ['_etcd-client._tcp', '_etcd-client-ssl._tcp'];
const isService = (label: string): boolean => [...SERVER_LABELS, ...CLIENT_LABELS].includes(label);

/** Instances of the member group that are not on their way out, and whoever is published as a member. */
export const candidateIds = (cluster: ClusterWorld): readonly InstanceId[] => [
  ...new Set([...livingIds(cluster), ...[...peersOf(cluster).keys()]]),
];

const LIVING = ['arriving', 'inService', 'aside'];

const livingIds = ({ groups }: ClusterWorld): readonly InstanceId[] =>
  groups
    .filter(({ role }) => role === 'member')
    .flatMap(({ instances }) => instances)
    .filter(({ lifecycle }) => LIVING.includes(stageOf(lifecycle)))
    .map(({ id }) => id);

/** Ports of the members in `peers`, by instance. */
function peersOf({ peers }: ClusterWorld): ReadonlyMap<InstanceId, string> {
  const entries = (peers ?? '').split(',').map((entry) => entry.split('=', 2));
  return new Map(
    entries.flatMap(([id = '', url = '']) => {
      const port = portOf(URL.parse(url));
      return INSTANCE_ID.test(id) && port !== null ? [[id, port] as const] : [];
    }),
  );
}

/** A URL leaves out the port that its scheme implies. */
const portOf = (url: URL | null): string | null =>
  url === null ? null : url.port || (url.protocol === 'https:' ? '443' : '80');

function targetsAt({ records }: ZoneWorld, base: string, label: string): readonly string[] {
  const values = (records.get(`${label}.${base}`) ?? []).filter(isOurService).flatMap(({ values }) => values);
  return values.flatMap((value) => {
    const host = value.toLowerCase().replace(/\.$/, '').split(' ').at(-1) ?? '';
    const id = host.endsWith(`.${base}`) ? host.slice(0, -base.length - 1) : '';
    return INSTANCE_ID.test(id) ? [id] : [];
  });
}

const isOurService = ({ type, routing }: RecordSet): boolean => type === 'SRV' && routing === 'simple';

/** Names and services of the members below `base`. All of {@link labelsBelow} must have been read. */
export function planMembers(world: ZoneWorld, cluster: ClusterWorld, base: string): Part {
  const ours = labelsBelow(world, cluster, base).flatMap((label) =>
    (world.records.get(`${label}.${base}`) ?? []).filter((record) => isOurs(label, record)),
  );
  const isDomain = memberDomain(world.zoneId, cluster) === base;
  if (!isDomain) {
    // A cluster that somebody seems to have deleted by half keeps the names that its members go by.
    const target = cluster.standing === 'absent' ? ours : [];
    return { ours, target, isWanted: target.length > 0, isMissing: false, findings: [] };
  }
  const ids = [...new Set([...candidateIds(cluster), ...unlistedIds(world, cluster, base)])];
  const named = ids.map((id) => planAddress(world, base, id));
  const addresses = named.flatMap(({ record }) => (record === null ? [] : [record]));
  const services = planServices(cluster, base, addresses, ours);
  const findings = named.flatMap((one) => one.findings);
  return { ours, target: [...addresses, ...services], isWanted: true, isMissing: false, findings };
}

/** Of whom records stand, whom no list has and EC2 does not call over: a list that lacks a group removes nobody (rule R5). */
function unlistedIds(world: ZoneWorld, cluster: ClusterWorld, base: string): readonly InstanceId[] {
  const here = cluster.groups.flatMap(({ instances }) => instances.map(({ id }) => id));
  const listed = new Set([...here, ...cluster.elsewhere]);
  return labelsBelow(world, cluster, base).filter(
    (label) => INSTANCE_ID.test(label) && !listed.has(label) && find(world, label, 'private').kind !== 'dead',
  );
}

const isOurs = (label: string, record: RecordSet): boolean =>
  record.routing === 'simple' && record.type === (isService(label) ? 'SRV' : 'A');

interface Named {
  readonly record: RecordSet | null;
  readonly findings: readonly Finding[];
}

/** The name of a member leads to its private address from before its etcd starts until it is no member any more. */
function planAddress(world: ZoneWorld, base: string, id: InstanceId): Named {
  const name = `${id}.${base}`;
  const existing = world.records.get(name) ?? [];
  const foreign = existing.filter((record) => isAddressed(record) && !isOurs(id, record));
  const findings = foreign.map(({ type }) =>
    finding('recordForeign', name, `${type} of another kind than the autopilot's`),
  );
  const now = existing.find((record) => isOurs(id, record)) ?? null;
  const address = addressOf(world.hosts?.get(id), 'private');
  const isBlocked = foreign.some(({ type }) => type === 'CNAME' || type === 'A');
  if (address === null || isBlocked) return { record: now, findings };
  return { record: simpleRecord(name, 'A', [address], MEMBER_TTL_SECONDS), findings };
}

function planServices(
  cluster: ClusterWorld,
  base: string,
  addresses: readonly RecordSet[],
  ours: readonly RecordSet[],
): readonly RecordSet[] {
  const suffix = cluster.config?.scheme === 'https' ? '-ssl._tcp' : '._tcp';
  const idsByHost = new Map(
    addresses.flatMap(({ name, values }) => [name, ...values].map((host) => [host, name] as const)),
  );
  const servers = [...peersOf(cluster)].flatMap(([id, port]) =>
    idsByHost.has(`${id}.${base}`) ? [`0 0 ${port} ${id}.${base}`] : [],
  );
  const clients = (cluster.endpoints ?? '').split(',').flatMap((text) => {
    const url = URL.parse(text);
    const target = idsByHost.get(url?.hostname ?? '');
    return target === undefined ? [] : [`0 0 ${portOf(url)} ${target}`];
  });
  return [
    serviceAt(`_etcd-server${suffix}.${base}`, servers, ours),
    serviceAt(`_etcd-client${suffix}.${base}`, clients, ours),
  ].flat();
}

/** Never emptied while the cluster lives: with nobody to name, what stands there stays. */
function serviceAt(
  name: string,
  values: readonly string[],
  ours: readonly RecordSet[],
): readonly RecordSet[] {
  if (values.length === 0) return ours.filter((record) => record.name === name);
  return [simpleRecord(name, 'SRV', [...new Set(values)].sort(), MEMBER_TTL_SECONDS)];
}

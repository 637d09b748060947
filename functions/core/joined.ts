import { parseRecordName } from './dns/names.ts';
import { type Finding, finding } from './finding.ts';
import { ADDRESS_KINDS, type AddressKind } from './hosts.ts';
import type { InstanceId } from './identity.ts';
import { parseMetadata } from './metadata.ts';
import { CLUSTER_NAME, TAG, ZONE_ID } from './names.ts';
import type { GroupInstance, ScalingGroup } from './ports.ts';

/** A group that joined a cluster, as its tags say. */
export interface JoinedGroup {
  readonly name: string;
  /** As the tag has it; `problems` tell where that is no name of a cluster. */
  readonly cluster: string;
  readonly role: 'member' | 'worker';
  readonly desiredCapacity: number;
  readonly deleting: boolean;
  readonly instances: readonly JoinedInstance[];
  /** Empty where the tag cannot be read. */
  readonly metadata: ReadonlyMap<string, string>;
  /** The hosted zone that the tag names; of a member group it is enough by itself. */
  readonly zone: string | null;
  /** The name that its instances answer under; `null` where it has none, or its tags cannot be read. */
  readonly front: Front | null;
  readonly services: readonly Service[];
  /** How long an instance is held after its services were removed. */
  readonly drainSeconds: number;
  /** How many of its instances may reboot at a time. */
  readonly maxRebooting: number;
  readonly problems: readonly Finding[];
}

export interface JoinedInstance extends GroupInstance {
  /** EC2 has announced its end: a spot interruption, or the retirement of its hardware. */
  readonly isAnnounced?: boolean;
}

export interface Front {
  readonly zone: string;
  /** Lower case, without the dot at the end. */
  readonly name: string;
  readonly address: AddressKind;
  readonly ttlSeconds: number;
}

export interface Service {
  readonly name: string;
  readonly port: number;
}

export const DEFAULT_TTL_SECONDS = 30;
export const DEFAULT_DRAIN_SECONDS = 15;
export const DEFAULT_MAX_REBOOTING = 1;
const TTL_SECONDS_MAX = 300;
const DRAIN_SECONDS_MAX = 600;
const SERVICE = /^([a-z0-9](?:[a-z0-9_.-]{0,61}[a-z0-9])?):(\d{1,5})$/;
const PORT_MAX = 65_535;
const MAX_REBOOTING_MAX = 100;

/** A mistake in one tag is told, and leaves what the others say as it is. */
export function parseJoinedGroup(group: ScalingGroup): JoinedGroup {
  const problems: Finding[] = [];
  const tag = (name: keyof typeof TAG): string | null => group.tags.get(TAG[name])?.trim() || null;
  const tags: Tags = { group: group.name, tag, problems };
  const cluster = tag('cluster') ?? '';
  if (!CLUSTER_NAME.test(cluster))
    problems.push(finding('unknownCluster', group.name, `"${cluster}" is no name of a cluster`));
  const role = readRole(tags);
  return {
    name: group.name,
    cluster,
    role,
    desiredCapacity: group.desiredCapacity,
    deleting: group.deleting,
    instances: group.instances,
    metadata: readMetadata(tags),
    ...readDns(tags, role),
    services: readServices(tags),
    drainSeconds: readSeconds(tags, 'drainSeconds', DEFAULT_DRAIN_SECONDS, 0, DRAIN_SECONDS_MAX),
    maxRebooting: readMaxRebooting(tags),
    problems,
  };
}

/**
 * Somebody may be sent there: in service, which a worker is when it said that it is ready, healthy, and
 * not about to be taken by EC2.
 */
export const isServing = ({ lifecycle, health, isAnnounced = false }: JoinedInstance): boolean =>
  lifecycle === 'InService' && health.toLowerCase() === 'healthy' && !isAnnounced;

/** The group with what EC2 announced of its instances. */
export function withNotices(group: JoinedGroup, ending: ReadonlySet<InstanceId>): JoinedGroup {
  const instances = group.instances.map((one) => (ending.has(one.id) ? { ...one, isAnnounced: true } : one));
  return { ...group, instances };
}

/** Somebody asked for the end of the whole group: nothing comes after its instances. */
export const isEnding = ({ desiredCapacity, deleting }: JoinedGroup): boolean =>
  deleting || desiredCapacity === 0;

interface Tags {
  readonly group: string;
  readonly tag: (name: keyof typeof TAG) => string | null;
  readonly problems: Finding[];
}

function readRole({ group, tag, problems }: Tags): JoinedGroup['role'] {
  const role = tag('role');
  if (role === 'member' || role === 'worker') return role;
  problems.push(finding('roleInvalid', group, `the role is "${role ?? ''}"; it counts as a worker`));
  return 'worker';
}

function readMetadata({ group, tag, problems }: Tags): ReadonlyMap<string, string> {
  const parsed = parseMetadata(tag('metadata') ?? '');
  if (parsed.ok) return parsed.metadata;
  problems.push(...parsed.problems.map((problem) => finding('metadataInvalid', group, problem)));
  return new Map();
}

function readDns(tags: Tags, role: JoinedGroup['role']): Pick<JoinedGroup, 'zone' | 'front'> {
  const { tag } = tags;
  const zoneTag = tag('dnsZone');
  const nameTag = tag('dnsName');
  const mistakes: string[] = [];
  if (zoneTag !== null && !ZONE_ID.test(zoneTag)) mistakes.push(`"${zoneTag}" is no id of a hosted zone`);
  const zone = zoneTag !== null && ZONE_ID.test(zoneTag) ? zoneTag : null;
  if (nameTag !== null && zoneTag === null) mistakes.push('dns-name needs dns-zone beside it');
  if (nameTag === null && zoneTag !== null && role === 'worker')
    mistakes.push('dns-zone needs dns-name beside it');
  const name = nameTag === null ? null : parseRecordName(nameTag);
  if (nameTag !== null && name === null) mistakes.push(`"${nameTag.slice(0, 80)}" is no name of a record`);
  const addressTag = tag('dnsAddress') ?? 'private';
  const address = ADDRESS_KINDS.find((kind) => kind === addressTag);
  if (address === undefined)
    mistakes.push(`dns-address must be ${ADDRESS_KINDS.join(', ')}, got "${addressTag}"`);
  tags.problems.push(...mistakes.map((mistake) => finding('dnsTagsInvalid', tags.group, mistake)));
  const ttlSeconds = readSeconds(tags, 'dnsTtl', DEFAULT_TTL_SECONDS, 1, TTL_SECONDS_MAX);
  const isFront = zone !== null && name !== null && address !== undefined;
  return { zone, front: isFront ? { zone, name, address, ttlSeconds } : null };
}

function readServices({ group, tag, problems }: Tags): readonly Service[] {
  const services = new Map<string, Service>();
  const entries = (tag('service') ?? '').split(',').map((entry) => entry.trim());
  for (const entry of entries.filter((text) => text !== '')) {
    const [, name, digits] = SERVICE.exec(entry) ?? [];
    const port = Number(digits);
    if (name === undefined || !(port >= 1 && port <= PORT_MAX)) {
      const words = `"${entry.slice(0, 80)}" is not name:port with a port from 1 to ${PORT_MAX}`;
      problems.push(finding('serviceInvalid', group, words));
    } else services.set(`${name}:${port}`, { name, port });
  }
  return [...services.values()];
}

function readMaxRebooting({ group, tag, problems }: Tags): number {
  const text = tag('maxRebooting');
  if (text === null) return DEFAULT_MAX_REBOOTING;
  const count = /^\d{1,3}$/.test(text) ? Number(text) : Number.NaN;
  if (count >= 1 && count <= MAX_REBOOTING_MAX) return count;
  const words = `${TAG.maxRebooting} must be 1 to ${MAX_REBOOTING_MAX}, got "${text.slice(0, 20)}"; ${DEFAULT_MAX_REBOOTING} is used`;
  problems.push(finding('rebootTagInvalid', group, words));
  return DEFAULT_MAX_REBOOTING;
}

function readSeconds(
  { group, tag, problems }: Tags,
  name: 'dnsTtl' | 'drainSeconds',
  fallback: number,
  min: number,
  max: number,
): number {
  const text = tag(name);
  if (text === null) return fallback;
  const seconds = /^\d{1,4}$/.test(text) ? Number(text) : Number.NaN;
  if (seconds >= min && seconds <= max) return seconds;
  const code = name === 'dnsTtl' ? 'dnsTagsInvalid' : 'serviceInvalid';
  const words = `${TAG[name]} must be ${min} to ${max} seconds, got "${text.slice(0, 20)}"; ${fallback} is used`;
  problems.push(finding(code, group, words));
  return fallback;
}

import type { CfnRequest } from './cfn.ts';
import { clusterNameIn, deletionUnderWay, type Registered } from './custom-resource.ts';
import type { Finding, FindingCode } from './finding.ts';
import { type JoinedGroup, parseJoinedGroup } from './joined.ts';
import { CLUSTER_NAME, TAG } from './names.ts';

/** The properties of `Custom::EtcdWorkers`, as the tags of the group will have them. */
export interface Workers {
  readonly cluster: string;
  readonly group: JoinedGroup;
  /** Whether the instances come with certificates; `null`: the template does not say. */
  readonly withTls: boolean | null;
}

export interface ParsedWorkers {
  /** Empty: all is as it should be. */
  readonly problems: readonly string[];
  /** What can be used of it; `null` where not even the cluster has a name. */
  readonly workers: Workers | null;
}

/** By property, the tag that the group gets of it. */
const TAG_OF = {
  Cluster: TAG.cluster,
  Metadata: TAG.metadata,
  DnsZone: TAG.dnsZone,
  DnsName: TAG.dnsName,
  DnsAddress: TAG.dnsAddress,
  DnsTtl: TAG.dnsTtl,
  Services: TAG.service,
  DrainSeconds: TAG.drainSeconds,
  MaxRebooting: TAG.maxRebooting,
} as const;
/** The last two are CloudFormation's own. */
const OTHER_PROPERTIES = ['Group', 'RuleName', 'Tls', 'ServiceToken', 'ServiceTimeout'];

/** Auto Scaling's own limits. */
const GROUP_NAME = /^[^\s:|]{1,255}$/;
const TAG_CHARS_MAX = 256;
/** EventBridge's. */
const RULE_CHARS_MAX = 64;

/** What a finding about a tag is about in a template. */
const PROPERTIES_OF: Readonly<Partial<Record<FindingCode, string>>> = {
  metadataInvalid: 'Metadata',
  serviceInvalid: 'Services',
  dnsTagsInvalid: 'DnsZone, DnsName, DnsAddress',
};

/** Reads the properties of `Custom::EtcdWorkers` as the tags will be read: all mistakes together. */
export function readWorkerProperties(request: CfnRequest): ParsedWorkers {
  const { properties } = request;
  const problems: string[] = [];
  const cluster = clusterNameIn(request);
  if (cluster === null) problems.push(`Cluster must be a name like "core" (${CLUSTER_NAME.source})`);
  const name = typeof properties['Group'] === 'string' ? properties['Group'] : '';
  if (!GROUP_NAME.test(name)) problems.push('Group must be the name of the Auto Scaling group');
  const rule = properties['RuleName'];
  if (typeof rule === 'string' && rule.length > RULE_CHARS_MAX)
    problems.push(
      `RuleName ${rule} has ${rule.length} characters, at most ${RULE_CHARS_MAX} fit: shorten the names of cluster or group`,
    );
  const group = readGroup(request, name, problems);
  const withTls = readTls(properties['Tls'], problems);
  const known = [...Object.keys(TAG_OF), ...OTHER_PROPERTIES];
  for (const unknown of Object.keys(properties).filter((property) => !known.includes(property)))
    problems.push(`${unknown} is not a property of this resource`);
  return { problems, workers: cluster === null ? null : { cluster, group, withTls } };
}

function readGroup({ properties }: CfnRequest, name: string, problems: string[]): JoinedGroup {
  const tags = new Map<string, string>([[TAG.role, 'worker']]);
  for (const [property, tag] of Object.entries(TAG_OF)) {
    const value = properties[property];
    if (value === undefined) continue;
    if (typeof value !== 'string') problems.push(`${property} must be text`);
    else if (value.length > TAG_CHARS_MAX)
      problems.push(`${property} has ${value.length} characters, and a tag may have ${TAG_CHARS_MAX}`);
    else tags.set(tag, value);
  }
  const group = parseJoinedGroup({
    name,
    tags,
    desiredCapacity: 0,
    deleting: false,
    hasWarmPool: false,
    instances: [],
  });
  problems.push(...group.problems.flatMap(wordsOf));
  return group;
}

/** What is wrong with the tag of the cluster is told of the property already. */
function wordsOf({ code, detail }: Finding): readonly string[] {
  const [named] = Object.entries(TAG_OF).find(([, tag]) => detail.startsWith(tag)) ?? [];
  const about = named ?? PROPERTIES_OF[code];
  return about === undefined ? [] : [`${about}: ${detail}`];
}

function readTls(value: unknown, problems: string[]): boolean | null {
  if (value === undefined) return null;
  if (value === 'none' || value === 'parameters') return value === 'parameters';
  problems.push('Tls must be "none" or "parameters"');
  return null;
}

/**
 * The same for every retry and every update that leaves the name in DNS alone. Another name is
 * another id: CloudFormation then deletes the old one after it changed the group, and with that the
 * old name is given up.
 */
export function workersIdOf({ cluster, group }: Workers, stackId: string): string {
  const front = group.front === null ? '' : `:${group.front.zone}/${group.front.name}`;
  return `${cluster}/${group.name}@${stackId}#workers${front}`;
}

/** What is wrong with joining this cluster; empty when nothing is. */
export function clusterProblems({ cluster, withTls }: Workers, registered: Registered): readonly string[] {
  if (registered.teardown !== null) return [deletionUnderWay(cluster, registered.teardown.at)];
  if (registered.configText === null)
    return [`there is no cluster '${cluster}' in this account and region: create its stack first`];
  const hasTls = registered.config === null ? null : registered.config.tls !== null;
  if (hasTls === null || withTls === null || hasTls === withTls) return [];
  return hasTls
    ? [`cluster '${cluster}' has TLS: Tls must be "parameters", or its workers cannot talk to it`]
    : [`cluster '${cluster}' has no TLS: Tls must be "none"`];
}

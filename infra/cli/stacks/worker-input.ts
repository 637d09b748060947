import { isInZone, parseRecordName } from '../../../functions/core/dns/names.ts';
import { parseJoinedGroup } from '../../../functions/core/joined.ts';
import { TAG } from '../../../functions/core/names.ts';
import { isNothing } from './inherit.ts';

/** What a worker group is called: part of the names of its stack, its group and its rules. */
const WORKERS_NAME = /^[a-z][a-z0-9-]{0,31}$/;
/** Event rules are named after cluster and group, and have 64 characters for it. */
const NAMES_CHARS_MAX = 39;

/** What is wrong with the name of a worker group, without a call. */
export function nameMistakes(cluster: string, name: string): readonly string[] {
  if (!WORKERS_NAME.test(name)) {
    return [
      `"${name}" is no name of a worker group: a lower-case letter, then up to 31 lower-case letters, digits or hyphens`,
    ];
  }
  const chars = cluster.length + name.length;
  if (chars <= NAMES_CHARS_MAX) return [];
  return [
    `the names of cluster and group, ${cluster} and ${name}, have ${chars} characters together, at most ${NAMES_CHARS_MAX} fit`,
  ];
}

const TAGS: Readonly<Record<string, string>> = {
  Metadata: TAG.metadata,
  DnsZone: TAG.dnsZone,
  DnsName: TAG.dnsName,
  DnsAddress: TAG.dnsAddress,
  DnsTtl: TAG.dnsTtl,
  Services: TAG.service,
  DrainSeconds: TAG.drainSeconds,
  MaxRebooting: TAG.maxRebooting,
};

/**
 * Every mistake in the parameters of a worker group that needs no call: tags are read as the functions read them,
 * which would tell the same of the group. `given` was asked for, `whole` has the defaults too.
 */
export function workerMistakes(
  cluster: string,
  given: ReadonlyMap<string, string>,
  whole: ReadonlyMap<string, string>,
): readonly string[] {
  return [...tagMistakes(cluster, whole), ...idleMistakes(given, whole), ...sizeMistakes(whole)];
}

function tagMistakes(cluster: string, values: ReadonlyMap<string, string>): readonly string[] {
  const hasName = !isNothing(values.get('DnsName'));
  const own = Object.entries(TAGS).flatMap(([parameter, tag]) => {
    const value = values.get(parameter);
    // A zone alone is no mistake here: that of the cluster is at hand for every group.
    const isIdle = parameter === 'DnsZone' && !hasName;
    return value === undefined || isNothing(value) || isIdle ? [] : [[tag, value] as const];
  });
  const tags = new Map([[TAG.cluster, cluster], [TAG.role, 'worker'], ...own]);
  const shape = { name: 'workers', desiredCapacity: 0, hasWarmPool: false, deleting: false, instances: [] };
  return parseJoinedGroup({ ...shape, tags }).problems.map(({ detail }) => detail);
}

function idleMistakes(
  given: ReadonlyMap<string, string>,
  whole: ReadonlyMap<string, string>,
): readonly string[] {
  if (!isNothing(whole.get('DnsName'))) return [];
  const idle = ['DnsAddress', 'DnsTtl'].filter((name) => given.has(name));
  return idle.length === 0
    ? []
    : [`${idle.join(' and ')} without a DnsName would do nothing: give --dns-name`];
}

function sizeMistakes(values: ReadonlyMap<string, string>): readonly string[] {
  const sizes = ['MinSize', 'Size', 'MaxSize'].flatMap((name) => {
    const value = values.get(name);
    return value === undefined || !/^\d+$/.test(value) ? [] : [{ name, value: Number(value) }];
  });
  return sizes.flatMap((one, at) => {
    const next = sizes[at + 1];
    return next !== undefined && one.value > next.value
      ? [`${one.name} ${one.value} is more than ${next.name} ${next.value}`]
      : [];
  });
}

/** The mistake in a name that is not in its zone, `null` where it is. */
export function zoneMistake(dnsName: string, zone: string, zoneName: string | null): string | null {
  if (zoneName === null) return `there is no hosted zone ${zone} in this account`;
  const name = parseRecordName(dnsName);
  if (name !== null && isInZone(name, zoneName)) return null;
  return `${dnsName} is not in hosted zone ${zone}, which is ${zoneName}: choose a name that ends in .${zoneName}`;
}

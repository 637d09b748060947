import { type Finding, type FindingCode, finding, sortFindings } from '../finding.ts';
import { type BasePlan, namesOfBase, planBase } from './base.ts';
import { memberDomain } from './members.ts';
import { ownershipName } from './names.ts';
import { holderOf } from './ownership.ts';
import { digestOf } from './records.ts';
import { type ClusterWorld, isOpen, type ZoneWorld } from './world.ts';

export interface ZonePlan {
  readonly clusters: readonly ClusterPlan[];
}

export interface ClusterPlan {
  readonly cluster: ClusterWorld;
  readonly bases: readonly BasePlan[];
  readonly findings: readonly Finding[];
}

/** What Route 53 refused is the same tomorrow: it is tried again after this long, or when it changed. */
export const REFUSED_REST_MS = 10 * 60_000;

/** Decides everything about a zone from one look at it. Planning the zone that comes out of it changes nothing. */
export function planZone(world: ZoneWorld): ZonePlan {
  return { clusters: world.clusters.map((cluster) => planCluster(world, cluster)) };
}

/** The names that the clusters want or own here, each with all that must be read about it. */
export function namesToRead(world: ZoneWorld): readonly string[] {
  const names = world.clusters
    .filter(isOpen)
    .flatMap((cluster) => basesOf(world, cluster).flatMap((base) => namesOfBase(world, cluster, base)));
  return [...new Set(names)].sort();
}

function planCluster(world: ZoneWorld, cluster: ClusterWorld): ClusterPlan {
  const standing = standingOf(world, cluster);
  if (!isOpen(cluster)) return { cluster, bases: [], findings: standing };
  const rivals = rivalsOf(world, cluster);
  const bases = basesOf(world, cluster)
    .filter((base) => !rivals.has(base))
    .map((base) => rest(world, cluster, planBase(world, cluster, base)));
  const findings = [
    ...standing,
    ...[...rivals].map((base) => finding('nameForeign', base, 'another cluster wants the same name')),
    ...cluster.groups.flatMap(({ problems }) => problems).filter(isAboutDns),
    ...bases.flatMap((plan) => plan.findings),
  ];
  return { cluster, bases, findings: sortFindings(findings) };
}

/** What is wrong with a service or with metadata is told by the registry. */
const isAboutDns = ({ code }: Finding): boolean => ABOUT_DNS.includes(code);
const ABOUT_DNS: readonly FindingCode[] = ['dnsTagsInvalid', 'unknownCluster', 'roleInvalid'];

function standingOf(
  { zone, zoneId }: ZoneWorld,
  { name, standing, because }: ClusterWorld,
): readonly Finding[] {
  const about = zone === 'unknown' ? [finding('unknownZone', zoneId, 'Route 53 has no zone of this id')] : [];
  switch (standing) {
    case 'registered':
      return because === '' ? about : [...about, finding('edited', name, because)];
    case 'deleting':
      return about;
    case 'absent':
      return [...about, finding('unknownCluster', name, because)];
    case 'unknown':
      return [finding('notReadable', name, because)];
    case 'frozen':
      return [finding('frozen', name, because)];
    case 'newer':
      return [finding('stateNewer', name, because)];
  }
}

function basesOf({ zoneId }: ZoneWorld, cluster: ClusterWorld): readonly string[] {
  const domain = memberDomain(zoneId, cluster);
  return [
    ...new Set([
      ...cluster.state.names.keys(),
      ...frontNames(zoneId, cluster),
      ...(domain === null ? [] : [domain]),
    ]),
  ].sort();
}

const frontNames = (zoneId: string, { groups }: ClusterWorld): readonly string[] =>
  groups.flatMap(({ front }) => (front !== null && front.zone === zoneId ? [front.name] : []));

/** Nobody has it yet and two clusters want it: the first one by name gets it, whoever comes first. */
function rivalsOf(world: ZoneWorld, cluster: ClusterWorld): ReadonlySet<string> {
  const others = world.clusters.filter((one) => one.name < cluster.name && one.standing === 'registered');
  const theirs = new Set(others.flatMap((one) => basesOf(world, one)));
  const own = [...basesOf(world, cluster)].filter((base) => !cluster.state.names.has(base));
  return new Set(own.filter((base) => theirs.has(base) && !isMarked(world, cluster, base)));
}

const isMarked = ({ records, owner }: ZoneWorld, { name }: ClusterWorld, base: string): boolean =>
  holderOf(records.get(ownershipName(base)) ?? [], name, owner) === 'ours';

/** A change that was refused rests, with the reason that was given then. */
function rest(world: ZoneWorld, cluster: ClusterWorld, plan: BasePlan): BasePlan {
  const refusal = cluster.state.refused.get(plan.base);
  const mustRest =
    refusal !== undefined &&
    refusal.digest === digestOfChanges(plan) &&
    world.takenAtMs - refusal.atMs < REFUSED_REST_MS;
  if (!mustRest || plan.changes.length === 0) return plan;
  const told = cluster.state.findings.filter(
    ({ code, subject }) => code === 'recordProtected' && subject === plan.base,
  );
  const isHeld = cluster.state.names.has(plan.base);
  const findings = [...plan.findings, ...told];
  return { ...plan, changes: [], withdrawn: [], after: plan.ours, isHeld, isResting: true, findings };
}

/** Names what is to be done; the same digest means that the same thing will be refused again. */
export const digestOfChanges = ({ changes }: Pick<BasePlan, 'changes'>): string =>
  digestOf(changes.map(({ action, record }) => ({ ...record, name: `${action} ${record.name}` })));

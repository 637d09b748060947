import { type Cluster, clusterOf, clustersOf, type ParameterPort } from '../clusters.ts';
import type { Groups } from '../groups.ts';
import type { Instance } from '../model.ts';
import { invalid } from './kinds.ts';

interface Region {
  readonly groups: Groups;
  readonly stage: ParameterPort;
}

type Role = 'leader' | 'follower';

/**
 * The instance that a word means: its id, the beginning of it, or `leader` or `follower`, with `@<cluster>` behind it
 * where there are several clusters.
 *
 * @throws {FleetError} `InvalidFault`: none, or more than one
 */
export async function instanceOf(region: Region, word: string): Promise<Instance> {
  const [role = '', cluster = ''] = word.split('@');
  if (role === 'leader' || role === 'follower') {
    return region.groups.instance(await voterOf(region, role, cluster));
  }
  return byId(region.groups.instances(), word);
}

function byId(instances: readonly Instance[], word: string): Instance {
  const exact = instances.find(({ id }) => id === word);
  if (exact !== undefined) return exact;
  const begun = instances.filter(({ id }) => id.startsWith(word));
  // Those that are gone are meant only by their whole id, or when nobody else is.
  const present = begun.filter(({ ec2State }) => ec2State !== 'terminated');
  const meant = present.length > 0 ? present : begun;
  const [only] = meant;
  if (only !== undefined && meant.length === 1) return only;
  if (meant.length > 1) throw invalid(`several instances begin with ${word}: ${idsOf(meant)}`);
  const known = instances.filter(({ ec2State }) => ec2State !== 'terminated');
  throw invalid(`there is no instance ${word}; there are: ${idsOf(known) || 'none'}`);
}

const idsOf = (instances: readonly Instance[]): string => instances.map(({ id }) => id).join(', ');

async function voterOf({ groups, stage }: Region, role: Role, wanted: string): Promise<string> {
  const clusters = await clustersOf(groups, stage);
  const { name, status } = chosen(clusters, role, wanted);
  if (status?.leader == null)
    throw invalid(`cluster ${name} has no leader, as its status tells; give an instance id`);
  if (role === 'leader') return status.leader;
  const follower = status.voters.find((voter) => voter.answers && voter.name !== status.leader);
  if (follower === undefined)
    throw invalid(`cluster ${name} has no follower that answers; give an instance id`);
  return follower.name;
}

function chosen(clusters: readonly Cluster[], role: Role, wanted: string): Cluster {
  const names = clusters.map(({ name }) => name).join(', ');
  const meant = wanted === '' ? clusters : clusters.filter(({ name }) => name === wanted);
  const [only] = meant;
  if (only === undefined)
    throw invalid(`there is no cluster ${wanted || 'yet'}; there are: ${names || 'none'}`);
  if (meant.length > 1) throw invalid(`there are several clusters (${names}): give ${role}@<cluster>`);
  return only;
}

/** `i-0a… (127.30.1.10, us-east-1a, cluster core)`. */
export function toldInstance(groups: Groups, instance: Instance): string {
  const group = groups.all().find(({ name }) => name === instance.groupName);
  const cluster = group === undefined ? null : clusterOf(group);
  const owner = cluster === null ? `group ${instance.groupName}` : `cluster ${cluster}`;
  return `${instance.id} (${instance.address}, ${instance.place.zone}, ${owner})`;
}

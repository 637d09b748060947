import { decodeStatus, type Status } from '../../../functions/core/status.ts';
import type { Groups } from './groups.ts';
import type { Group } from './model.ts';

const CLUSTER_TAG = 'etcd-autopilot:cluster';
const ROLE_TAG = 'etcd-autopilot:role';

/** What the autopilot says of its clusters; read from the stage itself, where no fault of an API strikes. */
export interface ParameterPort {
  /** The value, null when there is none. @throws when the stage does not answer */
  readonly parameter: (name: string) => Promise<string | null>;
}

export interface Cluster {
  readonly name: string;
  /** Null before the autopilot has written one. */
  readonly status: Status | null;
}

export function clusterOf(group: Pick<Group, 'tags'>): string | null {
  return tagOf(group, CLUSTER_TAG);
}

export function roleOf(group: Pick<Group, 'tags'>): string | null {
  return tagOf(group, ROLE_TAG);
}

/** The clusters that the region's groups belong to, by name. */
export async function clustersOf(groups: Groups, stage: ParameterPort): Promise<readonly Cluster[]> {
  const names = new Set(groups.all().flatMap((group) => clusterOf(group) ?? []));
  const read = async (name: string): Promise<Cluster> => {
    const value = await stage.parameter(`/etcd-autopilot/${name}/status`);
    return { name, status: value === null ? null : decodeStatus(value) };
  };
  return Promise.all([...names].sort().map(read));
}

function tagOf(group: Pick<Group, 'tags'>, key: string): string | null {
  return group.tags.find((tag) => tag.key === key)?.value ?? null;
}

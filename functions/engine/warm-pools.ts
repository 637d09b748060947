import { TAG } from '../core/names.ts';
import type { ScalingGroup } from '../core/ports.ts';
import type { Ports } from './ports.ts';

/** The warm pools of member groups, each as a group of that name with the pool's instances alone. */
export function listWarmPools(
  ports: Ports,
  groups: readonly ScalingGroup[],
): Promise<readonly ScalingGroup[]> {
  const pooled = groups.filter((group) => group.hasWarmPool && group.tags.get(TAG.role) === 'member');
  return Promise.all(
    pooled.map(async (group) => ({ ...group, instances: await ports.scaling.listWarmPool(group.name) })),
  );
}

/** One that moved between the two calls is shown by both: the group's own list is right. */
export function withPools(
  groups: readonly ScalingGroup[],
  pools: readonly ScalingGroup[],
): readonly ScalingGroup[] {
  if (pools.length === 0) return groups;
  return groups.map((group) => {
    const listed = new Set(group.instances.map(({ id }) => id));
    const warm = pools.filter(({ name }) => name === group.name).flatMap(({ instances }) => instances);
    return { ...group, instances: [...group.instances, ...warm.filter(({ id }) => !listed.has(id))] };
  });
}

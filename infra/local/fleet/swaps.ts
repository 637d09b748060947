import { type Group, type Instance, isLive, type Swap } from './model.ts';

/** Replacements that are launched before their predecessor goes. */

export function instanceOf(group: Group, id: string): Instance | undefined {
  return group.instances.find((one) => one.id === id);
}

function livesIn(group: Group, id: string): boolean {
  const instance = instanceOf(group, id);
  return instance !== undefined && isLive(instance);
}

/** The desired capacity, and one more for every predecessor that still counts beside its replacement. */
export function targetOf(group: Group): number {
  return (
    group.desired +
    group.swaps.filter((swap) => livesIn(group, swap.oldId) && livesIn(group, swap.newId)).length
  );
}

/** In service for long enough to take over. */
export function isWarmedUp(instance: Instance | undefined, warmupMs: number): boolean {
  if (instance === undefined || instance.state !== 'InService' || instance.health !== 'Healthy') return false;
  return instance.inServiceAtMs !== null && Date.now() - instance.inServiceAtMs >= warmupMs;
}

/** Forgets replacements of which one side is gone, and returns those whose predecessor can go now. */
export function ripeSwaps(group: Group): readonly Swap[] {
  group.swaps = group.swaps.filter((swap) => livesIn(group, swap.oldId) && livesIn(group, swap.newId));
  const ripe = group.swaps.filter((swap) => isWarmedUp(instanceOf(group, swap.newId), swap.warmupMs));
  group.swaps = group.swaps.filter((swap) => !ripe.includes(swap));
  return ripe;
}

import { type Group, type Instance, isLive, type Place } from './model.ts';

const HOUR_MS = 3600_000;

/** Where the next of those that `counts` says goes: the emptiest place first, the first of equals. */
export function placesInOrder(group: Group, counts: (one: Instance) => boolean = isLive): readonly Place[] {
  const population = ({ zone, subnetId }: Place): number =>
    group.instances.filter((one) => counts(one) && one.place.zone === zone && one.place.subnetId === subnetId)
      .length;
  return [...group.places].sort((a, b) => population(a) - population(b));
}

/** Those that the group may take by choice: not protected, and no side of a replacement under way. */
export function candidatesOf(group: Group): readonly Instance[] {
  const bound = new Set(group.swaps.flatMap((swap) => [swap.oldId, swap.newId]));
  return group.instances.filter((one) => isLive(one) && !one.protectedFromScaleIn && !bound.has(one.id));
}

/**
 * As the platform chooses: from the most populated zones that have a candidate, then by the policies in their order;
 * the oldest of those that are left, where the platform takes any.
 */
export function chooseByPolicies(
  group: Group,
  count: number,
  candidates: readonly Instance[],
  policies: readonly string[],
): readonly Instance[] {
  const chosen: Instance[] = [];
  while (chosen.length < Math.min(count, candidates.length)) {
    const left = candidates.filter((one) => !chosen.includes(one));
    const crowd = (one: Instance): number =>
      group.instances.filter(
        (other) => isLive(other) && other.place.zone === one.place.zone && !chosen.includes(other),
      ).length;
    const fittest = [...policies, 'OldestInstance'].reduce(
      (some, policy) => narrow(group, policy, some),
      lowest(left, (one) => -crowd(one)),
    );
    chosen.push(...fittest.slice(0, 1));
  }
  return chosen;
}

/** The candidates that a policy prefers; all of them when it knows no difference. */
function narrow(group: Group, policy: string, some: readonly Instance[]): readonly Instance[] {
  switch (policy) {
    case 'OldestInstance':
      return lowest(some, (one) => one.launchedAtMs);
    case 'NewestInstance':
      return lowest(some, (one) => -one.launchedAtMs);
    case 'OldestLaunchTemplate':
      return lowest(some, (one) => templateAge(group, one));
    case 'ClosestToNextInstanceHour':
      return lowest(some, (one) => HOUR_MS - ((Date.now() - one.launchedAtMs) % HOUR_MS));
    case 'Default':
      return narrow(group, 'ClosestToNextInstanceHour', narrow(group, 'OldestLaunchTemplate', some));
    // Of one instance type and one way to buy it, with launch templates only, these know no difference.
    default:
      return some;
  }
}

/** Another template counts as older than every version of the group's own. */
function templateAge(group: Group, { template }: Instance): number {
  const isOwn = template.id === group.template.id || template.name === group.template.name;
  return isOwn ? Number(template.version) : -1;
}

function lowest(some: readonly Instance[], rank: (one: Instance) => number): readonly Instance[] {
  const best = Math.min(...some.map(rank));
  return some.filter((one) => rank(one) === best);
}

import { type Group, type Instance, isLive, type Place } from './model.ts';

/** Where the next instance goes: the emptiest place, the first of equals. */
export function nextPlace(group: Group): Place {
  const [best, ...others] = group.places;
  if (best === undefined) throw new Error(`${group.name} has no place for an instance`);
  return others.reduce(
    (least, place) => (populationOf(group, place) < populationOf(group, least) ? place : least),
    best,
  );
}

function populationOf(group: Group, place: Place): number {
  return group.instances.filter(
    (one) => isLive(one) && one.place.zone === place.zone && one.place.subnetId === place.subnetId,
  ).length;
}

/**
 * The platform's default termination policy without its billing hour: from the most populated zone, of the oldest
 * launch template version, the oldest. Protected instances are never chosen.
 */
export function scaleInOrder(group: Group): readonly Instance[] {
  const left = group.instances.filter((one) => isLive(one) && !one.protectedFromScaleIn);
  const order: Instance[] = [];
  while (left.length > 0) {
    const crowd = (one: Instance): number =>
      left.filter((other) => other.place.zone === one.place.zone).length;
    left.sort(
      (a, b) =>
        crowd(b) - crowd(a) ||
        Number(a.template.version) - Number(b.template.version) ||
        a.launchedAtMs - b.launchedAtMs,
    );
    order.push(...left.splice(0, 1));
  }
  return order;
}

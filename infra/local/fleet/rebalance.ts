import { at } from './activities.ts';
import type { Capacity } from './capacity.ts';
import { candidatesOf } from './choice.ts';
import { type Group, type Instance, isLive } from './model.ts';
import type { World } from './ports.ts';
import { isRunning } from './refresh-model.ts';
import { chooseLeaving } from './termination.ts';
import type { Zones } from './zones.ts';

/** What the group's zones ask for: an instance of one of them moved to another. */
interface Move {
  readonly from: readonly Instance[];
  readonly to: string;
}

/**
 * One step towards zones that differ by one instance at most, launching first and terminating then; for that the group
 * may exceed its maximum by one. It waits until everything else is done.
 */
export async function rebalance(world: World, capacity: Capacity, zones: Zones, group: Group): Promise<void> {
  const move = moveOf(group, zones);
  if (move === null) return;
  const [old] = await chooseLeaving(world, group, 1, 'REBALANCE', move.from);
  if (old === undefined) return;
  const cause = `At ${at()} instances were rebalanced across Availability Zones: instance ${old.id} of ${old.place.zone} was taken out of service after its replacement in ${move.to} had come.`;
  await capacity.replace(group, old, cause, 0, move.to);
}

const NEEDED = ['AZRebalance', 'Launch', 'Terminate'];

function moveOf(group: Group, zones: Zones): Move | null {
  if (group.deleting || NEEDED.some((process) => group.suspended.has(process))) return null;
  if (group.swaps.length > 0 || group.refreshes.some(isRunning)) return null;
  const live = group.instances.filter(isLive);
  const isCalm = live.every((one) => one.state === 'InService' && one.health === 'Healthy');
  if (!isCalm || live.length !== group.desired) return null;

  const own = [...new Set(group.places.map((place) => place.zone))];
  const population = (zone: string): number => live.filter((one) => one.place.zone === zone).length;
  const [emptiest] = own
    .filter((zone) => !zones.isClosed(zone))
    .sort((a, b) => population(a) - population(b));
  if (emptiest === undefined) return null;
  const isCrowded = (zone: string): boolean =>
    !own.includes(zone) || population(zone) - population(emptiest) >= 2;
  const from = candidatesOf(group).filter((one) => isCrowded(one.place.zone));
  return from.length === 0 ? null : { from, to: emptiest };
}

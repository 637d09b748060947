import type { InstanceId } from '../identity.ts';
import { INSTANCE_ID } from '../names.ts';
import type { Instance, Observation } from '../observation.ts';
import { isOver, type LossVerdict } from './evidence.ts';

/**
 * Every instance that may hold the lost cluster, or could take part in it: all that were given a ticket, whatever
 * became of it, and all that are past their launch hook. Only newcomers that never had a ticket are left, for
 * those cannot have run etcd. Whoever is over by evidence needs no fence.
 */
export function fencedIn(world: Observation, verdict: LossVerdict): readonly InstanceId[] {
  const { records, instances, etcd } = world;
  const ticketed = records.ticketNames.map((name) => name.slice(name.indexOf('/') + 1));
  const ids = new Set<InstanceId>([
    ...verdict.known.map(({ instanceId }) => instanceId),
    ...ticketed,
    ...etcd.statuses.keys(),
    ...instances.filter((instance) => !isFresh(world, instance)).map(({ id }) => id),
  ]);
  return [...ids].filter((id) => INSTANCE_ID.test(id) && !isOver(world, id)).sort();
}

/** A newcomer in its launch hook, or on the way there, that never had a ticket: its machine never ran etcd. */
export function isFresh(
  { records }: Pick<Observation, 'records'>,
  { id, stage, waitsIn }: Instance,
): boolean {
  const isNew = stage === 'arriving' && waitsIn !== 'terminate';
  return isNew && !records.ticketNames.includes(`members/${id}`);
}

import type { Observation } from '../../functions/core/observation.ts';
import type { MaintenanceAction } from '../../functions/core/plan/maintenance-action.ts';

/** What a look would show after this was done, as far as it decides anything. */
export function appliedToDatabases(world: Observation, action: MaintenanceAction): Observation {
  const record = action.record ?? world.records.space;
  const noted = { ...world, records: { ...world.records, space: record } };
  if (action.kind !== 'defragment') return noted;
  const statuses = new Map(world.etcd.statuses);
  const status = statuses.get(action.instanceId ?? '');
  if (action.instanceId !== null && status !== undefined)
    statuses.set(action.instanceId, {
      ...status,
      dbSizeBytes: status.dbSizeInUseBytes ?? status.dbSizeBytes,
    });
  return { ...noted, etcd: { ...noted.etcd, statuses } };
}

import { unreachable } from '../core/errors.ts';
import { encodeMemory, type Memory } from '../core/memory.ts';
import { clusterPath, KEY, PARAMETER } from '../core/names.ts';
import type { MaintenanceAction } from '../core/plan/maintenance-action.ts';
import { encodeSpaceRecord, type SpaceRecord } from '../core/space.ts';
import type { Site } from './site.ts';

/** Kept back of the pass for its report, when a defragmentation is not waited for any longer. */
const RESERVE_MS = 3_000;

/** What is done to databases and alarms: written down first, so that whatever becomes of it counts. */
export async function applyMaintenance(site: Site, action: MaintenanceAction): Promise<void> {
  const { etcd, speaker, ports, deadlineMs } = site;
  await note(site, action.record);
  switch (action.kind) {
    case 'noteSpace':
      return;
    case 'compact':
      await remember(site, action.memory);
      return etcd.compact(speaker, action.revision);
    case 'defragment':
      return etcd.defragment(action.endpoint, deadlineMs - ports.clock.nowMs() - RESERVE_MS);
    case 'disarm':
      return etcd.disarm(speaker, action.alarm);
    default:
      return unreachable(action);
  }
}

async function note({ ports, cluster }: Site, record: SpaceRecord | null): Promise<void> {
  if (record === null) return;
  await ports.parameters.write(clusterPath(cluster) + PARAMETER.maintenance, encodeSpaceRecord(record));
}

async function remember({ etcd, speaker }: Site, memory: Memory | null): Promise<void> {
  if (memory !== null) await etcd.write(speaker, KEY.state, encodeMemory(memory));
}

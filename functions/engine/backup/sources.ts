import { chooseSources, type Source, sourceOf } from '../../core/backup/choose.ts';
import { OperationError } from '../../core/errors.ts';
import type { ClusterId, InstanceId } from '../../core/identity.ts';
import { INSTANCE_ID, TAG } from '../../core/names.ts';
import type { Machine, Probe } from '../../core/ports.ts';
import { type Addressed, clientUrlOf } from '../../core/urls.ts';
import { Door } from '../door.ts';
import type { BackupEtcd, BackupPorts } from './ports.ts';
import type { BackupSite } from './site.ts';

/** A way to etcd, and whose database to take, best first. */
export interface Sight {
  readonly etcd: BackupEtcd;
  readonly sources: readonly Source[];
  /** The same source as it is now; `null`: it may not be taken any more. */
  ask(source: Source): Promise<Source | null>;
}

/**
 * Looks at who answers, and has `work` do with it. Asked are the addresses that EC2 gives, as ever.
 *
 * @throws {OperationError} `ETCD_UNAVAILABLE`: no voter answers. `ETCD_REFUSED`: another cluster is there.
 */
export async function withSources<Done>(
  ports: BackupPorts,
  site: BackupSite,
  clusterId: ClusterId,
  work: (sight: Sight) => Promise<Done>,
): Promise<Done> {
  const instances = await listInstances(ports, site.cluster);
  return withDoor(ports, site, instances, async (etcd) => {
    const ids = new Map(instances.map((instance) => [clientUrlOf(site.config, instance), instance.id]));
    const idAt = (endpoint: string): InstanceId | null => ids.get(endpoint) ?? null;
    const probes = await etcd.probe([...ids.keys()]);
    const sources = chooseSources(probes, idAt, clusterId);
    refuseStrangers(probes, clusterId);
    if (sources.length === 0) throw nobodyAnswers(site.cluster, probes);
    const ask = async ({ endpoint, memberId }: Source): Promise<Source | null> => {
      const [probe] = await etcd.probe([endpoint]);
      const found = probe === undefined ? null : sourceOf(probe, idAt, clusterId);
      return found?.memberId === memberId ? found : null;
    };
    return work({ etcd, sources, ask });
  });
}

/** Opens the way to etcd at these instances with the cluster's own secrets, and shuts it when the work is done. */
export async function withDoor<Done>(
  ports: BackupPorts,
  { config }: BackupSite,
  instances: readonly Addressed[],
  work: (etcd: BackupEtcd) => Promise<Done>,
): Promise<Done> {
  const door = new Door<BackupEtcd>(ports);
  try {
    const problems = await door.open(config);
    if (problems.length > 0) throw new OperationError('ETCD_ACCESS', 'never', problems.join('; '));
    door.know(config, instances);
    return await work(door.etcd);
  } finally {
    door.close();
  }
}

/** Those of the member group that run and have an address. */
async function listInstances(ports: BackupPorts, cluster: string): Promise<readonly Addressed[]> {
  const groups = await ports.scaling.listGroups(cluster);
  const ids = groups
    .filter(({ tags }) => tags.get(TAG.role) === 'member')
    .flatMap((group) => group.instances.map(({ id }) => id))
    .filter((id) => INSTANCE_ID.test(id));
  const machines = await ports.machines.describe(ids);
  return ids
    .map((id) => ({ id, address: addressOf(machines.get(id)) }))
    .filter(({ address }) => address !== null);
}

/** `null`: EC2 gives none, or the machine does not run. */
export const addressOf = (machine: Machine | undefined): string | null =>
  machine?.kind === 'known' && machine.state === 'running' ? machine.privateIp : null;

/** Whose data would it be? */
function refuseStrangers(probes: readonly Probe[], clusterId: ClusterId): void {
  const seen = probes.flatMap((probe) => (probe.kind === 'status' ? [probe.status.clusterId] : []));
  const strangers = [...new Set(seen)].filter((id) => id !== clusterId);
  if (strangers.length === 0) return;
  const words = `another etcd cluster (${strangers.join(', ')}) runs on its instances, and this one is ${clusterId}`;
  throw new OperationError('ETCD_REFUSED', 'nextLook', words);
}

function nobodyAnswers(cluster: string, probes: readonly Probe[]): OperationError {
  const heard = probes.map(
    (probe) => `${probe.endpoint}: ${probe.kind === 'silent' ? probe.because : 'no quorum'}`,
  );
  const words = `no voter of cluster ${cluster} answers (${heard.join('; ') || 'no instance runs'})`;
  return new OperationError('ETCD_UNAVAILABLE', 'nextLook', words);
}

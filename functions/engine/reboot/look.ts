import { explainWait } from '../../core/explain.ts';
import type { MemberView, Observation } from '../../core/observation.ts';
import { type Refusal, refusal } from '../../core/reboot/refusal.ts';
import { Door } from '../door.ts';
import { runPass } from '../pass.ts';
import type { RebootEtcd, Turn } from './ports.ts';

/** A look at which a voter answered. */
export interface Look {
  readonly world: Observation;
  readonly view: MemberView;
}

/** Looks as membership does, and changes nothing. A cluster that nobody can tell of is refused, with the reason. */
export async function lookAt({ ports, owner, deadlineMs }: Turn, cluster: string): Promise<Look | Refusal> {
  const request = { cluster, owner, deadlineMs, mode: 'look', groupName: null } as const;
  const { world, waits, error } = await runPass(ports, request);
  if (error !== null)
    return refusal('cluster_unavailable', `cluster ${cluster} could not be looked at: ${error.message}`);
  const view = world?.etcd.view ?? null;
  const [first] = waits.filter(({ kind }) => kind === 'foreignCluster' || view === null);
  if (world === null || view === null || first !== undefined) {
    const words =
      first === undefined ? `no voter of cluster ${cluster} answers` : explainWait(cluster, first);
    return refusal('cluster_unavailable', words);
  }
  return { world, view };
}

export const isRefusal = (one: Look | Refusal): one is Refusal => 'value' in one;

/** A way to etcd, as the look found it; shut when the work is done. */
export async function withEtcd<Answer>(
  { ports }: Turn,
  { world }: Look,
  work: (etcd: RebootEtcd) => Promise<Answer>,
): Promise<Answer | Refusal> {
  const door = new Door<RebootEtcd>(ports);
  try {
    const problems = await door.open(world.config);
    if (problems.length > 0) return refusal('cluster_unavailable', problems.join('; '));
    door.know(world.config, world.instances);
    return await work(door.etcd);
  } finally {
    door.close();
  }
}

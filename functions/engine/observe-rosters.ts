import { OperationError } from '../core/errors.ts';
import type { InstanceId } from '../core/identity.ts';
import type { EtcdView, MemberView } from '../core/observation.ts';
import type { EtcdPort, MemberEntry, Probe } from '../core/ports.ts';

/**
 * Where no voter answers, each that shows a status is asked whom it takes for members: what they believe decides
 * whom they would need to be elected. One that does not say is left out, and counts as unknown.
 */
export async function observeRosters(
  etcd: EtcdPort,
  asked: readonly { readonly id: InstanceId; readonly endpoint: string }[],
  probes: readonly Probe[],
  view: MemberView | null,
): Promise<EtcdView['rosters']> {
  if (view !== null) return new Map();
  const shown = asked.filter(({ endpoint }) =>
    probes.some((probe) => probe.kind === 'status' && probe.endpoint === endpoint),
  );
  const lists = await Promise.all(shown.map(({ endpoint }) => etcd.ownMembers(endpoint).catch(asUntold)));
  const rosters = new Map<InstanceId, readonly MemberEntry[]>();
  for (const [index, { id }] of shown.entries()) {
    const list = lists[index] ?? null;
    if (list !== null && list.length > 0) rosters.set(id, list);
  }
  return rosters;
}

function asUntold(error: unknown): null {
  if (error instanceof OperationError) return null;
  throw error;
}

import type { Action } from '../core/plan/plan.ts';
import type { Site } from './site.ts';
import { tell } from './tell.ts';

/** A stack that waits for no signal has heard enough: it is not told again. */
export async function signalStack(
  { ports, session }: Site,
  { stackName, logicalId, instanceId, status }: Extract<Action, { readonly kind: 'signalStack' }>,
): Promise<void> {
  await ports.stacks.signal({ stackName, logicalId, instanceId, status });
  session.signalled.add(instanceId);
}

/** Told only where a refresh was ended: most joins that fail are of none. */
export async function cancelRefresh(
  site: Site,
  { groupName, instanceId, launchedAtMs }: Extract<Action, { readonly kind: 'cancelRefresh' }>,
): Promise<void> {
  const outcome = await site.ports.scaling.cancelRefresh(groupName, launchedAtMs);
  site.session.refreshesEnded.add(instanceId);
  if (outcome === 'notRunning') return;
  const detail = { cluster: site.cluster, instanceId, because: 'refreshCancelled' };
  await tell(site, [{ detailType: 'Action Held', detail }]);
}

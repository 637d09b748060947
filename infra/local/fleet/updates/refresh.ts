import type { Groups } from '../groups.ts';
import type { Group } from '../model.ts';
import { isRunning } from '../refresh-model.ts';
import { type Job, RESOURCE_MS_MAX, WorkFailed } from './job.ts';
import type { RefreshPolicy } from './policy.ts';

/**
 * Starts an instance refresh towards what the group launches from already, and waits for its end.
 *
 * @throws {WorkFailed} it failed or was cancelled, with what it said of that
 * @throws {FleetError} another one runs, or the policy cannot be
 */
export async function runStackRefresh(
  groups: Groups,
  group: Group,
  policy: RefreshPolicy,
  job: Job,
): Promise<void> {
  const refresh = await groups.refresher.start(group, policy.request);
  job.note(`Instance refresh initiated with InstanceRefreshId ${refresh.id}.`);
  try {
    await job.until(RESOURCE_MS_MAX, () => !isRunning(refresh));
  } catch (cancelled) {
    if (isRunning(refresh)) groups.refresher.cancel(group, true);
    // The way back is a refresh, too, and there is one at a time.
    await job.settle(() => !isRunning(refresh));
    throw cancelled;
  }
  if (refresh.status === 'Successful') return;
  throw new WorkFailed(
    `Instance refresh ${refresh.id} ended with status ${refresh.status}. ${refresh.reason}`.trimEnd(),
  );
}

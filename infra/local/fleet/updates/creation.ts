import { type Job, WorkFailed } from './job.ts';
import type { CreationPolicy } from './policy.ts';
import { unsatisfied } from './rolling-plan.ts';

/**
 * Keeps a new group from being complete until it was told that often that it is.
 *
 * @throws {WorkFailed} too few signals in time, or too many that said FAILURE
 */
export async function awaitCreation(policy: CreationPolicy, job: Job): Promise<void> {
  const { count, successPercent, timeout } = policy;
  const failuresMax = count - Math.ceil((count * successPercent) / 100);
  const tooMany = (): boolean => job.signalCount('FAILURE') > failuresMax;
  job.note('Resource creation Initiated');
  await job.until(timeout.ms, () => job.signals.size >= count || tooMany());
  if (tooMany()) {
    const what = `${job.signalCount('FAILURE')} FAILURE signal(s) out of ${count}`;
    throw new WorkFailed(unsatisfied(successPercent, what));
  }
  const missing = count - job.signals.size;
  if (missing > failuresMax - job.signalCount('FAILURE')) {
    throw new WorkFailed(`Failed to receive ${missing} resource signal(s) within the specified duration`);
  }
}

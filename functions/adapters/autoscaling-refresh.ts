import {
  type AutoScalingClient,
  CancelInstanceRefreshCommand,
  DescribeInstanceRefreshesCommand,
  type InstanceRefresh,
} from '@aws-sdk/client-auto-scaling';
import { OperationError } from '../core/errors.ts';
import type { Call } from './aws-client.ts';
import { present } from './aws-errors.ts';

const REFRESHES = 'autoscaling:DescribeInstanceRefreshes';
const CANCEL = 'autoscaling:CancelInstanceRefresh';

/** One refresh runs at a time, and the newest come first. */
const NEWEST = 5;

/** Those that launch what was asked for last. One that rolls back launches what was there before. */
const RUNNING = new Set(['Pending', 'InProgress', 'Baking']);

/**
 * Ends the refresh that ran when the instance was launched. It takes no id: one that begins between
 * the two calls would be ended in its place, which takes an update that failed within milliseconds.
 */
export async function cancelRefresh(
  client: AutoScalingClient,
  call: Call,
  groupName: string,
  launchedAtMs: number,
): Promise<'cancelled' | 'notRunning'> {
  const about = { AutoScalingGroupName: groupName };
  const list = new DescribeInstanceRefreshesCommand({ ...about, MaxRecords: NEWEST });
  const answer = await call(REFRESHES, (options) => client.send(list, options), { groupName });
  const refreshes = present(answer.InstanceRefreshes, REFRESHES, 'refreshes');
  if (!refreshes.some((refresh) => hasLaunched(refresh, launchedAtMs))) return 'notRunning';
  const cancel = new CancelInstanceRefreshCommand(about);
  const sent = call(CANCEL, (options) => client.send(cancel, options), { groupName });
  return sent.then(() => 'cancelled' as const, whenOver);
}

const hasLaunched = ({ Status, StartTime }: InstanceRefresh, launchedAtMs: number): boolean =>
  RUNNING.has(Status ?? '') && StartTime !== undefined && StartTime.getTime() <= launchedAtMs;

/** It ended by itself meanwhile, or somebody ended it. */
function whenOver(error: unknown): 'notRunning' {
  const cause = error instanceof OperationError ? error.cause : null;
  if (cause instanceof Error && /^ActiveInstanceRefreshNotFound/.test(cause.name)) return 'notRunning';
  throw error;
}

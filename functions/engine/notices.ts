import { OperationError } from '../core/errors.ts';
import type { NoticePort } from '../core/hosts.ts';
import type { InstanceId } from '../core/identity.ts';

/** A notice only makes a leave begin earlier: what EC2 did not say, or did not want to say, ends nobody. */
export async function observeNotices(notices: NoticePort): Promise<ReadonlySet<InstanceId>> {
  try {
    return await notices.listEnding();
  } catch (error) {
    if (error instanceof OperationError) return new Set();
    throw error;
  }
}

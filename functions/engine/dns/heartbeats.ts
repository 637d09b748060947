import { OperationError } from '../../core/errors.ts';
import type { JoinedPort } from '../../core/joined-port.ts';
import type { HookOfInstance } from '../../core/ports.ts';
import { sideBySide } from './side-by-side.ts';

export interface Beats {
  readonly sentCount: number;
  readonly failedCount: number;
}

/** Extends every hook that somebody waits in (rule R7). One that fails is counted; the others are sent all the same. */
export async function sendWorkerHeartbeats(
  joined: JoinedPort,
  hooks: readonly HookOfInstance[],
): Promise<Beats> {
  const sent = await sideBySide(hooks, async (hook) => {
    try {
      await joined.heartbeat(hook);
      return true;
    } catch (error) {
      if (!(error instanceof OperationError)) throw error;
      return false;
    }
  });
  const sentCount = sent.filter(Boolean).length;
  return { sentCount, failedCount: sent.length - sentCount };
}

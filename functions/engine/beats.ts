import { OperationError } from '../core/errors.ts';
import type { JoinedPort } from '../core/joined-port.ts';
import type { Clock, HookOfInstance, HookSettings } from '../core/ports.ts';
import { sideBySide } from './side-by-side.ts';

/** So often within the time of a hook: one that fails leaves two more. */
const BEATS_IN_TIME = 4;
/** The schedule comes every minute, and may be late: of a hook with less left than this, none waits. */
const LEFT_SECONDS_MIN = 150;
/** Of one look, for all of them: who waits gains nothing from heartbeats that leave no time for the work. */
const BEATS_MS_MAX = 8_000;

const restMs = ({ heartbeatSeconds }: HookSettings): number =>
  Math.min(heartbeatSeconds / BEATS_IN_TIME, heartbeatSeconds - LEFT_SECONDS_MIN) * 1_000;

export interface BeatPorts {
  readonly joined: Pick<JoinedPort, 'heartbeat'>;
  readonly clock: Clock;
}

/** An instance that waits in a hook of ours. */
export interface Waiting {
  readonly hook: HookOfInstance;
  /** As they were last read; `undefined`: nobody knows, so it may run out at any time. */
  readonly settings: HookSettings | undefined;
  /** When the wait began or was last extended; 0: nobody knows. */
  readonly lastMs: number;
}

/**
 * Extends hooks that were not extended for a quarter of their time (rule R7): a thousand that leave at
 * once are not a thousand calls in every look. Who was extended longest ago comes first, for there may
 * be no time for all. One that fails ends nothing. Returns how many were due and are not extended.
 */
export async function sendBeats(
  { joined, clock }: BeatPorts,
  waiting: readonly Waiting[],
  onDone: (hook: HookOfInstance, atMs: number) => void,
): Promise<number> {
  const nowMs = clock.nowMs();
  const due = waiting
    .filter(({ settings, lastMs }) => settings === undefined || nowMs - lastMs >= restMs(settings))
    .sort((a, b) => a.lastMs - b.lastMs);
  const mayGoOn = () => clock.nowMs() - nowMs < BEATS_MS_MAX;
  const sent = await sideBySide(due, ({ hook }) => beat(joined, hook), mayGoOn);
  // Who waits in another hook of the group only needs nothing: were he to wait in ours, it has its full time.
  const done = due.filter((_, at) => sent[at] === 'extended' || sent[at] === 'notWaiting');
  for (const { hook } of done) onDone(hook, nowMs);
  return due.length - done.length;
}

async function beat(joined: BeatPorts['joined'], hook: HookOfInstance) {
  try {
    return await joined.heartbeat(hook);
  } catch (error) {
    if (!(error instanceof OperationError)) throw error;
    return 'failed';
  }
}

import type { Clock, StackPort } from '../cloud/ports.ts';
import { Failure } from '../failure.ts';
import { endOf, isNews, progressLine, type StackEvent, underWay } from './events.ts';

const FIRST_PAUSE_MS = 400;
const PAUSE_GROWTH = 1.5;
const PAUSE_MS_MAX = 4_000;
/** After so long without an event it is said what is being worked on. */
const QUIET_MS = 30_000;
/** Readings that may fail one after the other: the stack goes on meanwhile. */
const MISSES_MAX = 5;

export interface Watched {
  /** State in which the stack came to rest; `null` when it did not within the time. */
  readonly status: string | null;
  /** What happened meanwhile, oldest first. */
  readonly events: readonly StackEvent[];
}

export interface WatchRequest {
  readonly stackId: string;
  /** Events of before. */
  readonly known: ReadonlySet<string>;
  readonly waitMs: number;
  /** One line of progress. */
  readonly say: (line: string) => void;
}

/** The events that a stack has had: what comes later is of the next operation. */
export async function knownEvents(stacks: StackPort, stackId: string): Promise<ReadonlySet<string>> {
  const events = await stacks.eventsSince(stackId, new Set());
  return new Set(events.map(({ id }) => id));
}

/**
 * Tells what happens to a stack until it rests. Only an event of the stack itself, newer than the known ones,
 * says that it does: its state may still be that of before for a moment.
 *
 * @throws {Failure} the events could not be read several times in a row
 */
export async function watchStack(
  { stacks, clock }: { readonly stacks: StackPort; readonly clock: Clock },
  { stackId, known, waitMs, say }: WatchRequest,
): Promise<Watched> {
  const startMs = clock.nowMs();
  const seen = new Set(known);
  const events: StackEvent[] = [];
  let [pauseMs, toldMs, missCount] = [FIRST_PAUSE_MS, startMs, 0];
  while (clock.nowMs() - startMs < waitMs) {
    const fresh = await stacks.eventsSince(stackId, seen).catch((error: unknown) => {
      missCount += 1;
      if (missCount > MISSES_MAX) throw lostSight(error);
      return null;
    });
    if (fresh !== null) missCount = 0;
    for (const event of fresh ?? []) {
      seen.add(event.id);
      if (isNews(events, event)) say(progressLine(event, startMs));
      events.push(event);
      toldMs = clock.nowMs();
    }
    const status = endOf(events, stackId);
    if (status !== null) return { status, events };
    if (clock.nowMs() - toldMs >= QUIET_MS) {
      say(quietLine(events, clock.nowMs() - startMs));
      toldMs = clock.nowMs();
    }
    await clock.sleep(pauseMs);
    pauseMs = Math.min(PAUSE_MS_MAX, pauseMs * PAUSE_GROWTH);
  }
  return { status: null, events };
}

function quietLine(events: readonly StackEvent[], sinceMs: number): string {
  const names = underWay(events);
  const what = names.length === 0 ? 'still under way' : `still under way: ${names.join(', ')}`;
  return `${`${Math.round(sinceMs / 1_000)} s`.padStart(6)}  ${what}`;
}

function lostSight(error: unknown): Failure {
  const text = error instanceof Error ? error.message : String(error);
  return new Failure(`lost sight of the stack, which goes on: ${text}`);
}

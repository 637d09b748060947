import { type Handled, workOn } from '../../../functions/membership/work.ts';
import type { FakeWorld } from './fake-world.ts';
import { Killed } from './function-life.ts';
import { CLUSTER } from './state.ts';

/** The time that the room leaves to a pass, of the function's minute. */
const BUDGET_MS = 56_000;

/** What a message of the queue came to; `idle`: there was none. */
export type Worked = Handled | { readonly kind: 'idle' | 'killed' };

/**
 * The function takes the next message of the queue and works on it, as the room of membership does. One
 * that is killed leaves its message in flight: it comes again when the queue takes it for lost.
 */
export async function workOnNext(world: FakeWorld): Promise<Worked> {
  const body = world.mail.take(world);
  if (body === null) return { kind: 'idle' };
  try {
    const handled = await work(world, body);
    world.mail.queue.done();
    return handled;
  } catch (error) {
    if (error instanceof Killed) return { kind: 'killed' };
    throw error;
  }
}

async function work(world: FakeWorld, body: string): Promise<Handled> {
  const owner = world.nextOwner();
  const deadlineMs = world.nowMs + world.skewMs + BUDGET_MS;
  const options = { deadlineMs, owner, dryRun: false, onStep: () => undefined };
  const handled = await workOn(world.ports(owner), { cluster: CLUSTER, body }, options);
  if (handled.kind === 'passed') world.judge.close(owner, handled.report);
  return handled;
}

/** Seconds of a world whose function is called by its queue, and by nobody else. */
export async function liveFor(world: FakeWorld, seconds: number): Promise<readonly Worked[]> {
  const untilMs = world.nowMs + seconds * 1_000;
  const worked: Worked[] = [];
  world.mail.isOpen = true;
  while (world.nowMs < untilMs) {
    world.tick();
    const last = await workOnNext(world);
    if (last.kind !== 'idle') worked.push(last);
  }
  return worked;
}

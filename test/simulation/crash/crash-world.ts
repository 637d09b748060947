import { OperationError } from '../../../functions/core/errors.ts';
import type { PassReport } from '../../../functions/engine/report.ts';
import { workOn } from '../../../functions/membership/work.ts';
import { CLUSTER, type FakeWorld, Killed } from '../world/fake-world.ts';
import { Crash } from './crash.ts';

/** Short, so that passes are cut off and ask for another look, as long joins do. */
const FUNCTION_SECONDS = 18;
const MESSAGES_MAX = 40;

/** Messages and functions around a world of any kind, whose effects can be ended by a fault. */
export class Functions {
  readonly crash = new Crash();
  readonly #world: FakeWorld;
  readonly #seconds: number;
  #serial = 0;

  constructor(world: FakeWorld, seconds = FUNCTION_SECONDS) {
    this.#world = world;
    this.#seconds = seconds;
  }

  /** What one message comes to; `null`: its function died. */
  async take(body: string): Promise<PassReport | null> {
    const world = this.#world;
    this.#serial += 1;
    const owner = `function-${this.#serial}`;
    world.etcd.actor = owner;
    const options = { owner, dryRun: false, deadlineMs: world.nowMs + this.#seconds * 1_000 };
    try {
      const handled = await workOn(
        this.crash.wrap(world.ports(owner)),
        { cluster: CLUSTER, body },
        { ...options, onStep: () => undefined },
      );
      if (handled.kind !== 'passed') return null;
      world.judge.close(owner, handled.report);
      return handled.report;
    } catch (error) {
      // What a room reports and acknowledges, or what nobody reports any more.
      if (error instanceof Killed || error instanceof OperationError) return null;
      throw error;
    }
  }

  /** Messages one after the other until a pass settles, or the world is as it should be. */
  async until(
    isOver: (report: PassReport | null) => boolean,
    wait: () => unknown,
    messagesMax = MESSAGES_MAX,
  ): Promise<void> {
    const world = this.#world;
    let last: PassReport | null = null;
    for (let count = 0; count < messagesMax; count += 1) {
      world.tick();
      last = await this.take(world.looks.shift() ?? scheduled());
      if (world.looks.length > 0) continue;
      if (isOver(last)) return;
      await wait();
    }
    throw new Error(`did not settle: ${JSON.stringify(last?.waits ?? 'killed')}`);
  }
}

const scheduled = (): string =>
  JSON.stringify({ source: 'aws.events', 'detail-type': 'Scheduled Event', detail: {} });

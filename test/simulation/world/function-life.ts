import { OperationError } from '../../../functions/core/errors.ts';
import type { Ports } from '../../../functions/engine/ports.ts';
import type { PassWatch } from '../rules/watch.ts';
import { BUCKET } from './bucket.ts';
import { type Call, type Gate, gated, type Send } from './calls.ts';
import type { FakeWorld } from './fake-world.ts';

/** Longer than any call of a port may take. */
const DEADLINE_MS = 10_000;

/** Thrown into a pass to stand for a killed function: nothing of it runs on. */
export class Killed extends Error {}

/** One invocation of the function, from its first call to its end, or until it is killed. */
export class FunctionLife {
  readonly #world: FakeWorld;
  /** The owner of what it takes; `null`: not judged. */
  readonly #owner: string | null;
  readonly #startedAtMs: number;
  #isOver = false;

  constructor(world: FakeWorld, owner: string | null) {
    this.#world = world;
    this.#owner = owner;
    this.#startedAtMs = world.nowMs;
    if (owner !== null) world.etcd.actor = owner;
  }

  /** It was killed. */
  get isOver(): boolean {
    return this.#isOver;
  }

  end(because: string): never {
    this.#isOver = true;
    throw new Killed(because);
  }

  /** With a watch, the judge hears what is asked of the world, and what is answered. */
  ports(watch: PassWatch | null): Ports {
    const world = this.#world;
    const { services } = world;
    const unheard: Gate = async (call, given) => this.#send(call, given);
    const send: Send = (call, given) => this.#send(call, given);
    const heard: Gate =
      watch === null ? unheard : (call, given) => world.judge.hear(watch, call, given, send);
    return {
      scaling: gated(services.scaling, heard),
      machines: gated(services.machines, heard),
      stacks: gated(services.stacks, heard),
      parameters: gated(services.parameters, heard),
      secrets: gated(services.secrets, unheard),
      queue: gated(services.queue, unheard),
      events: gated(services.events, unheard),
      clock: { nowMs: () => world.nowMs + world.skewMs, sleep: async () => world.tick() },
      uniqueToken: () => world.uniqueToken(),
      openEtcd: () => gated(services.etcd, heard),
      objectsIn: () => gated(services.objects, unheard),
      recovery: { bucketName: (name) => name ?? BUCKET, ...gated(services.captures, unheard) },
    };
  }

  /** Throws at once what stands in the place of the call. */
  #send(call: Call, given: readonly unknown[]): unknown {
    if (this.#world.rivalInCalls > 0) return this.#sendSecond(call, given);
    this.#before(call);
    this.#world.judge.effect(this.#owner, call.name, given);
    return call.send(...given);
  }

  async #sendSecond(call: Call, given: readonly unknown[]): Promise<unknown> {
    await this.#giveWay(call.name);
    this.#before(call);
    this.#world.judge.effect(this.#owner, call.name, given);
    return call.send(...given);
  }

  /**
   * Of two functions at once, the other one comes first at times, and does all that it can. A call that
   * was kept waiting beyond its deadline is given up, and never sent.
   */
  async #giveWay(call: string): Promise<void> {
    const world = this.#world;
    const beganAtMs = world.nowMs;
    world.rivalInCalls -= 1;
    if (world.rivalInCalls > 0 || this.#isOver) return;
    await world.pass().catch((error: unknown) => {
      if (!(error instanceof Killed)) throw error;
    });
    if (world.nowMs - beganAtMs < DEADLINE_MS) return;
    const code = call.startsWith('etcd.') ? 'ETCD_UNAVAILABLE' : 'AWS_UNAVAILABLE';
    throw new OperationError(code, 'nextLook', `${call} ran into its deadline`);
  }

  /** Which may throw in the place of the call. Of functions that run side by side, this one is heard now. */
  #before({ name: call, port, method }: Call): void {
    const world = this.#world;
    world.life = this;
    if (this.#owner !== null) world.etcd.actor = this.#owner;
    if (this.#isOver) throw new Killed(call);
    if (world.nowMs - this.#startedAtMs >= world.lifeSeconds * 1_000) this.end('its time is over');
    world.interfere(call);
    for (const trouble of world.troubles) {
      const error = trouble(call);
      if (error !== null) throw error;
    }
    if (world.failing.size === 0) return;
    const fails = world.failing.get(call) ?? world.failing.get(method) ?? world.failing.get(port);
    const error = fails?.() ?? null;
    if (error !== null) throw error;
  }
}

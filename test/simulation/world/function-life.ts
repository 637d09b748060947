import { OperationError } from '../../../functions/core/errors.ts';
import type { Ports } from '../../../functions/engine/ports.ts';
import { openFakeEtcd } from '../etcd/fake-etcd-port.ts';
import { awsPorts } from './fake-ports.ts';
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

  ports(): Ports {
    const world = this.#world;
    const aws = awsPorts(world);
    return {
      scaling: this.#guarded(aws.scaling, 'scaling'),
      machines: this.#guarded(aws.machines, 'machines'),
      stacks: this.#guarded(aws.stacks, 'stacks'),
      parameters: this.#guarded(aws.parameters, 'parameters'),
      secrets: this.#guarded(aws.secrets, 'secrets'),
      queue: this.#guarded(aws.queue, 'queue'),
      events: this.#guarded(aws.events, 'events'),
      clock: { nowMs: () => world.nowMs + world.skewMs, sleep: async () => world.tick() },
      uniqueToken: () => world.uniqueToken(),
      openEtcd: () => this.#guarded(openFakeEtcd(world.etcd), 'etcd'),
    };
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
  #before(call: string, port: string, method: string): void {
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

  /** Stands before every call. */
  #guarded<T extends object>(port: T, name: string): T {
    const methods = new Map<string | symbol, unknown>();
    return new Proxy(port, {
      get: (target, key) => {
        const known = methods.get(key);
        if (known !== undefined) return known;
        const method: unknown = Reflect.get(target, key);
        if (typeof method !== 'function' || key === 'close') return method;
        const call = `${name}.${String(key)}`;
        const guard = async (...given: readonly unknown[]) => {
          if (this.#world.rivalInCalls > 0) await this.#giveWay(call);
          this.#before(call, name, String(key));
          this.#world.judge.effect(this.#owner, call, given);
          return Reflect.apply(method, target, given);
        };
        methods.set(key, guard);
        return guard;
      },
    });
  }
}

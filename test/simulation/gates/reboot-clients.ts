import { OperationError } from '../../../functions/core/errors.ts';
import { KEY, MEMBERS } from '../../../functions/core/names.ts';
import { decodeRebootLock, encodeRebootLock, withoutHolders } from '../../../functions/core/reboot/lock.ts';
import { answerClient } from '../../../functions/engine/reboot/gate.ts';
import type { RebootPorts } from '../../../functions/engine/reboot/ports.ts';
import { FunctionLife, Killed } from '../world/function-life.ts';
import { isInService } from '../world/instance.ts';
import { CLUSTER } from '../world/state.ts';
import type { GatesWorld } from './gates-world.ts';

type Step = 'asking' | 'rebooting' | 'givingBack' | 'dead' | 'done';

interface Client {
  readonly id: string;
  /** It dies as soon as it has the lock. */
  readonly dies: boolean;
  readonly rebootSeconds: number;
  step: Step;
  isBusy: boolean;
  dueAtMs: number;
  readonly sinceMs: number;
  diedAtMs: number;
}

const FUNCTION_MS = 20_000;
const ASK_EVERY_MS = 7_000;
const BLAMED_AFTER_MS = 30_000;
/** Where nobody may ever reboot, a person is asked. */
const PATIENCE_MS = 900_000;
/** An operator who reads the alarm; no reboot takes so long. */
const RELEASED_AFTER_MS = 240_000;

/** Clients of the reboot gate on members, served by the real one. */
export class RebootClients {
  readonly #world: GatesWorld;
  readonly #clients: Client[] = [];
  #serial = 0;
  readonly counts = { granted: 0, refused: 0, released: 0 };

  constructor(world: GatesWorld) {
    this.#world = world;
  }

  add(id: string, rebootSeconds: number, dies: boolean): void {
    if (this.#clients.some((one) => one.id === id && one.step !== 'done')) return;
    const { nowMs } = this.#world;
    this.#clients.push({
      id,
      dies,
      rebootSeconds,
      step: 'asking',
      isBusy: false,
      dueAtMs: nowMs,
      sinceMs: nowMs,
      diedAtMs: 0,
    });
  }

  unfinished(): readonly string[] {
    return this.#clients.filter(({ step }) => step !== 'done').map(({ id, step }) => `${id} is ${step}`);
  }

  tick(): void {
    if (this.#clients.length === 0) return;
    this.#judgeHolders();
    for (const client of this.#clients) if (!client.isBusy) this.#goOn(client);
  }

  /** T5: of the members never two at a time. */
  #judgeHolders(): void {
    const { holders } = decodeRebootLock(this.#world.etcd.keys.get(KEY.reboots + MEMBERS) ?? null);
    if (holders.length > 1)
      this.#world.break('T5', `${holders.map(({ instanceId }) => instanceId)} hold the lock for reboots`);
    const down = this.#clients.filter(({ step }) => step === 'rebooting');
    if (down.length > 1) this.#world.break('T5', `${down.map(({ id }) => id)} reboot at once`);
  }

  #goOn(client: Client): void {
    const world = this.#world;
    const instance = world.instance(client.id);
    if (client.step === 'done' || world.nowMs < client.dueAtMs) return;
    if (client.step === 'dead') {
      if (world.nowMs - client.diedAtMs >= RELEASED_AFTER_MS) this.#releaseByHand(client);
      return;
    }
    // One that was detached runs on, and gives its lock back.
    if (instance.state !== 'running' || world.isTearingDown()) {
      client.step = 'done';
      return;
    }
    if (client.step === 'rebooting') {
      if (world.nowMs >= instance.upAtMs) client.step = 'givingBack';
      return;
    }
    const givesUp = !isInService(instance) || world.nowMs - client.sinceMs >= PATIENCE_MS;
    if (client.step === 'asking' && givesUp) client.step = 'done';
    else this.#ask(client);
  }

  #ask(client: Client): void {
    const world = this.#world;
    client.isBusy = true;
    client.dueAtMs = world.nowMs + ASK_EVERY_MS;
    this.#serial += 1;
    const owner = `reboot-${this.#serial}`;
    const operation = client.step === 'asking' ? 'lock' : 'unlock';
    world.errands.start(async () => {
      try {
        const turn = { ports: portsOf(world, owner), owner, deadlineMs: world.nowMs + FUNCTION_MS };
        const outcome = await answerClient(turn, CLUSTER, { operation, group: MEMBERS, id: client.id });
        if (outcome.refusal !== null) this.counts.refused += 1;
        else if (operation === 'lock') this.#granted(client, outcome.kind === 'granted');
        else {
          this.counts.released += 1;
          client.step = 'done';
        }
      } catch (error) {
        if (!(error instanceof OperationError) && !(error instanceof Killed)) throw error;
      } finally {
        client.isBusy = false;
      }
    });
  }

  /** T5: not while the cluster could not bear it, at any look that the grant could come from. */
  #granted(client: Client, isNew: boolean): void {
    const world = this.#world;
    this.counts.granted += 1;
    world.truth.sample(world);
    const weakMs = world.nowMs - world.truth.heldAtMs;
    if (isNew && weakMs > BLAMED_AFTER_MS)
      world.break('T5', `${client.id} may reboot, and the cluster has been weak for ${weakMs} ms`);
    world.reboot(client.id, client.rebootSeconds);
    client.step = client.dies ? 'dead' : 'rebooting';
    client.diedAtMs = world.nowMs;
  }

  #releaseByHand(client: Client): void {
    const { keys } = this.#world.etcd;
    const key = KEY.reboots + MEMBERS;
    const lock = decodeRebootLock(keys.get(key) ?? null);
    const text = encodeRebootLock(withoutHolders(lock, [client.id]));
    if (text === null) keys.delete(key);
    else keys.set(key, text);
    client.step = 'done';
  }
}

/** Unwatched: what it reads is judged by what it grants. Its clock is that of all who work side by side. */
function portsOf(world: GatesWorld, owner: string): RebootPorts {
  const ports = new FunctionLife(world, owner).ports(null);
  return {
    ...ports,
    clock: { nowMs: () => world.nowMs + world.skewMs, sleep: world.errands.clock.sleep },
    openEtcd: (access) => ({
      ...ports.openEtcd(access),
      range: async () => ({ values: new Map(), revision: '1' }),
    }),
  };
}

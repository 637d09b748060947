import { OperationError } from '../../../functions/core/errors.ts';
import { isRecord } from '../../../functions/core/json.ts';
import type { PermitLease } from '../../../functions/core/ports.ts';
import type { RecoveryPort } from '../../../functions/core/recovery/port.ts';
import type { Ports } from '../../../functions/engine/ports.ts';
import { Killed } from '../world/fake-world.ts';

/** `killed`: the function dies right after an effect. `replyLost`: the effect stands, and the function hears an error. */
export type Fault = 'killed' | 'replyLost';

export const FAULTS: readonly Fault[] = ['killed', 'replyLost'];

/** Whatever a function does to the world, by port: heartbeats, the permit, its memory, messages and events too. */
const EFFECTS: Readonly<Record<string, readonly string[]>> = {
  scaling: ['heartbeat', 'complete', 'reportUnhealthy', 'endInstance', 'cancelRefresh', 'tagGroup'],
  stacks: ['signal'],
  parameters: ['create', 'write', 'remove'],
  queue: ['askForLook', 'keepUnreadable'],
  events: ['publish'],
  etcd: [
    'write',
    'swap',
    'addLearner',
    'promote',
    'remove',
    'moveLeader',
    'takePermit',
    'renewPermit',
    'releasePermit',
    'compact',
    'defragment',
    'disarm',
  ],
  captures: ['askForCapture'],
};

/** Every kind of effect that a function of a cluster can have. */
export const EFFECT_KINDS: readonly string[] = Object.entries(EFFECTS).flatMap(([port, methods]) =>
  methods.map((method) => `${port}.${method}`),
);

/** One function: when it is dead, nothing that it still calls is heard. */
interface Life {
  isOver: boolean;
}

/** Counts the effects of functions, and lets one of them end in a fault. */
export class Crash {
  /** Names of the effects since the last `arm`, in their order. */
  readonly effects: string[] = [];
  /** The effect that the fault met; `null`: none yet. */
  hit: string | null = null;
  /** The permit that was taken last and not given back, by whomever; `null`: none. */
  lease: PermitLease | null = null;
  #fault: Fault = 'killed';
  #isDue: () => boolean = () => false;
  #functionCount = 0;

  /** From now on the `k`-th effect ends in `fault`; without `k`, none does. */
  arm(fault: Fault, k?: number): void {
    this.#arm(fault, () => this.effects.length === k);
  }

  /** The same, of the `nth` effect of that name: what else comes before it may differ from run to run. */
  armAt(fault: Fault, name: string, nth: number): void {
    const countOf = () => this.effects.filter((effect) => effect === name).length;
    this.#arm(fault, () => this.effects.at(-1) === name && countOf() === nth);
  }

  #arm(fault: Fault, isDue: () => boolean): void {
    this.effects.length = 0;
    this.hit = null;
    this.#fault = fault;
    this.#isDue = isDue;
  }

  /** The ports of one function that may die. */
  wrap(ports: Ports): Ports {
    const life: Life = { isOver: false };
    this.#functionCount += 1;
    const token = `token${this.#functionCount}`;
    return {
      scaling: this.#watched('scaling', ports.scaling, life),
      machines: this.#watched('machines', ports.machines, life),
      stacks: this.#watched('stacks', ports.stacks, life),
      parameters: this.#watched('parameters', ports.parameters, life),
      secrets: this.#watched('secrets', ports.secrets, life),
      queue: this.#watched('queue', ports.queue, life),
      events: this.#watched('events', ports.events, life),
      clock: this.#watched('clock', ports.clock, life),
      uniqueToken: () => token,
      openEtcd: (access) => this.#watched('etcd', ports.openEtcd(access), life),
      objectsIn: (bucket) => this.#watched('objects', ports.objectsIn(bucket), life),
      ...(ports.recovery === undefined ? {} : { recovery: this.#captures(ports.recovery, life) }),
    };
  }

  #captures(recovery: RecoveryPort, life: Life): RecoveryPort {
    const { askForCapture } = this.#watched('captures', recovery, life);
    return { bucketName: (bucket) => recovery.bucketName(bucket), askForCapture };
  }

  #watched<T extends object>(port: string, target: T, life: Life): T {
    const effects = EFFECTS[port] ?? [];
    return new Proxy(target, {
      get: (_target, name) => {
        const method: unknown = Reflect.get(target, name);
        if (typeof method !== 'function' || name === 'close' || name === 'nowMs') return method;
        return async (...given: readonly unknown[]) => {
          const call = `${port}.${String(name)}`;
          if (life.isOver) throw new Killed(call);
          const answer: unknown = await Reflect.apply(method, target, given);
          if (call === 'etcd.takePermit') this.lease = isLease(answer) ? answer : this.lease;
          if (call === 'etcd.releasePermit') this.lease = null;
          if (effects.includes(String(name))) this.#note(nameOf(call, given), life);
          return answer;
        };
      },
    });
  }

  #note(name: string, life: Life): void {
    this.effects.push(name);
    if (!this.#isDue()) return;
    this.hit = name;
    if (this.#fault === 'killed') {
      life.isOver = true;
      throw new Killed(name);
    }
    const code = name.startsWith('etcd.') ? 'ETCD_UNAVAILABLE' : 'AWS_UNAVAILABLE';
    throw new OperationError(code, 'nextLook', `the reply to ${name} was lost`);
  }
}

const isLease = (answer: unknown): answer is PermitLease =>
  isRecord(answer) && typeof answer['leaseId'] === 'string' && typeof answer['owner'] === 'string';

/** Parameters by their names within the cluster, tickets without their instance: so they can be counted and demanded. */
function nameOf(call: string, [about]: readonly unknown[]): string {
  if (!call.startsWith('parameters.')) return call;
  const first: unknown = Array.isArray(about) ? about[0] : about;
  return `${call} ${String(first).split('/')[3] ?? ''}`;
}

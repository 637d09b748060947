import type { EtcdPort, Probe } from '../../../functions/core/ports.ts';
import type { KeyChange, KeyPort, KeySight } from '../../../functions/core/registry/key-port.ts';
import type { Worker } from './crowd.ts';
import type { VirtualTime } from './virtual-time.ts';

export const CLUSTER_ID = '4711';
/** One request within a region, and what a key more of an answer or a transaction adds. */
const CALL_MS = 5;
const KEYS_PER_MS = 100;
const MACHINE = /\/machines\/(i-[0-9a-f]+)$/;

/** Three voters that answer, and one store behind them. Whatever changes members is no part of a storm. */
export class StormEtcd {
  requests = 0;
  /** When the machine of an instance was first registered. */
  readonly registeredAtMs = new Map<string, number>();
  readonly removedAtMs = new Map<string, number>();
  readonly #time: VirtualTime;
  readonly #members: readonly Worker[];
  readonly #values = new Map<string, { readonly value: string; readonly revision: number }>();
  #revision = 1;

  constructor(time: VirtualTime, members: readonly Worker[]) {
    this.#time = time;
    this.#members = members;
  }

  /** A port for one pass. */
  open(): EtcdPort & KeyPort {
    return {
      probe: (endpoints) => this.#answer(0, () => endpoints.map((endpoint, at) => probeOf(endpoint, at))),
      members: () =>
        this.#answer(0, () =>
          this.#members.map(({ id, ip }, at) => ({
            id: String(at + 1),
            name: id,
            peerUrls: [`http://${ip}:2380`],
            clientUrls: [`http://${ip}:2379`],
            isLearner: false,
          })),
        ),
      received: () => this.#answer(0, () => new Map()),
      read: (_endpoint, key) => this.#answer(0, () => this.#values.get(key)?.value ?? null),
      range: (_endpoint, prefixes) => this.#answer(this.#values.size, () => this.#range(prefixes)),
      commit: (_endpoint, changes, seen) =>
        this.#answer(changes.length, () => this.#commit(changes, Number(seen))),
      ownMembers: noPart,
      write: noPart,
      swap: noPart,
      addLearner: noPart,
      promote: noPart,
      remove: noPart,
      moveLeader: noPart,
      takePermit: noPart,
      renewPermit: noPart,
      releasePermit: noPart,
      alarms: noPart,
      disarm: noPart,
      compact: noPart,
      defragment: noPart,
      hashKv: noPart,
      countKeys: noPart,
      close: () => {},
    };
  }

  /** A put by itself, as a handler of one event would send it. */
  put(key: string, value: string | null): Promise<unknown> {
    return this.#answer(1, () => this.#commit([{ key, value }], this.#revision));
  }

  async #answer<Value>(keys: number, value: () => Value): Promise<Value> {
    this.requests += 1;
    await this.#time.sleep(CALL_MS + keys / KEYS_PER_MS);
    return value();
  }

  #range(prefixes: readonly string[]): KeySight {
    const found = [...this.#values].filter(([key]) => prefixes.some((prefix) => key.startsWith(prefix)));
    const values = new Map(found.map(([key, { value }]) => [key, value] as const));
    return { revision: String(this.#revision), values };
  }

  #commit(changes: readonly KeyChange[], seen: number): 'committed' | 'overtaken' {
    const isOvertaken = changes.some(({ key }) => (this.#values.get(key)?.revision ?? 0) > seen);
    if (isOvertaken) return 'overtaken';
    this.#revision += 1;
    for (const { key, value } of changes) {
      if (value === null) this.#values.delete(key);
      else this.#values.set(key, { value, revision: this.#revision });
      const id = MACHINE.exec(key)?.[1];
      if (id !== undefined) this.#note(id, value !== null);
    }
    return 'committed';
  }

  #note(id: string, isThere: boolean): void {
    if (!isThere) {
      this.registeredAtMs.delete(id);
      this.removedAtMs.set(id, this.#time.nowMs());
    } else if (!this.registeredAtMs.has(id)) this.registeredAtMs.set(id, this.#time.nowMs());
  }
}

const noPart = (): Promise<never> => Promise.reject(new Error('nobody changes members in a storm'));

const probeOf = (endpoint: string, at: number): Probe => ({
  kind: 'status',
  endpoint,
  linearizable: true,
  status: {
    memberId: String(at + 1),
    clusterId: CLUSTER_ID,
    leaderId: '1',
    isLearner: false,
    raftIndex: '100',
    raftTerm: '2',
    version: '3.6.14',
    appliedIndex: '100',
    revision: '100',
    dbSizeBytes: 20_480,
    dbSizeInUseBytes: 20_480,
    errors: [],
  },
});

import { setTimeout as sleep } from 'node:timers/promises';
import type { EtcdHttp } from '../../infra/demo/etcd-http.ts';

const WRITE_EVERY_MS = 100;
const WRITE_DEADLINE_MS = 400;
const MORE_WITHIN_MS = 15_000;
const PREFIX = '/load/';

/** Where the load is written to. */
export type Store = Pick<EtcdHttp, 'put' | 'readAll' | 'close'>;

/**
 * A client that writes a new key ten times a second, at the endpoint that worked last,
 * and remembers what etcd acknowledged.
 */
export class Load {
  readonly #http: Store;
  readonly #endpoints: () => readonly string[];
  readonly #acknowledged: string[] = [];
  readonly #running: Promise<void>;
  #isOver = false;
  #turn = 0;

  constructor(endpoints: () => readonly string[], store: Store) {
    this.#http = store;
    this.#endpoints = endpoints;
    this.#running = this.#run();
  }

  /** How many writes etcd acknowledged so far. */
  get count(): number {
    return this.#acknowledged.length;
  }

  /**
   * Resolves when one more write was acknowledged: the cluster takes writes.
   *
   * @throws {Error} none was, in a time that covers elections on a busy machine.
   */
  async more(): Promise<void> {
    const before = this.count;
    const untilMs = Date.now() + MORE_WITHIN_MS;
    while (this.count === before) {
      if (Date.now() > untilMs) throw new Error(`no write is acknowledged after ${before} of them`);
      await sleep(20);
    }
  }

  /** Acknowledged keys that are not there any more, read back from a majority. */
  async lost(): Promise<readonly string[]> {
    let last: unknown = new Error('no etcd runs');
    for (const endpoint of this.#endpoints()) {
      try {
        const present = await this.#http.readAll(endpoint, PREFIX);
        return this.#acknowledged.filter((key) => !present.has(key));
      } catch (error) {
        last = error;
      }
    }
    throw last;
  }

  async stop(): Promise<void> {
    this.#isOver = true;
    await this.#running;
  }

  close(): void {
    this.#http.close();
  }

  async #run(): Promise<void> {
    for (let serial = 0; !this.#isOver; serial += 1) {
      await this.#write(`${PREFIX}${serial}`);
      await sleep(WRITE_EVERY_MS);
    }
  }

  async #write(key: string): Promise<void> {
    const endpoints = this.#endpoints();
    const endpoint = endpoints[this.#turn % endpoints.length];
    if (endpoint === undefined) return;
    try {
      await this.#http.put(endpoint, key, 'written', WRITE_DEADLINE_MS);
      this.#acknowledged.push(key);
    } catch {
      this.#turn += 1;
    }
  }
}

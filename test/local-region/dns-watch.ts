import type { Resolver } from 'node:dns/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Region } from '../../infra/local/region.ts';

const ASK_EVERY_MS = 100;

interface Answer {
  readonly atMs: number;
  readonly addresses: readonly string[];
}

/** What a client saw of a name, beside what became of the machines. Times are of the monotonic clock. */
export interface Watched {
  readonly askedCount: number;
  /** Answers without a single address of a machine, failures included. */
  readonly emptyCount: number;
  /** By address: how long after the end of its machine a client could still have it from an answer; negative: it was gone before. */
  readonly staleMs: ReadonlyMap<string, number>;
  /** Longest time from the end of a machine to the last answer with its address. */
  readonly longestToldMs: number;
}

/** Asks for a name every 100 ms, as `dig` would, and looks at the machines of a group as often. */
export class DnsWatch {
  readonly #resolver: Resolver;
  readonly #name: string;
  readonly #region: Region;
  readonly #group: string;
  readonly #answers: Answer[] = [];
  readonly #machines = new Map<string, number | null>();
  #running: Promise<void> | null = null;
  #stopped = false;

  constructor(resolver: Resolver, name: string, region: Region, group: string) {
    this.#resolver = resolver;
    this.#name = name;
    this.#region = region;
    this.#group = group;
  }

  start(): void {
    this.#running ??= this.#run();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#running;
  }

  /** The last answer, in order. */
  now(): readonly string[] {
    return [...(this.#answers.at(-1)?.addresses ?? [])].sort();
  }

  /** The answers since a moment that had an address. */
  countSince(atMs: number, address: string): number {
    return this.#answers.filter((one) => one.atMs > atMs && one.addresses.includes(address)).length;
  }

  watched(ttlSeconds: number): Watched {
    const staleMs = new Map<string, number>();
    let longestToldMs = 0;
    for (const [address, endedMs] of this.#machines) {
      const told = this.#answers.filter((one) => one.addresses.includes(address)).at(-1);
      if (endedMs === null || told === undefined) continue;
      longestToldMs = Math.max(longestToldMs, told.atMs - endedMs);
      staleMs.set(address, Math.round(told.atMs + ttlSeconds * 1_000 - endedMs));
    }
    const isEmpty = ({ addresses }: Answer): boolean => !addresses.some((one) => this.#machines.has(one));
    const emptyCount = this.#answers.filter(isEmpty).length;
    return {
      askedCount: this.#answers.length,
      emptyCount,
      staleMs,
      longestToldMs: Math.round(longestToldMs),
    };
  }

  async #run(): Promise<void> {
    while (!this.#stopped) {
      const next = sleep(ASK_EVERY_MS);
      this.#look();
      const addresses = await this.#resolver.resolve4(this.#name).catch((): string[] => []);
      this.#answers.push({ atMs: performance.now(), addresses });
      await next;
    }
  }

  #look(): void {
    for (const one of this.#region.groups.instances()) {
      if (one.groupName !== this.#group) continue;
      const isThere = one.ec2State === 'pending' || one.ec2State === 'running';
      const known = this.#machines.get(one.address);
      if (isThere) this.#machines.set(one.address, null);
      else if (known === null) this.#machines.set(one.address, performance.now());
    }
  }
}

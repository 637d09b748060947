import { OperationError } from '../../functions/core/errors.ts';
import type { EtcdStatus } from '../../functions/core/etcd-status.ts';
import type { EtcdAlarm } from '../../functions/core/maintenance-port.ts';
import type { EtcdPort, MemberEntry, Probe } from '../../functions/core/ports.ts';

export interface Node {
  readonly name: string;
  readonly clientUrl: string;
  readonly peerUrl: string;
}

/** Three founders, of which the third has not started yet, and what else the contract needs of a world. */
export interface EtcdWorld {
  readonly version: string;
  readonly founders: readonly [Node, Node, Node];
  readonly token: string;
  /** Every call must show a user. */
  readonly hasUsers: boolean;
  /** Nodes that are no members; nothing runs there yet. The second one never runs. */
  readonly newcomer: Node;
  readonly later: Node;
  /** Nothing listens there. */
  readonly deadEndpoint: string;
  /** Takes connections and never answers. */
  readonly blackHoleEndpoint: string;
  openPort(deadlineMs: number): EtcdPort;
  /** By the clock of etcd's machines. */
  nowMs(): number;
  /** Lets time pass, also for leases and elections. */
  passSeconds(seconds: number): Promise<void>;
  /**
   * Starts the newcomer, which was added before, as `existing`, and tells it the members, or all but one
   * of them. Resolves, once that is clear, to whether it runs.
   */
  startNewcomer(told: 'everybody' | 'tooFew'): Promise<boolean>;
  /** Starts a founder, or the newcomer on the data that it left; resolves at once. */
  start(name: string): Promise<void>;
  /** Ends a process without notice. */
  kill(name: string): Promise<void>;
  /** Stops a process as SIGSTOP does, and lets it go on. */
  freeze(name: string): void;
  thaw(name: string): void;
  /** Has etcd raise an alarm, as it does by itself. */
  raise(alarm: EtcdAlarm): Promise<void>;
  end(): Promise<void>;
}

export const DEADLINE_MS = 5_000;
/** Where the deadline itself is what is asked for. */
export const HASTY_MS = 1_000;

/** One world for all parts of the contract, which build on each other. */
export class Stage {
  readonly #world: EtcdWorld;
  readonly port: EtcdPort;

  constructor(world: EtcdWorld) {
    this.#world = world;
    this.port = world.openPort(DEADLINE_MS);
  }

  get world(): EtcdWorld {
    return this.#world;
  }

  /** Every founder, that of the name last. */
  urlsOf(...names: readonly string[]): readonly string[] {
    return this.#world.founders.filter(({ name }) => names.includes(name)).map(({ clientUrl }) => clientUrl);
  }

  get urls(): readonly string[] {
    return this.#world.founders.map(({ clientUrl }) => clientUrl);
  }

  async statuses(urls = this.urls): Promise<readonly EtcdStatus[]> {
    return (await this.port.probe(urls)).map(statusOf);
  }

  /** The founder that leads, and those that follow, of these. */
  async roles(nodes: readonly Node[] = this.#world.founders): Promise<Roles> {
    return this.eventually(async () => {
      const probes = await this.port.probe(nodes.map(({ clientUrl }) => clientUrl));
      const members = nodes.flatMap((node, index) => {
        const probe = probes[index];
        return probe?.kind === 'status' && probe.linearizable ? [{ ...node, status: probe.status }] : [];
      });
      const leader = members.find(({ status }) => status.memberId === status.leaderId);
      if (leader === undefined || members.length < nodes.length) return null;
      const [first, second] = members.filter((member) => member !== leader);
      return first === undefined ? null : { leader, first, second: second ?? first };
    });
  }

  /** The first answer that is not null, within so many seconds of the world. */
  async eventually<T>(work: () => Promise<T | null>, seconds = 15): Promise<T> {
    const untilMs = this.#world.nowMs() + seconds * 1_000;
    while (this.#world.nowMs() < untilMs) {
      const answer = await work();
      if (answer !== null) return answer;
      await this.#world.passSeconds(0.1);
    }
    throw new Error(`it did not come about within ${seconds} s`);
  }

  /** A young cluster refuses for some seconds: those who count must have been connected for five. */
  addLearner(url: string, peerUrl: string): Promise<string> {
    return this.eventually(async () => {
      const outcome = await this.port.addLearner(url, peerUrl).catch((error: unknown) => error);
      if (typeof outcome === 'string') return outcome;
      if (wordsOf(outcome) !== 'unhealthy cluster') throw outcome;
      return null;
    });
  }

  async entry(url: string, id: string): Promise<MemberEntry | undefined> {
    return (await this.port.members(url)).find((member) => member.id === id);
  }
}

export interface Roles {
  readonly leader: Node & { readonly status: EtcdStatus };
  readonly first: Node & { readonly status: EtcdStatus };
  readonly second: Node & { readonly status: EtcdStatus };
}

export function statusOf(probe: Probe | undefined): EtcdStatus {
  if (probe?.kind !== 'status') throw new Error(`no status: ${JSON.stringify(probe)}`);
  return probe.status;
}

export const silenceOf = (probe: Probe | undefined): string | undefined =>
  probe?.kind === 'silent' ? probe.because : probe?.kind;

export async function failureOf(work: Promise<unknown>): Promise<OperationError> {
  const error: unknown = await work.then(
    () => null,
    (reason: unknown) => reason,
  );
  if (!(error instanceof OperationError)) throw new Error(`no OperationError: ${String(error)}`);
  return error;
}

/** etcd's own words. */
export function wordsOf(error: unknown): unknown {
  return error instanceof OperationError ? error.context['text'] : error;
}

/** What a refusal with these words looks like to the engine. */
export const refusal =
  (...texts: readonly string[]) =>
  (error: OperationError) =>
    error.code === 'ETCD_REFUSED' && error.retry === 'nextLook' && texts.includes(String(wordsOf(error)));

export const UNAVAILABLE = { code: 'ETCD_UNAVAILABLE', retry: 'nextLook' } as const;
export const REFUSED = { code: 'ETCD_REFUSED', retry: 'nextLook' } as const;

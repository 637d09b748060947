import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type FakeInstance, instanceIdOf } from '../simulation/world/fake-world.ts';
import { EtcdProcess, etcdBinDir } from './etcd-process.ts';
import { listening, Relay } from './relay.ts';
import { TlsGround } from './tls-ground.ts';

export interface HostsOptions {
  /** Peers reach each other through relays, which can be slow or torn. */
  readonly relayed?: boolean;
  /** Further flags of every etcd. */
  readonly flags?: readonly string[];
  /** They speak TLS below this domain. */
  readonly domain?: string;
}

/** How many machines of a world with TLS may have names. */
const NAMES = 30;

/** Where there is a file system in memory, no etcd waits for a disk that others keep busy. */
const MEMORY = '/dev/shm';

/** Behind a relay etcd listens here for its peers. */
const PEER_PORT = 2380;
const RELAYED_PEER_PORT = 12_380;

/** The machines of one world: a network of their own, and a real etcd on each. */
export class RealHosts {
  readonly network: string;
  readonly binDir: string;
  /** The etcd of those that start from now on; `null`: that of all. */
  next: { readonly dir: string; readonly version: string } | null = null;
  /** `null`: plain http. */
  readonly ground: TlsGround | null;
  readonly #claim: Server;
  readonly #dir: string;
  readonly #options: HostsOptions;
  readonly #running = new Map<string, EtcdProcess>();
  readonly #relays = new Map<string, Promise<Relay>>();
  readonly #strangers = new Set<EtcdProcess>();
  readonly #ending: Promise<unknown>[] = [];

  private constructor(
    network: string,
    claim: Server,
    dir: string,
    binDir: string,
    options: HostsOptions,
    ground: TlsGround | null,
  ) {
    this.network = network;
    this.#claim = claim;
    this.#dir = dir;
    this.binDir = binDir;
    this.#options = options;
    this.ground = ground;
  }

  static async open(options: HostsOptions): Promise<RealHosts> {
    const { network, server } = await claimNetwork();
    const dir = await mkdtemp(join(existsSync(MEMORY) ? MEMORY : tmpdir(), 'etcd-autopilot-world-'));
    const ground =
      options.domain === undefined ? null : await TlsGround.make(options.domain, namesIn(network));
    return new RealHosts(network, server, dir, await etcdBinDir(), options, ground);
  }

  async close(): Promise<void> {
    for (const id of [...this.#running.keys()]) this.stop(id);
    await Promise.all(this.#ending);
    await rm(this.#dir, { recursive: true, force: true });
    await this.ground?.end();
    await new Promise((resolve) => this.#claim.close(resolve));
  }

  has(id: string): boolean {
    const process = this.#running.get(id);
    return process !== undefined && !process.hasQuit;
  }

  /** Its etcd gave up before it had written anything: a first start that failed, which no ticket repeats. */
  hasFailedToStart(id: string): boolean {
    const process = this.#running.get(id);
    return process?.hasQuit === true && !existsSync(join(process.settings.dir, 'data', 'member', 'wal'));
  }

  get(id: string): EtcdProcess {
    const process = this.#running.get(id);
    if (process === undefined) throw new Error(`no etcd runs on ${id}`);
    return process;
  }

  /** Resolves when the etcd of this instance serves. */
  async ready(id: string): Promise<void> {
    await Promise.all(this.#ending); // the start that a tick began, among them
    await this.get(id).ready();
  }

  all(): readonly (readonly [id: string, process: EtcdProcess])[] {
    return [...this.#running];
  }

  /** The etcd of this instance is of its cluster, runs, and nothing keeps it from answering. */
  isAwake(id: string): boolean {
    const process = this.#running.get(id);
    return process?.isAwake === true && !this.#strangers.has(process);
  }

  /** The folder of one member's data on one instance. */
  folder(id: string, memberId: string): string {
    return join(this.#dir, `${id}-${memberId}`);
  }

  start(instance: FakeInstance, ticket: ReadonlyMap<string, string>): void {
    const { relayed = false, flags = [] } = this.#options;
    const process = new EtcdProcess({
      name: instance.id,
      address: instance.address,
      dir: this.folder(instance.id, ticket.get('AUTOPILOT_MEMBER_ID') ?? ''),
      binDir: this.next?.dir ?? this.binDir,
      initialCluster: ticket.get('ETCD_INITIAL_CLUSTER') ?? '',
      initialState: ticket.get('ETCD_INITIAL_CLUSTER_STATE') === 'new' ? 'new' : 'existing',
      token: ticket.get('ETCD_INITIAL_CLUSTER_TOKEN') ?? '',
      flags,
      ...(this.ground === null ? {} : { tls: this.ground.tls }),
      ...(relayed ? { peerListenPort: RELAYED_PEER_PORT } : {}),
    });
    this.#running.set(instance.id, process);
    if (relayed && !this.#relays.has(instance.id)) this.#relays.set(instance.id, openRelay(instance.address));
    this.#ending.push(process.start());
  }

  /** An etcd that nobody's ticket started, of this cluster. */
  adopt(id: string, process: EtcdProcess): void {
    this.#running.set(id, process);
  }

  /** An etcd of somebody else's cluster runs on this machine from now on. */
  putStranger(id: string, process: EtcdProcess): void {
    this.#strangers.add(process);
    this.#running.set(id, process);
  }

  stop(id: string): void {
    const process = this.#running.get(id);
    this.#running.delete(id);
    if (process !== undefined) this.#ending.push(process.kill());
    const relay = this.#relays.get(id);
    this.#relays.delete(id);
    if (relay !== undefined) this.#ending.push(relay.then((open) => open.close()));
  }

  async relayOf(id: string): Promise<Relay> {
    const relay = await this.#relays.get(id);
    if (relay === undefined) throw new Error(`no relay stands before ${id}`);
    return relay;
  }

  relays(): Promise<readonly Relay[]> {
    return Promise.all(this.#relays.values());
  }
}

/** As the world numbers its instances and their addresses: Go believes a hosts file for five seconds, so all stand in it early. */
const namesIn = (network: string): ReadonlyMap<string, string> =>
  new Map(
    Array.from(
      { length: NAMES },
      (_, index) => [instanceIdOf(index + 1), `${network}.${index + 2}`] as const,
    ),
  );

const openRelay = (address: string): Promise<Relay> =>
  Relay.open({ address, port: PEER_PORT, targetPort: RELAYED_PEER_PORT });

const NETWORKS = 256;
/** Whoever listens here has the network; no machine has this address. */
const CLAIM = { host: 254, port: 2379 };

/** A network of loopback addresses that no other world has, of this process or of another. */
async function claimNetwork(): Promise<{ readonly network: string; readonly server: Server }> {
  const first = Math.floor(Math.random() * NETWORKS);
  for (let index = 0; index < NETWORKS; index += 1) {
    const network = `127.47.${(first + index) % NETWORKS}`;
    const server = createServer();
    try {
      await listening(server, CLAIM.port, `${network}.${CLAIM.host}`);
      return { network, server };
    } catch {
      // Somebody else's: the next one.
    }
  }
  throw new Error('no loopback network is free');
}

import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { View } from '../demo/look.ts';
import { withoutEtcdSettings } from '../etcd/run.ts';
import type { Guard } from '../local/guard.ts';

export interface FloorPlace {
  /** Folder with etcd. */
  readonly etcdDir: string;
  /** Data and logs lie below. */
  readonly dir: string;
  readonly flags: Readonly<Record<string, string>>;
  readonly guard: Guard;
}

/** How a member begins. */
export interface Beginning {
  readonly initialCluster: string;
  readonly state: 'new' | 'existing';
  readonly token: string;
}

/** One plain etcd on an address of its own. Its data stays, so `start` after `kill` is a restart. */
export class FloorMember {
  readonly name: string;
  readonly address: string;
  readonly #place: FloorPlace;
  #beginning: Beginning | null = null;
  #child: ChildProcess | null = null;

  constructor(place: FloorPlace, name: string, address: string) {
    this.#place = place;
    this.name = name;
    this.address = address;
  }

  get clientUrl(): string {
    return `http://${this.address}:2379`;
  }

  get peerUrl(): string {
    return `http://${this.address}:2380`;
  }

  get isRunning(): boolean {
    return this.#child !== null;
  }

  get view(): View {
    const ec2State = this.isRunning ? 'running' : 'terminated';
    return { id: this.name, group: 'floor', address: this.address, zone: '', state: 'InService', ec2State };
  }

  /** Returns at once. */
  start(beginning: Beginning | null = this.#beginning): void {
    if (beginning === null) throw new Error(`${this.name} has never begun`);
    this.#beginning = beginning;
    const { etcdDir, dir, flags, guard } = this.#place;
    mkdirSync(dir, { recursive: true });
    const log = openSync(join(dir, `${this.name}.log`), 'a');
    const child = spawn(join(etcdDir, 'etcd'), [], {
      stdio: ['ignore', log, log],
      detached: true,
      env: { ...withoutEtcdSettings(process.env), ...flags, ...this.#own(beginning) },
    });
    closeSync(log);
    this.#child = child;
    const { pid } = child;
    if (pid !== undefined) guard.watch(pid);
    const forget = (): void => {
      if (pid !== undefined) guard.forget(pid);
      if (this.#child === child) this.#child = null;
    };
    child.once('exit', forget).once('error', forget);
  }

  /** Without notice; resolves when it has ended. */
  async kill(): Promise<void> {
    const child = this.#child;
    if (child === null) return;
    const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
    child.kill('SIGKILL');
    this.#child = null;
    await ended;
  }

  /** Ends it and deletes its data. */
  async discard(): Promise<void> {
    await this.kill();
    await rm(this.#dataDir, { recursive: true, force: true });
  }

  get #dataDir(): string {
    return join(this.#place.dir, this.name);
  }

  #own({ initialCluster, state, token }: Beginning): Readonly<Record<string, string>> {
    return {
      ETCD_NAME: this.name,
      ETCD_DATA_DIR: this.#dataDir,
      ETCD_LISTEN_CLIENT_URLS: this.clientUrl,
      ETCD_ADVERTISE_CLIENT_URLS: this.clientUrl,
      ETCD_LISTEN_PEER_URLS: this.peerUrl,
      ETCD_INITIAL_ADVERTISE_PEER_URLS: this.peerUrl,
      ETCD_INITIAL_CLUSTER: initialCluster,
      ETCD_INITIAL_CLUSTER_STATE: state,
      ETCD_INITIAL_CLUSTER_TOKEN: token,
    };
  }
}

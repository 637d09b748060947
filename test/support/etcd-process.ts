import { type ChildProcess, spawn } from 'node:child_process';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { isRecord } from '../../functions/core/json.ts';
import { withoutEtcdSettings } from '../../infra/etcd/run.ts';
import { noteAnswer, testEtcd } from './answering-etcd.ts';

export interface EtcdSettings {
  readonly name: string;
  /** Loopback address of its own; ports 2379 and 2380 there. */
  readonly address: string;
  /** Holds the data directory; made if absent, never cleaned. */
  readonly dir: string;
  /** Folder with the `etcd` binary, see `etcdBinDir`. */
  readonly binDir: string;
  /** `name=peerUrl,…` */
  readonly initialCluster: string;
  readonly initialState: 'new' | 'existing';
  readonly token: string;
  readonly flags?: readonly string[];
  /** Where it listens for peers instead of 2380, because something else listens there for it. */
  readonly peerListenPort?: number;
}

export const clientUrlOf = (address: string): string => `http://${address}:2379`;
export const peerUrlOf = (address: string): string => `http://${address}:2380`;

/**
 * The `index`-th (0 to 15) loopback address of this test process: two runs at
 * once, of one machine, do not meet.
 */
export function loopback(index: number): string {
  const host = (process.pid * 16 + index) % 65_536;
  return `127.20.${host >> 8}.${host & 255}`;
}

/** The etcd to test with; another one by `ETCD_AUTOPILOT_TEST_ETCD=<folder> npx vitest run …`. */
export async function etcdBinDir(): Promise<string> {
  return (await testEtcd()).dir;
}

const READY_WITHIN_MS = 20_000;
const LOG_CHARS_MAX = 4_000;

/** Ended with us, whatever the test run came to. */
const running = new Set<ChildProcess>();
process.once('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

/**
 * One real etcd on an address of its own. Its data directory stays, so `start`
 * after `stop` or `kill` is a restart of the same member.
 */
export class EtcdProcess {
  readonly settings: EtcdSettings;
  readonly clientUrl: string;
  readonly peerUrl: string;
  #child: ChildProcess | null = null;
  #log = '';
  #isFrozen = false;
  #hasQuit = false;

  constructor(settings: EtcdSettings) {
    this.settings = settings;
    this.clientUrl = clientUrlOf(settings.address);
    this.peerUrl = peerUrlOf(settings.address);
  }

  /** The end of what it wrote, for messages of failing tests. */
  get log(): string {
    return this.#log;
  }

  get isRunning(): boolean {
    return this.#child !== null;
  }

  /** It runs, and nothing of ours keeps it from answering. */
  get isAwake(): boolean {
    return this.#child !== null && !this.#isFrozen;
  }

  /** It ended without being told to, as a member does that was removed. */
  get hasQuit(): boolean {
    return this.#hasQuit;
  }

  /** Starts it; returns at once. Founders wait for each other: start all, then `ready` each. */
  async start(): Promise<void> {
    if (this.#child !== null) throw new Error(`${this.settings.name} runs already`);
    await mkdir(this.settings.dir, { recursive: true });
    const child = spawn(join(this.settings.binDir, 'etcd'), argumentsOf(this.settings), {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: withoutEtcdSettings(process.env),
    });
    const note = (chunk: Buffer) => {
      this.#log = (this.#log + chunk.toString()).slice(-LOG_CHARS_MAX);
    };
    child.stdout.on('data', note);
    child.stderr.on('data', note);
    running.add(child);
    this.#child = child;
    this.#hasQuit = false;
    const forget = () => {
      running.delete(child);
      if (this.#child !== child) return;
      this.#child = null;
      this.#hasQuit = true;
    };
    child.once('error', forget).once('exit', forget);
  }

  /** Resolves when it serves clients: as a voter with a leader, or as a learner. */
  async ready(): Promise<void> {
    const untilMs = Date.now() + READY_WITHIN_MS;
    while (Date.now() < untilMs) {
      const isHealthy = await answersHealthy(this.clientUrl);
      if (this.#child === null) break; // whoever answers there is not this one
      if (isHealthy) return noteAnswer(await versionAt(this.clientUrl));
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    throw new Error(`${this.settings.name} does not serve. The end of its log:\n${this.#log}`);
  }

  /** Asks it to end, and waits until it has. */
  stop(): Promise<void> {
    return this.#end('SIGTERM');
  }

  /** Ends it without notice. */
  kill(): Promise<void> {
    return this.#end('SIGKILL');
  }

  /** Its sockets stay open and nothing answers: a host that hangs. */
  freeze(): void {
    this.#isFrozen = true;
    this.#child?.kill('SIGSTOP');
  }

  thaw(): void {
    this.#isFrozen = false;
    this.#child?.kill('SIGCONT');
  }

  async #end(signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
    const child = this.#child;
    if (child === null) return;
    this.#child = null;
    this.#isFrozen = false;
    const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
    child.kill('SIGCONT');
    child.kill(signal);
    const patience = setTimeout(() => child.kill('SIGKILL'), 5_000);
    await ended;
    clearTimeout(patience);
  }
}

export interface ClusterSettings {
  /** One founder per address, named `<prefix>-0`, `<prefix>-1`, … */
  readonly addresses: readonly string[];
  readonly prefix: string;
  readonly token: string;
  /** Each founder's data lies in a folder of its name below. */
  readonly dir: string;
  readonly binDir: string;
}

/** Founds a cluster and waits until every founder serves. */
export async function foundCluster(settings: ClusterSettings): Promise<readonly EtcdProcess[]> {
  const { addresses, prefix, token, dir, binDir } = settings;
  const initialCluster = addresses
    .map((address, index) => `${prefix}-${index}=${peerUrlOf(address)}`)
    .join(',');
  const founders = addresses.map((address, index) => {
    const name = `${prefix}-${index}`;
    return new EtcdProcess({
      name,
      address,
      dir: join(dir, name),
      binDir,
      initialCluster,
      initialState: 'new',
      token,
    });
  });
  await Promise.all(founders.map((founder) => founder.start()));
  await Promise.all(founders.map((founder) => founder.ready()));
  return founders;
}

function argumentsOf(settings: EtcdSettings): readonly string[] {
  const client = clientUrlOf(settings.address);
  const peer = peerUrlOf(settings.address);
  const { peerListenPort } = settings;
  const listenPeer = peerListenPort === undefined ? peer : peer.replace(/\d+$/, String(peerListenPort));
  return [
    `--name=${settings.name}`,
    `--data-dir=${join(settings.dir, 'data')}`,
    `--listen-client-urls=${client}`,
    `--advertise-client-urls=${client}`,
    `--listen-peer-urls=${listenPeer}`,
    `--initial-advertise-peer-urls=${peer}`,
    `--initial-cluster=${settings.initialCluster}`,
    `--initial-cluster-state=${settings.initialState}`,
    `--initial-cluster-token=${settings.token}`,
    '--pre-vote=true', // off by default in 3.4
    ...(settings.flags ?? []),
  ];
}

async function versionAt(clientUrl: string): Promise<string> {
  const response = await fetch(`${clientUrl}/version`, { signal: AbortSignal.timeout(1_000) });
  const answer: unknown = await response.json();
  return isRecord(answer) ? String(answer['etcdserver']) : 'that tells no version';
}

async function answersHealthy(clientUrl: string): Promise<boolean> {
  try {
    const response = await fetch(`${clientUrl}/health`, { signal: AbortSignal.timeout(1_000) });
    await response.arrayBuffer();
    return response.ok;
  } catch {
    return false;
  }
}

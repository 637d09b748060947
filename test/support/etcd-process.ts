import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { isRecord } from '../../functions/core/json.ts';
import { withoutEtcdSettings } from '../../infra/etcd/run.ts';
import { noteAnswer, testEtcd } from './answering-etcd.ts';
import { clientUrlUnder, commandOf, type EtcdSettings, peerUrlUnder } from './etcd-command.ts';
import { askWeb, type WebAnswer } from './etcd-web.ts';
import type { EtcdTls } from './tls-ground.ts';

export { clientUrlOf, type EtcdSettings, peerUrlOf } from './etcd-command.ts';

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
    this.clientUrl = clientUrlUnder(settings);
    this.peerUrl = peerUrlUnder(settings);
  }

  /** The end of what it wrote, for messages of failing tests. */
  get log(): string {
    return this.#log;
  }

  get isRunning(): boolean {
    return this.#child !== null;
  }

  /** Of its process; 0: it does not run. */
  get pid(): number {
    return this.#child?.pid ?? 0;
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
    const [program = '', ...args] = commandOf(this.settings);
    const child = spawn(program, args, {
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
      const isHealthy = await answersHealthy(this);
      if (this.#child === null) break; // whoever answers there is not this one
      if (isHealthy) return noteAnswer(await versionOf(this));
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
    awaitStopped(this.pid);
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
  readonly tls?: EtcdTls;
}

/** A process stops when it is next scheduled: on a busy machine it answers for a while yet. */
function awaitStopped(pid: number): void {
  const untilMs = performance.now() + 2_000;
  const isStopped = () => /^\d+ \(.*\) T /s.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  while (pid > 0 && performance.now() < untilMs && !isStopped())
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1);
}

/** Founds a cluster and waits until every founder serves. */
export async function foundCluster(settings: ClusterSettings): Promise<readonly EtcdProcess[]> {
  const founders = foundersOf(settings);
  await Promise.all(founders.map((founder) => founder.start()));
  await Promise.all(founders.map((founder) => founder.ready()));
  return founders;
}

/** The founders of a cluster, none of which runs yet. */
export function foundersOf(settings: ClusterSettings): readonly EtcdProcess[] {
  const { addresses, prefix, token, dir, binDir, tls } = settings;
  const secured = tls === undefined ? {} : { tls };
  const initialCluster = addresses
    .map((address, index) => ({ name: `${prefix}-${index}`, address, ...secured }))
    .map((named) => `${named.name}=${peerUrlUnder(named)}`)
    .join(',');
  return addresses.map((address, index) => {
    const name = `${prefix}-${index}`;
    return new EtcdProcess({
      name,
      address,
      dir: join(dir, name),
      binDir,
      initialCluster,
      initialState: 'new',
      token,
      ...secured,
    });
  });
}

async function versionOf(process: EtcdProcess): Promise<string> {
  const answer: unknown = JSON.parse((await askEtcd(process, '/version')).text);
  return isRecord(answer) ? String(answer['etcdserver']) : 'that tells no version';
}

const answersHealthy = (process: EtcdProcess): Promise<boolean> =>
  askEtcd(process, '/health').then(
    ({ ok }) => ok,
    () => false,
  );

const askEtcd = ({ clientUrl, settings }: EtcdProcess, path: string): Promise<WebAnswer> =>
  askWeb({ ...settings, clientUrl }, path);

import { type ChildProcess, spawn } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { encodeTicket, type Ticket } from '../../../functions/core/ticket.ts';
import { whereNamesResolve } from '../../../infra/local/namespace.ts';
import { FakeRegion } from './fake-region.ts';
import { renderUserData } from './user-data.ts';

export const INSTANCE = 'i-0aaaaaaaaaaaaaaa1';
export const TICKET_NAME = `/etcd-autopilot/core/members/${INSTANCE}`;
export const REPORT_NAME = `/etcd-autopilot/core/reports/${INSTANCE}`;

/** What etcd, and the fake one, must have written for a directory to be a member's. */
export const WAL = 'var/lib/etcd/member/wal/0000000000000000-0000000000000000.wal';

const POLL_SECONDS = '0.05';
const WITHIN_MS = 15_000;

/** What images have as /bin/sh: dash (Debian, Ubuntu), bash (Amazon Linux), busybox; those that are here. */
export const SHELLS: readonly (readonly string[])[] = [
  ['/usr/bin/dash'],
  ['/bin/bash', '--posix'],
  ['/usr/bin/busybox', 'sh'],
].filter(([path = '']) => existsSync(path));

export interface HostOptions {
  readonly address: string;
  readonly shell?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** The etcd that the machine finds; `fake` records its environment. Else a folder with a real one. */
  readonly etcd?: 'fake' | 'none' | { readonly dir: string };
  /** Where the system's own programs are. */
  readonly systemPath?: string;
  /** A hosts file that the machine sees in place of this one's. */
  readonly hosts?: string;
  /** The whole user data, in place of a member's. */
  readonly userData?: string;
  /** Values of the template's parameters. */
  readonly parameters?: Readonly<Record<string, string>>;
}

export type Start = ReadonlyMap<string, string>;

/** One machine: a directory as its disk, a fake region, and the rendered user data run by a shell. */
export class MemberHost {
  readonly root = mkdtempSync(join(tmpdir(), 'etcd-autopilot-node-'));
  readonly region = new FakeRegion(INSTANCE);
  readonly #options: HostOptions;
  readonly #bin: string;
  #endpoint = '';
  #child: ChildProcess | null = null;
  log = '';

  constructor(options: HostOptions) {
    this.#options = options;
    this.#bin = join(this.root, 'bin');
    mkdirSync(this.#bin);
    mkdirSync(join(this.root, 'etcd-record'));
    if ((options.etcd ?? 'fake') === 'fake') this.program('etcd', fakeEtcd(join(this.root, 'etcd-record')));
    writeFileSync(
      this.path('user-data'),
      options.userData ?? renderUserData({ Cluster: 'core', ...options.parameters }),
    );
    this.setVersion('3.6.14');
  }

  path(name: string): string {
    return join(this.root, name);
  }

  /** Puts a program before the system's own on the machine's PATH. */
  program(name: string, text: string): void {
    writeFileSync(join(this.#bin, name), text);
    chmodSync(join(this.#bin, name), 0o755);
  }

  setVersion(version: string): void {
    writeFileSync(this.path('etcd-record/version'), version);
  }

  async boot(mode: readonly string[] = []): Promise<void> {
    if (this.#child !== null && this.#child.exitCode === null) throw new Error('it runs already');
    if (this.#endpoint === '') this.#endpoint = await this.region.open(this.#options.address);
    const script = [...(this.#options.shell ?? ['/bin/sh']), this.path('user-data'), ...mode];
    const { hosts } = this.#options;
    const [command = '', ...args] = hosts === undefined ? script : whereNamesResolve(hosts, script);
    const child = spawn(command, args, {
      cwd: this.root,
      env: this.environment(),
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    });
    for (const stream of [child.stdout, child.stderr])
      stream?.on('data', (text: Buffer) => {
        this.log += text.toString();
      });
    this.#child = child;
  }

  environment(): NodeJS.ProcessEnv {
    const etcd = this.#options.etcd ?? 'fake';
    const real = typeof etcd === 'string' ? [] : [etcd.dir];
    return {
      PATH: [this.#bin, ...real, this.#options.systemPath ?? '/usr/bin:/bin'].join(':'),
      HOME: this.root,
      AWS_EC2_METADATA_SERVICE_ENDPOINT: this.#endpoint,
      AWS_ENDPOINT_URL: this.#endpoint,
      ETCD_AUTOPILOT_ROOT: this.root,
      ETCD_AUTOPILOT_INIT: 'none',
      ETCD_AUTOPILOT_POLL_SECONDS: POLL_SECONDS,
      ...this.#options.env,
    };
  }

  get pid(): number {
    const pid = this.#child?.pid;
    if (pid === undefined) throw new Error('not booted');
    return pid;
  }

  /** Asks the script, and nothing else, to end; resolves with its exit code. */
  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<number | null> {
    const child = this.#child;
    if (child === null) return null;
    const ended = this.ended();
    child.kill(signal);
    return ended;
  }

  ended(): Promise<number | null> {
    const child = this.#child;
    if (child === null || child.exitCode !== null || child.signalCode !== null)
      return Promise.resolve(child?.exitCode ?? null);
    return new Promise((resolve) => child.once('exit', (code) => resolve(code)));
  }

  /** Power off: every process of the machine ends at once, the disk stays. */
  async powerOff(): Promise<void> {
    if (this.#child === null) return;
    const ended = this.ended();
    try {
      process.kill(-this.pid, 'SIGKILL');
    } catch {
      // It has ended already.
    }
    await ended;
    this.#child = null;
  }

  async destroy(): Promise<void> {
    await this.powerOff();
    await this.region.close();
    rmSync(this.root, { recursive: true, force: true });
  }

  /** The environments that etcd was started with, oldest first. */
  starts(): readonly Start[] {
    return readdirSync(this.path('etcd-record'))
      .filter((name) => /^start-\d+$/.test(name))
      .sort((a, b) => Number(a.slice(6)) - Number(b.slice(6)))
      .map((name) => environmentIn(readFileSync(this.path(`etcd-record/${name}`), 'utf8')));
  }

  /** The environment of etcd's n-th start, which is waited for. */
  async start(nth = 1): Promise<Start> {
    await this.until(() => this.starts().length >= nth, `start ${nth} of etcd`);
    return this.starts()[nth - 1] ?? new Map();
  }

  /** The same, once it has also written that n-th start into its data. */
  async ran(nth = 1): Promise<Start> {
    const env = await this.start(nth);
    const line = `${INSTANCE} ${nth}\n`;
    await this.until(
      () => existsSync(this.path(WAL)) && readFileSync(this.path(WAL), 'utf8').endsWith(line),
      'data',
    );
    return env;
  }

  /** Lets the running fake etcd end with that status. */
  crash(status: number): void {
    writeFileSync(this.path('etcd-record/crash'), String(status));
  }

  /** Resolves when the ticket was read that often from now on: what has not happened then will not happen. */
  async reads(count = 4): Promise<void> {
    const target = this.region.readCount + count;
    await this.until(() => this.region.readCount >= target, `${count} reads of the ticket`);
  }

  async until(isDone: () => boolean, what: string): Promise<void> {
    const deadline = Date.now() + WITHIN_MS;
    while (!isDone()) {
      if (Date.now() > deadline) throw new Error(`no ${what}; its log:\n${this.log}`);
      await sleep(10);
    }
  }

  async says(text: string): Promise<void> {
    await this.until(() => this.log.includes(text), `"${text}"`);
  }

  giveTicket(changes: Partial<Ticket> = {}, cluster = 'core'): void {
    this.region.parameters.set(TICKET_NAME, encodeTicket(cluster, ticketOf(changes)));
  }

  /** The member's disk as etcd leaves it. */
  wipe(): void {
    rmSync(this.path('var/lib/etcd/member'), { recursive: true, force: true });
  }
}

const PEER = 'http://127.41.9.1:2380';

export function ticketOf(changes: Partial<Ticket> = {}): Ticket {
  const state = changes.state ?? 'ticket';
  return {
    instanceId: INSTANCE,
    state,
    peerUrl: PEER,
    clientUrl: 'http://127.41.9.1:2379',
    claim: 1,
    token: 'core-1-abcdef',
    clusterId: null,
    memberId: state === 'joining' ? null : '1001',
    start: state === 'ticket' ? { initialCluster: `${INSTANCE}=${PEER}`, initialState: 'new' } : null,
    ...changes,
  };
}

function environmentIn(text: string): Start {
  return new Map(
    text.split('\n').flatMap((line) => {
      const at = line.indexOf('=');
      return at < 0 ? [] : [[line.slice(0, at), line.slice(at + 1)] as const];
    }),
  );
}

/** Writes down how it was started, leaves data as etcd does, and runs until it is told to crash. */
const fakeEtcd = (record: string): string => `#!/bin/sh
record='${record}'
if [ "\${1:-}" = --version ]; then echo "etcd Version: $(cat "$record/version")"; echo 'Git SHA: none'; exit; fi
n=1
while [ -e "$record/start-$n" ]; do n=$((n + 1)); done
{ env; echo "ARGUMENTS=$*"; } >"$record/new"
mv "$record/new" "$record/start-$n"
[ ! -e "$record/fails-early" ] || exit 3
mkdir -p "$ETCD_DATA_DIR/member/snap" "$ETCD_DATA_DIR/member/wal"
echo "$ETCD_NAME $n" >>"$ETCD_DATA_DIR/member/wal/0000000000000000-0000000000000000.wal"
trap 'echo "fake etcd: stopping"; exit 0' TERM
i=0
while [ $i -lt 1200 ]; do
  if [ -e "$record/crash" ]; then status=$(cat "$record/crash"); rm "$record/crash"; exit "$status"; fi
  sleep 0.05
  i=$((i + 1))
done
`;

import { mkdirSync, rmSync } from 'node:fs';
import type { Server } from 'node:http';
import { createServer, type Server as NetServer } from 'node:net';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  clientVariables,
  type EnvironmentNames,
  readRunningRegion,
  removeRecord,
  startTicksOf,
  writeEnvironment,
  writeRecord,
} from './environment.ts';
import { Groups } from './fleet/groups.ts';
import { Machines } from './fleet/machines.ts';
import { DEFAULT_WAITS, type Waits } from './fleet/model.ts';
import { StageProxy } from './fleet/proxy.ts';
import { createEndpoint, type ServerContext } from './fleet/server.ts';
import { connectStage } from './fleet/stage-port.ts';
import { startGuard } from './guard.ts';
import { installStage, startStage, stopStage } from './stage.ts';

const ACCOUNT = '000000000000';
const STOP_MS_MAX = 20_000;
/** Held at x.1 of the range while a region uses it, so that two regions never share addresses. */
const RANGE_LOCK_PORT = 1339;

export interface RegionOptions {
  /** Where everything of the region lives. Default `.local` of the working directory. */
  readonly dir?: string;
  /** Where MiniStack is installed. Default `dir`. */
  readonly installDir?: string;
  /** The public port. Default 4566, or a free one when that is taken. */
  readonly port?: number;
  /** AWS region name. Default `us-east-1`. */
  readonly region?: string;
  readonly waits?: Partial<Waits>;
  /** Whether an instance that is already gone still passes its group's terminate hooks. Default true. */
  readonly hooksForGone?: boolean;
  /** Directories put first on the PATH of instances and of `<dir>/env`: where etcd and its tools are. */
  readonly path?: readonly string[];
  /** Whether SIGINT, SIGTERM and SIGHUP stop the region and end the process. Default true. */
  readonly signals?: boolean;
  /** Progress, one line at a time. */
  readonly log?: (line: string) => void;
}

export interface Region {
  readonly endpoint: string;
  readonly region: string;
  readonly dir: string;
  readonly waits: Waits;
  /** Settings with which any stock client reaches the region. */
  readonly variables: Readonly<Record<string, string>>;
  readonly groups: Groups;
  readonly machines: Machines;
  /** Says that all is whole: writes `<dir>/env`. */
  readonly announce: (names: EnvironmentNames) => void;
  /** Leaves nothing running. Repeating it changes nothing. */
  readonly stop: () => Promise<void>;
}

/** A region of this directory is running already. */
export class RegionRunningError extends Error {}

/**
 * Starts stage and fleet; resolves when both answer.
 *
 * @throws {RegionRunningError} one runs already in this directory
 * @throws {Error} not Linux, no usable Python, or the stage did not start; nothing is left running
 */
export async function startRegion(options: RegionOptions = {}): Promise<Region> {
  if (process.platform !== 'linux') {
    throw new Error(
      `the local region runs on Linux only (this is ${process.platform}): it needs many loopback addresses and /proc`,
    );
  }
  const dir = resolve(options.dir ?? '.local');
  const running = readRunningRegion(dir);
  if (running !== null) {
    throw new RegionRunningError(
      `a local region is already running (process ${running.pid}, ${running.endpoint}); stop it with: etcd-autopilot local down`,
    );
  }
  const waits = checkedWaits(options.waits);
  const undo: (() => Promise<void> | void)[] = [];
  const stop = once(async () => {
    for (const step of undo.reverse()) await step();
  });
  try {
    return await build(dir, waits, options, undo, stop);
  } catch (error) {
    await stop();
    throw error;
  }
}

async function build(
  dir: string,
  waits: Waits,
  options: RegionOptions,
  undo: (() => Promise<void> | void)[],
  stop: () => Promise<void>,
): Promise<Region> {
  const log = options.log ?? (() => undefined);
  const region = options.region ?? 'us-east-1';
  mkdirSync(dir, { recursive: true });
  removeRecord(dir);
  rmSync(join(dir, 'instances'), { recursive: true, force: true });
  const python = await installStage(resolve(options.installDir ?? dir), log);

  const guard = startGuard();
  undo.push(() => guard.close());
  const range = await claimRange();
  undo.push(() => void range.lock.close());

  let context: ServerContext | null = null;
  const server = createEndpoint(() => {
    if (context === null) throw new Error('the region is starting');
    return context;
  });
  const port = await listen(server, options.port);
  const endpoint = `http://127.0.0.1:${port}`;
  undo.push(() => closeServer(server));

  const stage = await startStage(python, { dir, region, account: ACCOUNT, publicUrl: endpoint, guard, log });
  undo.push(() => stopStage(stage, guard));
  const stagePort = connectStage({ endpoint: `http://127.0.0.1:${stage.port}`, region, log });
  undo.push(stagePort.close);
  const proxy = new StageProxy(stage.port);
  undo.push(() => proxy.close());

  const machines = new Machines({
    dir: join(dir, 'instances'),
    region,
    endpoint,
    path: options.path ?? [],
    guard,
    addressPrefix: range.prefix,
    died: (id) => {
      const instance = groups.instance(id);
      log(`${instance.groupName} ${id}: the machine is gone`);
      void groups.lifecycle.endMachine(instance, false);
    },
  });
  const groups = new Groups({
    stage: stagePort,
    machines,
    waits,
    hooksForGone: options.hooksForGone ?? true,
    region,
    account: ACCOUNT,
    log,
  });
  undo.push(() => machines.stopAll());
  undo.push(() => groups.stop());
  context = { groups, machines, waits, proxy };

  writeRecord(dir, {
    pid: process.pid,
    pidStartTicks: startTicksOf(process.pid) ?? '',
    endpoint,
    region,
    startedAt: new Date().toISOString(),
  });
  undo.push(() => removeRecord(dir));
  if (options.signals ?? true) undo.push(stopOnSignals(stop));
  const variables = clientVariables(endpoint, region);
  log(`the local region answers at ${endpoint}; instances live in ${range.prefix}.0/24`);
  return {
    endpoint,
    region,
    dir,
    waits,
    variables,
    groups,
    machines,
    announce: (names) => {
      const own = { CLUSTER: names.cluster, GROUP: names.group, STACK: names.stack };
      writeEnvironment(dir, { ...variables, ...own }, options.path ?? []);
    },
    stop,
  };
}

/** Stops the region of a directory from another process. Returns whether there was one. */
export async function stopRegion(options: { readonly dir?: string } = {}): Promise<boolean> {
  const dir = resolve(options.dir ?? '.local');
  const running = readRunningRegion(dir);
  if (running === null) {
    removeRecord(dir);
    return false;
  }
  process.kill(running.pid, 'SIGTERM');
  const deadline = Date.now() + STOP_MS_MAX;
  while (Date.now() < deadline && startTicksOf(running.pid) === running.pidStartTicks) await sleep(50);
  // The guard of a killed region ends what the region cannot end any more.
  if (startTicksOf(running.pid) === running.pidStartTicks) process.kill(running.pid, 'SIGKILL');
  removeRecord(dir);
  return true;
}

function checkedWaits(given: Partial<Waits> = {}): Waits {
  const waits = { ...DEFAULT_WAITS, ...given };
  for (const [name, ms] of Object.entries(waits)) {
    if (!(ms >= 1_000)) throw new Error(`${name} must be at least 1000: the platform takes longer than that`);
  }
  return waits;
}

async function listen(server: Server, wanted: number | undefined): Promise<number> {
  const attempt = (port: number): Promise<number | null> =>
    new Promise((done, fail) => {
      const failed = (error: NodeJS.ErrnoException): void =>
        error.code === 'EADDRINUSE' ? done(null) : fail(error);
      server.once('error', failed);
      server.listen(port, '127.0.0.1', () => {
        server.off('error', failed);
        const address = server.address();
        done(typeof address === 'object' && address !== null ? address.port : port);
      });
    });
  const first = await attempt(wanted ?? 4566);
  const port = first ?? (wanted === undefined ? await attempt(0) : null);
  if (port === null) throw new Error(`port ${wanted ?? 0} is taken`);
  return port;
}

async function claimRange(): Promise<{ readonly prefix: string; readonly lock: NetServer }> {
  for (let third = 1; third < 255; third += 1) {
    const lock = await new Promise<NetServer | null>((done) => {
      const server = createServer();
      server.once('error', () => done(null));
      server.listen(RANGE_LOCK_PORT, `127.30.${third}.1`, () => done(server));
    });
    if (lock !== null) return { prefix: `127.30.${third}`, lock };
  }
  throw new Error('every range of 127.30.0.0/16 is in use');
}

function closeServer(server: Server): Promise<void> {
  return new Promise((done) => {
    server.close(() => done());
    server.closeAllConnections();
  });
}

function stopOnSignals(stop: () => Promise<void>): () => void {
  const codes = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const;
  const listeners = Object.entries(codes).map(([signal, code]) => {
    const listener = (): void => {
      void stop().finally(() => process.exit(code));
    };
    process.on(signal, listener);
    return () => void process.off(signal, listener);
  });
  return () => {
    for (const off of listeners) off();
  };
}

function once(work: () => Promise<void>): () => Promise<void> {
  let done: Promise<void> | null = null;
  return () => {
    done ??= work();
    return done;
  };
}

import { mkdirSync, rmSync } from 'node:fs';
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
import { launchFaults } from './fleet/faults/at-launch.ts';
import { FrontDoor } from './fleet/faults/front-door.ts';
import { inflict } from './fleet/faults/inflict.ts';
import { readFault } from './fleet/faults/kinds.ts';
import type { Inflicted } from './fleet/faults/on-machines.ts';
import { Faults } from './fleet/faults/register.ts';
import { Groups } from './fleet/groups.ts';
import { Machines } from './fleet/machines.ts';
import { DEFAULT_WAITS, type Waits } from './fleet/model.ts';
import { Names } from './fleet/names.ts';
import { StageProxy } from './fleet/proxy.ts';
import { createEndpoint, type ServerContext } from './fleet/server.ts';
import { connectStage } from './fleet/stage-port.ts';
import { type Guard, startGuard } from './guard.ts';
import { claimRange, closeServer, listen } from './listening.ts';
import { stopOnSignals } from './signals.ts';
import { installStage, startStage, stopStage } from './stage.ts';
import { Undo } from './undo.ts';

const DEFAULT_PORT = 4566;
const ACCOUNT = '000000000000';
const STOP_MS_MAX = 20_000;

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

/** What clients of etcd need in `<dir>/env`, beside what reaches the region. */
export interface ClientSettings {
  readonly variables: Readonly<Record<string, string>>;
  /** Directories before all others on the PATH. */
  readonly path: readonly string[];
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
  /** What is in force, and how often it struck. */
  readonly faults: Faults;
  /** Makes something go wrong, as `POST /_fleet/faults` does with the same fields. @throws {FleetError} */
  readonly fault: (request: Readonly<Record<string, unknown>>) => Promise<Inflicted>;
  /** Says that all is whole: writes `<dir>/env`. */
  readonly announce: (names: EnvironmentNames, client?: ClientSettings) => void;
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
  const settings = settingsOf(dir, options);
  const undo = new Undo();
  try {
    return await build(settings, undo);
  } catch (error) {
    await undo.run();
    throw error;
  }
}

type Settings = Required<Omit<RegionOptions, 'waits'>> & { readonly waits: Waits };

function settingsOf(dir: string, options: RegionOptions): Settings {
  return {
    dir,
    installDir: resolve(options.installDir ?? dir),
    port: options.port ?? DEFAULT_PORT,
    region: options.region ?? 'us-east-1',
    waits: checkedWaits(options.waits),
    hooksForGone: options.hooksForGone ?? true,
    path: options.path ?? [],
    signals: options.signals ?? true,
    log: options.log ?? (() => undefined),
  };
}

async function build(settings: Settings, undo: Undo): Promise<Region> {
  const { dir, region, log } = settings;
  mkdirSync(dir, { recursive: true });
  removeRecord(dir);
  undo.add(() => removeRecord(dir));
  note(settings, 'still starting');
  if (settings.signals) undo.add(stopOnSignals(() => undo.run()));
  rmSync(join(dir, 'instances'), { recursive: true, force: true });
  const python = await installStage(settings.installDir, log);

  const guard = startGuard();
  undo.add(() => guard.close());
  let context: ServerContext | null = null;
  const server = createEndpoint(() => {
    if (context === null) throw new Error('the region is starting');
    return context;
  });
  const endpoint = `http://127.0.0.1:${await listen(server, settings.port, settings.port === DEFAULT_PORT)}`;
  undo.add(() => closeServer(server));
  const stage = await startStage(python, { dir, region, account: ACCOUNT, publicUrl: endpoint, guard });
  undo.add(() => stopStage(stage, guard));
  context = await startFleet(settings, undo, { stagePort: stage.port, endpoint, guard });

  note(settings, endpoint);
  const fleet = context;
  const { groups, machines, waits, faults } = fleet;
  const fault = async (request: Readonly<Record<string, unknown>>): Promise<Inflicted> =>
    inflict(fleet, readFault(request));
  const variables = clientVariables(endpoint, region);
  const announce = (names: EnvironmentNames, client: ClientSettings = { variables: {}, path: [] }): void => {
    const own = { CLUSTER: names.cluster, GROUP: names.group, STACK: names.stack };
    writeEnvironment(dir, { ...variables, ...own, ...client.variables }, [...client.path, ...settings.path]);
  };
  return {
    endpoint,
    region,
    dir,
    waits,
    variables,
    groups,
    machines,
    faults,
    fault,
    announce,
    stop: () => undo.run(),
  };
}

interface Started {
  readonly stagePort: number;
  readonly endpoint: string;
  readonly guard: Guard;
}

async function startFleet(settings: Settings, undo: Undo, started: Started): Promise<ServerContext> {
  const { dir, region, waits, log, hooksForGone, path } = settings;
  const { endpoint, guard } = started;
  const range = await claimRange();
  undo.add(() => range.lock.close());
  const faults = new Faults();
  const door = new FrontDoor(faults);
  const stage = connectStage({ endpoint: `http://127.0.0.1:${started.stagePort}`, region, faults, log });
  undo.add(stage.close);
  const proxy = new StageProxy(started.stagePort);
  undo.add(() => proxy.close());
  const died = (id: string): void => {
    const instance = groups.instance(id);
    log(`${instance.groupName} ${id}: the machine is gone`);
    void groups.lifecycle.endMachine(instance, false);
  };
  const home = { dir: join(dir, 'instances'), addressPrefix: range.prefix };
  const atLaunch = launchFaults(faults, (id) => groups.instance(id).address);
  const names = new Names(join(dir, 'hosts'), region);
  const machines = new Machines({ ...home, region, endpoint, path, guard, names, died, faults: atLaunch });
  const groups = new Groups({ stage, machines, waits, hooksForGone, region, account: ACCOUNT, log });
  undo.add(() => machines.stopAll());
  undo.add(() => faults.clearAll());
  undo.add(() => groups.stop());
  log(`the local region answers at ${endpoint}; instances live in ${range.prefix}.0/24`);
  const { events } = stage;
  return { groups, machines, waits, proxy, faults, door, stage, events, endpoint, region, log };
}

/** Says to other terminals that this process is the region of the directory. */
function note({ dir, region }: Settings, endpoint: string): void {
  const { pid } = process;
  const pidStartTicks = startTicksOf(pid) ?? '';
  writeRecord(dir, { pid, pidStartTicks, endpoint, region, startedAt: new Date().toISOString() });
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

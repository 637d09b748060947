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
import { inflict } from './fleet/faults/inflict.ts';
import { readFault } from './fleet/faults/kinds.ts';
import type { Inflicted } from './fleet/faults/on-machines.ts';
import type { Faults } from './fleet/faults/register.ts';
import type { Groups } from './fleet/groups.ts';
import type { Machines } from './fleet/machines.ts';
import type { Waits } from './fleet/model.ts';
import { createEndpoint, type ServerContext } from './fleet/server.ts';
import { startGuard } from './guard.ts';
import { closeServer, listen } from './listening.ts';
import { DEFAULT_PORT, type RegionOptions, type Settings, settingsOf } from './region-settings.ts';
import { stopOnSignals } from './signals.ts';
import { installStage, startStage, stopStage } from './stage.ts';
import { ACCOUNT, startFleet } from './start-fleet.ts';
import { Undo } from './undo.ts';

export type { RegionOptions } from './region-settings.ts';

const STOP_MS_MAX = 20_000;

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
  const variables = {
    ...clientVariables(endpoint, region),
    DNS_SERVER: fleet.dns.address,
    DNS_PORT: String(fleet.dns.ports[0]),
  };
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

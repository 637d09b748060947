import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync, rmSync, writeFileSync } from 'node:fs';
import type { Server } from 'node:http';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Guard } from '../guard.ts';
import { openMetadata } from './metadata.ts';
import type { Instance } from './model.ts';
import type { Names } from './names.ts';
import { killGroup, processesOf, signalProcess } from './processes.ts';
import { bootCommand, environmentOf, metadataAddressOf, type Surroundings } from './surroundings.ts';

/**
 * Plays the init process: runs the user data as first boot does, and stays up when that is done. When it dies, the
 * machine has died.
 */
const INIT = '"$1"; echo "user data ended with status $?"; while :; do sleep 3600; done';
const POLL_MS = 25;

export interface MachineSettings extends Surroundings {
  readonly dir: string;
  readonly region: string;
  readonly guard: Guard;
  readonly names: Names;
  readonly addressPrefix: string;
  /** Called when a machine dies by itself. */
  readonly died: (instanceId: string) => void;
  readonly faults: MachineFaults;
}

/** What may go wrong with machines; asked at every launch. */
export interface MachineFaults {
  /** The free address that the next machine must have, null when any will do. */
  readonly addressToReuse: (isFree: (address: string) => boolean) => string | null;
  /** Why the boot script of this new machine cannot run, null when it can. */
  readonly brokenBoot: (instance: Instance) => string | null;
}

/** What the etcd of a machine does, as its process table shows it. */
export type EtcdState = 'running' | 'frozen' | 'none';

interface Machine {
  readonly instance: Instance;
  readonly root: string;
  readonly metadata: Server;
  /** Why its boot script cannot run, null when it can. */
  readonly broken: string | null;
  process: ChildProcess | null;
  stopping: boolean;
}

/** Instances as process trees: each its own process group, loopback address and directory. */
export class Machines {
  readonly #settings: MachineSettings;
  readonly #machines = new Map<string, Machine>();
  #lastHost = 9;
  /** What boots after its region's end would outlive it: nobody is left who ends it. */
  #isClosed = false;

  constructor(settings: MachineSettings) {
    this.#settings = settings;
  }

  /** Goes round the whole range before it gives an address again, unless a fault wants one reused. */
  allocate(): string {
    const used = new Set([...this.#machines.values()].map((machine) => machine.instance.address));
    const reused = this.#settings.faults.addressToReuse((address) => !used.has(address));
    if (reused !== null) return reused;
    for (let tries = 0; tries < 240; tries += 1) {
      this.#lastHost = this.#lastHost >= 249 ? 10 : this.#lastHost + 1;
      const address = `${this.#settings.addressPrefix}.${this.#lastHost}`;
      if (!used.has(address)) return address;
    }
    throw new Error(`no free address in ${this.#settings.addressPrefix}.0/24`);
  }

  rootOf(instanceId: string): string {
    return join(this.#settings.dir, instanceId);
  }

  pidOf(instanceId: string): number | null {
    return this.#machines.get(instanceId)?.process?.pid ?? null;
  }

  async start(instance: Instance): Promise<void> {
    if (this.#isClosed) return;
    const { region } = this.#settings;
    const root = this.rootOf(instance.id);
    for (const dir of ['etc', 'run', 'tmp', 'usr/local/bin', 'var/lib', 'var/log'])
      mkdirSync(join(root, dir), { recursive: true });
    writeFileSync(join(root, 'user-data'), instance.template.userDataText, { mode: 0o755 });
    const broken = this.#settings.faults.brokenBoot(instance);
    if (broken !== null) {
      writeFileSync(join(root, 'broken-boot'), `#!/bin/sh\necho '${broken}'\nexit 1\n`, { mode: 0o755 });
    }
    const metadata = await openMetadata(instance, region, metadataAddressOf(this.#settings, instance));
    if (this.#isClosed) return void metadata.close();
    const machine: Machine = { instance, root, metadata, broken, process: null, stopping: false };
    this.#machines.set(instance.id, machine);
    if (instance.template.hasName) this.#settings.names.add(instance.id, instance.address);
    this.#powerOn(machine);
  }

  /** Ends the process tree: asks it to, and after the grace takes the power away. The disk stays. */
  async stop(instanceId: string, graceMs: number): Promise<void> {
    const machine = this.#machines.get(instanceId);
    if (machine === undefined) return;
    await this.#powerOff(machine, graceMs);
    machine.metadata.close();
    machine.metadata.closeAllConnections();
    this.#machines.delete(instanceId);
    this.#settings.names.remove(instanceId);
  }

  /** The disk of a machine that is stopped. */
  clear(instanceId: string): void {
    rmSync(this.rootOf(instanceId), { recursive: true, force: true });
  }

  /** Same id, address and disk. */
  async reboot(instanceId: string, graceMs: number): Promise<void> {
    const machine = this.#machines.get(instanceId);
    if (machine === undefined) throw new Error(`${instanceId} is not running`);
    await this.#powerOff(machine, graceMs);
    if (this.#isClosed) return;
    rmSync(join(machine.root, 'run'), { recursive: true, force: true });
    mkdirSync(join(machine.root, 'run'));
    this.#powerOn(machine);
  }

  /** For good: what is about to boot does not. */
  async stopAll(): Promise<void> {
    this.#isClosed = true;
    await Promise.all([...this.#machines.keys()].map((id) => this.stop(id, 0)));
  }

  /** The processes of that name on the machine. */
  pidsOf(instanceId: string, processName: string): readonly number[] {
    const group = this.pidOf(instanceId);
    const found = group === null ? [] : processesOf(group).filter(({ name }) => name === processName);
    return found.map(({ pid }) => pid);
  }

  /** Sends a signal to every process of that name on the machine; returns how many there were. */
  signal(instanceId: string, processName: string, signal: NodeJS.Signals): number {
    return this.pidsOf(instanceId, processName).filter((pid) => signalProcess(pid, signal)).length;
  }

  /** Sends a signal to everything on the machine; returns whether there was anything. */
  signalAll(instanceId: string, signal: NodeJS.Signals): boolean {
    const group = this.pidOf(instanceId);
    return group !== null && killGroup(group, signal);
  }

  /** Whether anything on the machine is stopped. */
  isFrozen(instanceId: string): boolean {
    const group = this.pidOf(instanceId);
    return group !== null && processesOf(group).some(({ isStopped }) => isStopped);
  }

  etcdOf(instanceId: string): EtcdState {
    const group = this.pidOf(instanceId);
    const found = group === null ? [] : processesOf(group).filter(({ name }) => name === 'etcd');
    if (found.length === 0) return 'none';
    return found.some(({ isStopped }) => isStopped) ? 'frozen' : 'running';
  }

  #powerOn(machine: Machine): void {
    const log = openSync(join(machine.root, 'console.log'), 'a');
    const init = ['/bin/sh', '-c', INIT, machine.instance.id, userDataCommand(machine)];
    const [command = '', ...args] = bootCommand(this.#settings, machine.instance, init);
    const child = spawn(command, args, {
      cwd: machine.root,
      env: environmentOf(this.#settings, machine.instance, machine.root),
      stdio: ['ignore', log, log],
      detached: true,
    });
    closeSync(log);
    machine.process = child;
    machine.stopping = false;
    const group = child.pid;
    if (group === undefined) throw new Error(`${machine.instance.id}: cannot start a process`);
    this.#settings.guard.watch(group);
    child.once('exit', () => {
      // After a reboot this may come late, about the life before.
      if (machine.stopping || machine.process !== child) return;
      killGroup(group, 'SIGKILL');
      this.#settings.guard.forget(group);
      this.#settings.died(machine.instance.id);
    });
  }

  async #powerOff(machine: Machine, graceMs: number): Promise<void> {
    const group = machine.process?.pid;
    machine.stopping = true;
    if (group === undefined) return;
    if (graceMs > 0) killGroup(group, 'SIGTERM');
    const deadline = Date.now() + graceMs;
    while (Date.now() < deadline && killGroup(group, 0)) await sleep(POLL_MS);
    while (killGroup(group, 'SIGKILL')) await sleep(POLL_MS);
    this.#settings.guard.forget(group);
    machine.process = null;
  }
}

/** User data without a `#!` line is not a script: nothing runs, as with cloud-init. */
function userDataCommand({ broken, instance, root }: Machine): string {
  if (broken !== null) return join(root, 'broken-boot');
  return instance.template.userDataText.startsWith('#!') ? join(root, 'user-data') : 'true';
}

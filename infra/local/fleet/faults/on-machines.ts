import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Groups } from '../groups.ts';
import type { Machines } from '../machines.ts';
import type { Instance, Waits } from '../model.ts';
import { flipBit } from './database.ts';
import { type FaultKind, type FaultRequest, invalid } from './kinds.ts';
import type { Fault, Faults } from './register.ts';
import { type SlowDisk, slowDown } from './slow-disk.ts';
import { toldInstance } from './targets.ts';

/** What was done, to whom, and how it is undone. */
export interface Inflicted {
  /** Of the fault that lasts; null when it was over at once. */
  readonly id: string | null;
  readonly text: string;
  readonly undo: string;
}

export interface MachineWorld {
  readonly groups: Groups;
  readonly machines: Machines;
  readonly waits: Waits;
  readonly faults: Faults;
}

type Inflict = (
  world: MachineWorld,
  instance: Instance,
  request: FaultRequest,
) => Promise<Inflicted> | Inflicted;

/** Faults of one machine that are done at once, or last as long as what they stopped. */
export const ON_MACHINES: Readonly<Partial<Record<FaultKind, Inflict>>> = {
  'kill-etcd': (world, one) => {
    needEtcd(world, one);
    world.machines.signal(one.id, 'etcd', 'SIGKILL');
    return done(world, one, 'killed the etcd of', 'nothing to undo: its boot script starts it again');
  },
  'freeze-etcd': async (world, one, request) => {
    needEtcd(world, one);
    if (world.machines.etcdOf(one.id) === 'frozen') throw invalid(`the etcd of ${one.id} is frozen already`);
    world.machines.signal(one.id, 'etcd', 'SIGSTOP');
    await untilFrozen(world, one);
    return lasting(world, one, request, 'froze the etcd of');
  },
  'black-hole': async (world, one, request) => {
    needPower(world, one);
    world.machines.signalAll(one.id, 'SIGSTOP');
    await untilFrozen(world, one);
    return lasting(world, one, request, 'froze all processes of');
  },
  'thaw-etcd': (world, one) => {
    if (!world.machines.isFrozen(one.id)) throw invalid(`nothing is frozen on ${one.id}`);
    world.machines.signalAll(one.id, 'SIGCONT');
    return done(world, one, 'thawed', 'freeze it again with freeze-etcd');
  },
  'crash-etcd': (world, one, request) => {
    needEtcd(world, one);
    return crashing(world, one, request);
  },
  'slow-disk': async (world, one, request) => {
    needEtcd(world, one);
    return slowing(world, one, request);
  },
  'flip-bit': async (world, one) => {
    needEtcd(world, one);
    return damaged(world, one);
  },
  'wipe-disk': (world, one) => {
    needPower(world, one);
    // Its boot script must not start etcd on what is half gone.
    world.machines.signalAll(one.id, 'SIGSTOP');
    world.machines.signal(one.id, 'etcd', 'SIGKILL');
    wipe(join(world.machines.rootOf(one.id), 'var/lib/etcd'));
    world.machines.signalAll(one.id, 'SIGCONT');
    return done(world, one, 'killed the etcd and emptied the data directory of', 'it cannot be undone');
  },
  'kill-instance': async (world, one) => {
    needMachine(one);
    await world.groups.lifecycle.endMachine(one, false);
    return done(world, one, 'ended without notice', 'it cannot be undone: its group replaces it');
  },
  reboot: async (world, one) => {
    needPower(world, one);
    await world.machines.reboot(one.id, world.waits.terminationMs);
    return done(world, one, 'rebooted', 'nothing to undo: same id, address and disk');
  },
};

const CRASH_EVERY_MS = 100;

function crashing(world: MachineWorld, one: Instance, request: FaultRequest): Inflicted {
  const { machines, faults, groups } = world;
  const kill = (): void => {
    if (machines.pidOf(one.id) === null) stop();
    else machines.signal(one.id, 'etcd', 'SIGKILL');
  };
  const timer = setInterval(kill, CRASH_EVERY_MS);
  timer.unref();
  let isOver = false;
  const stop = (): void => {
    clearInterval(timer);
    isOver = true;
  };
  kill();
  const text = `kills the etcd of ${toldInstance(groups, one)} whenever it runs`;
  const fault = faults.add(request, text, { isOver: () => isOver, undo: stop });
  return { id: fault.id, text, undo: undoOf(fault) };
}

async function slowing(world: MachineWorld, one: Instance, request: FaultRequest): Promise<Inflicted> {
  const pid = world.machines.pidsOf(one.id, 'etcd')[0] ?? 0;
  const slow: SlowDisk = await slowDown(pid);
  const text = `slowed the disk of ${toldInstance(world.groups, one)} down`;
  const fault = world.faults.add(request, text, { isOver: slow.isOver, undo: slow.end });
  return { id: fault.id, text, undo: undoOf(fault) };
}

/** Nothing may run while its file is written to; etcd starts again when it is done. */
async function damaged(world: MachineWorld, one: Instance): Promise<Inflicted> {
  const { machines } = world;
  machines.signalAll(one.id, 'SIGSTOP');
  machines.signal(one.id, 'etcd', 'SIGKILL');
  try {
    await untilNone(world, one);
    const found = flipBit(join(machines.rootOf(one.id), 'var/lib/etcd/member/snap/db'));
    if (found === null) throw invalid(`the etcd of ${one.id} holds no value that a client wrote`);
    return done(world, one, `flipped one bit of a value of "${found.key}" in`, 'it cannot be undone');
  } finally {
    machines.signalAll(one.id, 'SIGCONT');
  }
}

async function untilNone({ machines }: MachineWorld, { id }: Instance): Promise<void> {
  const endMs = Date.now() + FROZEN_MS_MAX;
  while (machines.etcdOf(id) !== 'none' && Date.now() < endMs) await sleep(FROZEN_EVERY_MS);
}

const FROZEN_MS_MAX = 5_000;
const FROZEN_EVERY_MS = 10;

/** A process stops when it is next scheduled, which may be late on a busy machine: until then the fault would seem over. */
async function untilFrozen({ machines }: MachineWorld, { id }: Instance): Promise<void> {
  const endMs = Date.now() + FROZEN_MS_MAX;
  while (!machines.isFrozen(id) && Date.now() < endMs) await sleep(FROZEN_EVERY_MS);
}

/** Empties a directory; returns what was in it. */
export function wipe(dir: string): readonly string[] {
  const entries = readEntries(dir);
  for (const entry of entries) rmSync(join(dir, entry), { recursive: true, force: true });
  return entries;
}

function readEntries(dir: string): readonly string[] {
  try {
    return readdirSync(dir);
  } catch {
    return []; // its boot script has not made it yet
  }
}

function done({ groups }: MachineWorld, instance: Instance, verb: string, undo: string): Inflicted {
  return { id: null, text: `${verb} ${toldInstance(groups, instance)}`, undo };
}

function lasting(world: MachineWorld, one: Instance, request: FaultRequest, verb: string): Inflicted {
  const text = `${verb} ${toldInstance(world.groups, one)}`;
  const fault = world.faults.add(request, text, {
    isOver: () => !world.machines.isFrozen(one.id),
    undo: () => void world.machines.signalAll(one.id, 'SIGCONT'),
  });
  return { id: fault.id, text, undo: undoOf(fault) };
}

export function undoOf(fault: Pick<Fault, 'id'>): string {
  return `undo it with: etcd-autopilot local fault clear ${fault.id}`;
}

export function needMachine(instance: Instance): void {
  if (instance.ec2State === 'terminated' || instance.ec2State === 'shutting-down') {
    throw invalid(`${instance.id} is ${instance.ec2State}`);
  }
}

function needPower({ machines }: MachineWorld, instance: Instance): void {
  needMachine(instance);
  if (machines.pidOf(instance.id) === null) throw invalid(`${instance.id} is not up (${instance.ec2State})`);
}

function needEtcd(world: MachineWorld, instance: Instance): void {
  needPower(world, instance);
  if (world.machines.etcdOf(instance.id) === 'none') throw invalid(`no etcd runs on ${instance.id}`);
}

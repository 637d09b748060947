import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import type { Region } from '../../infra/local/region.ts';
import { STACK } from './stage.ts';

/** Ids of the processes in which the stage runs a function: one for each invocation that is, or was, under way. */
export function workersOf({ dir }: Region, name = 'membership'): readonly number[] {
  const isWorker = (pid: string): boolean => {
    const commandLine = read(`/proc/${pid}/cmdline`).replaceAll('\0', ' ');
    return [dir, `${STACK}-${name}`, '_worker'].every((word) => commandLine.includes(word));
  };
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter(isWorker)
    .map(Number);
}

/** Sends a signal to all of them. Returns to how many. */
export function signalWorkers(region: Region, signal: NodeJS.Signals, name?: string): number {
  const pids = workersOf(region, name);
  for (const pid of pids) process.kill(pid, signal);
  return pids.length;
}

/** A connection that one of them holds. */
export interface Connection {
  readonly pid: number;
  /** As the link in `/proc/<pid>/fd` names it. */
  readonly socket: string;
}

/** The connections that they hold to one of the addresses right now. */
export function connectionsTo(region: Region, addresses: readonly string[]): readonly Connection[] {
  const sockets = new Set(socketsTo(addresses));
  return workersOf(region).flatMap((pid) =>
    linksIn(`/proc/${pid}/fd`).flatMap((socket) => (sockets.has(socket) ? [{ pid, socket }] : [])),
  );
}

/** Those that work on the cluster of that group right now: they hold connections to its members. */
export function workersOn(region: Region, groupName: string): ReadonlySet<number> {
  const addresses = region.groups.get(groupName).instances.map(({ address }) => address);
  return new Set(connectionsTo(region, addresses).map(({ pid }) => pid));
}

function socketsTo(addresses: readonly string[]): readonly string[] {
  const wanted = addresses.map(toHex);
  const rows = read('/proc/net/tcp').split('\n').slice(1);
  const fields = rows.map((row) => row.trim().split(/\s+/));
  return fields
    .filter(([, , remote = '']) => wanted.includes(remote.split(':')[0] ?? ''))
    .map((row) => `socket:[${row[9]}]`);
}

/** The kernel writes IPv4 addresses as little-endian hexadecimal. */
const toHex = (address: string): string =>
  Buffer.from(address.split('.').map(Number).reverse()).toString('hex').toUpperCase();

function linksIn(dir: string): readonly string[] {
  try {
    return readdirSync(dir).map((name) => readlinkSync(`${dir}/${name}`));
  } catch {
    return []; // it ended, or closed one meanwhile
  }
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return ''; // it ended meanwhile
  }
}

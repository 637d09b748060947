import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import type { Region } from '../../infra/local/region.ts';
import { STACK } from './stage.ts';

/** Ids of the processes in which the stage runs membership: one for each invocation that is, or was, under way. */
export function workersOf({ dir }: Region): readonly number[] {
  const isWorker = (pid: string): boolean => {
    const commandLine = read(`/proc/${pid}/cmdline`).replaceAll('\0', ' ');
    return [dir, `${STACK}-membership`, '_worker'].every((word) => commandLine.includes(word));
  };
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter(isWorker)
    .map(Number);
}

/** Sends a signal to all of them. Returns to how many. */
export function signalWorkers(region: Region, signal: NodeJS.Signals): number {
  const pids = workersOf(region);
  for (const pid of pids) process.kill(pid, signal);
  return pids.length;
}

/** Those that hold a connection to one of the addresses right now. */
export function workersAsking(region: Region, addresses: readonly string[]): readonly number[] {
  const sockets = new Set(socketsTo(addresses));
  return workersOf(region).filter((pid) => linksIn(`/proc/${pid}/fd`).some((link) => sockets.has(link)));
}

/** As the links in `/proc/<pid>/fd` name them. */
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

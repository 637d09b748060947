import { readFileSync, readlinkSync } from 'node:fs';

/** A command line that runs where the processes of a machine run, with what they see. */
export interface OnMachine {
  readonly file: string;
  readonly args: readonly string[];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
}

/** A flag of nsenter for each kind of namespace that a machine may have for itself. */
const ENTER = { user: '--user', mnt: '--mount', net: '--net' } as const;

/** @throws {Error} the machine has ended */
export function onMachine(
  { pid, root }: { readonly pid: number; readonly root: string },
  command: readonly string[],
): OnMachine {
  const flags = Object.entries(ENTER).flatMap(([kind, flag]) => (isOwn(pid, kind) ? [flag] : []));
  // Root of a user namespace keeps who it is there.
  const enter = flags.includes('--user') ? [...flags, '--preserve-credentials'] : flags;
  // Who enters another mount namespace stands at its root.
  const inside = ['/bin/sh', '-c', 'cd "$0" && exec "$@"', root, ...command];
  const line = enter.length === 0 ? command : ['nsenter', `--target=${pid}`, ...enter, '--', ...inside];
  const [file = '', ...args] = line;
  return { file, args, cwd: root, env: environmentOf(pid) };
}

function isOwn(pid: number, kind: string): boolean {
  return readlinkSync(`/proc/${pid}/ns/${kind}`) !== readlinkSync(`/proc/self/ns/${kind}`);
}

function environmentOf(pid: number): Readonly<Record<string, string>> {
  const entries = readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0');
  return Object.fromEntries(
    entries
      .filter((entry) => entry.includes('='))
      .map((entry) => [entry.split('=', 1)[0] ?? '', entry.slice(entry.indexOf('=') + 1)]),
  );
}

import { spawnSync } from 'node:child_process';

/** As root, and as anybody else, who then is root of a user namespace. */
const WAYS = [['-m'], ['-r', '-m']] as const;
const MOUNT = 'mount --bind "$1" /etc/hosts && shift && exec "$@"';

let known: readonly string[] | null = null;

/**
 * The command line that runs `command` where `hostsPath` is /etc/hosts, and nothing else differs; no process is added.
 *
 * @throws {Error} this machine lets nobody mount
 */
export function whereNamesResolve(hostsPath: string, command: readonly string[]): readonly string[] {
  return ['unshare', ...unshareFlags(), '/bin/sh', '-c', MOUNT, 'sh', hostsPath, ...command];
}

/** @throws {Error} this machine lets nobody mount */
export function unshareFlags(): readonly string[] {
  known ??= chooseFlags(works);
  return known;
}

/** The first way that works. @throws {Error} none does */
export function chooseFlags(isPossible: (flags: readonly string[]) => boolean): readonly string[] {
  const found = WAYS.find((flags) => isPossible(flags));
  if (found !== undefined) return found;
  throw new Error(
    'names of machines need a mount namespace, and this machine grants none: install unshare and mount (util-linux), and run as root or allow user namespaces (sysctl kernel.unprivileged_userns_clone=1); or do without TLS',
  );
}

function works(flags: readonly string[]): boolean {
  const args = [...flags, '/bin/sh', '-c', MOUNT, 'sh', '/etc/hosts', 'true'];
  return spawnSync('unshare', args, { stdio: 'ignore' }).status === 0;
}

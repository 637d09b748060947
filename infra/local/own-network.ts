import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);
const SCRIPT = fileURLToPath(new URL('./own-network.sh', import.meta.url));
const PROBE_MS_MAX = 10_000;

/** What machines with a network of their own have in common. */
export interface OwnNetworks {
  /** The host's address on every link. */
  readonly router: string;
  /** Mounted over /etc/resolv.conf; null leaves the host's. */
  readonly resolvConf: string | null;
}

export interface NetworkOf {
  readonly instanceId: string;
  readonly address: string;
  /** Mounted over /etc/hosts; null leaves the host's. */
  readonly hostsPath: string | null;
}

/** The command line that runs `command` where 127.0.0.1 is its own and the host is reached as before; no process is added. */
export function withOwnNetwork(
  { router, resolvConf }: OwnNetworks,
  { instanceId, address, hostsPath }: NetworkOf,
  command: readonly string[],
): readonly string[] {
  // The kernel takes names of 15 characters.
  const link = `ea-${instanceId.slice(-12)}`;
  const settings = [String(process.pid), link, address, router, resolvConf ?? '', hostsPath ?? ''];
  return ['unshare', '--net', '--mount', '/bin/sh', SCRIPT, ...settings, ...command];
}

/** Whether this process may give networks away: it is root, has `ip`, and nothing keeps the kernel from it. */
export async function canGiveNetworks(networks: OwnNetworks, address: string): Promise<boolean> {
  if (process.getuid?.() !== 0) return false;
  const probe = { instanceId: `probe-${address.split('.').slice(2).join('-')}`, address, hostsPath: null };
  const [command = '', ...args] = withOwnNetwork(networks, probe, ['true']);
  return run(command, args, { timeout: PROBE_MS_MAX }).then(
    () => true,
    () => false,
  );
}

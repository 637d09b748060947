import { join } from 'node:path';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { CLUSTER_NAME } from '../../functions/core/names.ts';
import { addLocalExecCommand } from './local-exec.ts';
import { addFaultCommand } from './local-fault.ts';
import { ROOT, type UpOptions } from './local-options.ts';
import { addLocalStatusCommand } from './local-status.ts';
import type { Terminal } from './terminal.ts';

const SIZES = [1, 3, 5, 7];

const UP_HELP = `
Packages the project if its sources changed, brings etcd where the PATH has none, starts an AWS region on this
machine, deploys the autopilot and one cluster into it, waits until the cluster is whole, and writes <dir>/env for
other terminals. Everything is real but the platform: the packaged functions, the templates, the boot script, etcd.
It needs Linux and Python 3.10 or later, and no AWS account. Ctrl-C, or "local down", leaves nothing running.`;

/** Adds `local …`. What starts and stops a region is loaded only when asked for: it is half of an SDK. */
export function addLocalCommands(program: Command, terminal: Terminal, ending: { code: number }): void {
  const local = program
    .command('local')
    .description('Runs the autopilot and a cluster on this machine, without an account.');
  local.helpCommand(false).enablePositionalOptions();
  local
    .command('up')
    .description('Starts the local region with one cluster in it.')
    .option('--cluster <name>', 'name of the cluster', clusterName, 'core')
    .option('--size <count>', 'voters to start with: 1, 3, 5 or 7', size, 3)
    .option('--tls', 'TLS on both ports, with certificates made for this region; see docs/tls.md')
    .option('--auth', 'etcd asks for a user and a password')
    .option('--detach', 'return when the cluster is whole, and leave the region running')
    .addOption(dirOption())
    .option('--port <number>', 'port of the endpoint (default: 4566, or a free one)', port)
    .addHelpText('after', UP_HELP)
    .action(async (options: UpOptions) => {
      if (options.detach === true) {
        const { raiseDetached } = await import('./local-detached.ts');
        return raiseDetached(options, terminal);
      }
      const { raise } = await import('./local-up.ts');
      return raise(options, terminal);
    });
  local
    .command('down')
    .description('Stops the local region, wherever it was started. Nothing of it keeps running.')
    .addOption(dirOption())
    .action(async (options: { readonly dir: string }) => {
      const { stopRegion } = await import('../local/region.ts');
      const wasRunning = await stopRegion({ dir: options.dir });
      terminal.out(wasRunning ? 'the local region is stopped\n' : 'no local region was running\n');
    });
  addLocalStatusCommand(local, terminal, dirOption());
  addFaultCommand(local, terminal, dirOption());
  addLocalExecCommand(local, terminal, dirOption(), ending);
}

const dirOption = (): Option =>
  new Option('--dir <folder>', 'where the region keeps its files').default(
    join(ROOT, '.local'),
    '.local of the project',
  );

function clusterName(text: string): string {
  if (CLUSTER_NAME.test(text)) return text;
  throw new InvalidArgumentError(
    'Use a lower-case letter, then up to 31 lower-case letters, digits or hyphens.',
  );
}

function size(text: string): number {
  const found = SIZES.find((known) => String(known) === text);
  if (found === undefined) throw new InvalidArgumentError('Use 1, 3, 5 or 7.');
  return found;
}

function port(text: string): number {
  const value = /^\d{1,5}$/.test(text) ? Number(text) : 0;
  if (value < 1 || value > 65_535) throw new InvalidArgumentError('Use a port from 1 to 65535.');
  return value;
}

import { Command, CommanderError } from 'commander';
import packageJson from '../../package.json' with { type: 'json' };
import { addBackup } from './backup/backup.ts';
import { addRestore } from './backup/restore.ts';
import { addDoctor } from './checks/doctor.ts';
import { addReport } from './checks/report.ts';
import type { Cloud } from './cloud/ports.ts';
import {
  type ClusterOptions,
  clusterCommand,
  clusterNameOf,
  DEFAULT_STACK,
  REACH,
} from './cluster-command.ts';
import { addDestroy } from './destroy.ts';
import { EXIT, lineOf } from './failure.ts';
import { addGate } from './gate.ts';
import { openInvoker } from './invoke.ts';
import { addLaunch } from './launch.ts';
import { addLaunchWorkers } from './launch-workers.ts';
import { addList } from './list.ts';
import { addLocalCommands } from './local.ts';
import { addPlan } from './plan.ts';
import { addReboots } from './reboots.ts';
import { addRecover } from './recover/recover.ts';
import { statusText } from './status-text.ts';
import type { Terminal } from './terminal.ts';
import { addUpdate } from './update.ts';

const EXIT_CODES = `
Exit codes: 0 fine, 1 the cluster is not healthy, 2 a mistake in the input, or the function could not be reached.`;

type OpenCloud = (env: Terminal['env']) => Promise<Cloud>;

/** Loaded only when it is asked for: it is half of an SDK. */
const openRealCloud: OpenCloud = async (env) => (await import('./cloud/open.ts')).openCloud(env);

/** The command line: `run` answers with the exit code, and never throws. */
export function programOf(
  terminal: Terminal,
  openCloud: OpenCloud = openRealCloud,
): {
  readonly run: (args: readonly string[]) => Promise<number>;
} {
  const ending: { code: number } = { code: EXIT.fine };
  const program = rootOf(terminal);
  addStatus(program, terminal, ending);
  addDoctor(program, terminal, ending);
  addReport(program, terminal, ending);
  addPlan(program, terminal, ending);
  addGate(program, terminal, ending);
  addReboots(program, terminal, ending);
  addBackup(program, terminal, ending);
  addRecover(program, terminal, ending);
  const setting = { terminal, ending, open: () => openCloud(terminal.env) };
  addLaunch(program, setting, terminal.env['STACK'] || DEFAULT_STACK);
  addRestore(program, setting, terminal.env['STACK'] || DEFAULT_STACK);
  addLaunchWorkers(program, setting);
  addUpdate(program, setting);
  addDestroy(program, setting);
  addList(program, setting);
  addLocalCommands(program, terminal, ending);
  return {
    run: async (args) => {
      try {
        await program.parseAsync([...args], { from: 'user' });
        return ending.code;
      } catch (error) {
        return endOf(error, terminal);
      }
    },
  };
}

function rootOf(terminal: Terminal): Command {
  return new Command('etcd-autopilot')
    .description(
      'Launches etcd clusters and their workers, looks at them, and runs the whole of it on this machine.',
    )
    .version(packageJson.version)
    .helpCommand(false)
    .enablePositionalOptions()
    .showHelpAfterError('(add --help for what is possible)')
    .configureOutput({ writeOut: terminal.out, writeErr: terminal.err })
    .exitOverride();
}

function addStatus(program: Command, terminal: Terminal, ending: { code: number }): void {
  clusterCommand(program, 'status', terminal)
    .description('Shows members, roles, leader, lag, versions, hooks, and what is waited for and why.')
    .addHelpText('after', REACH + EXIT_CODES)
    .action(async (options: ClusterOptions) => {
      const answer = await openInvoker(terminal.env).status(options.stack, clusterNameOf(options.cluster));
      terminal.out(options.json === true ? `${JSON.stringify(answer, null, 2)}\n` : statusText(answer));
      ending.code = answer.health === 'healthy' ? EXIT.fine : EXIT.notHealthy;
    });
}

function endOf(error: unknown, terminal: Terminal): number {
  // Commander has told its mistakes, its help and its version itself.
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.fine : EXIT.mistake;
  terminal.err(`etcd-autopilot: ${lineOf(error)}\n`);
  return EXIT.mistake;
}

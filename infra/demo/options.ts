import { join } from 'node:path';
import { Command, CommanderError, Option } from 'commander';
import { ROOT } from '../cli/local-options.ts';

export interface DemoOptions {
  readonly full: boolean;
  /** Where the region lives. */
  readonly dir: string;
  /** Where the report goes. */
  readonly report: string;
  /** Where the closing table goes as JSON; `null`: nowhere. */
  readonly json: string | null;
}

const MORE = `
Every run writes a report that any browser shows, without a network: who was in the cluster when, how long writes
took, what the autopilot did and what it waited for. --full takes about four minutes, without it one.

Exit codes: 0 every step converged within its limits and nothing was lost, 1 not so, 2 a mistake in the options.`;

/** What was asked for, or the code to exit with: help was shown, or a mistake was told in one line. */
export function readOptions(
  args: readonly string[],
  write: { readonly out: (text: string) => void; readonly err: (text: string) => void },
): DemoOptions | number {
  const command = commandOf().exitOverride().configureOutput({ writeOut: write.out, writeErr: write.err });
  try {
    command.parse([...args], { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    return error.exitCode === 0 ? 0 : 2;
  }
  const { full, dir, report, json } = command.opts();
  return { full: full === true, dir, report: report ?? join(dir, 'report.html'), json: json ?? null };
}

const commandOf = (): Command =>
  new Command('demo')
    .description(
      'Tells the story of an etcd cluster on a local region, under load: it forms, loses members, grows, shrinks and goes.',
    )
    .option(
      '--full',
      'also: two instances terminated a second apart, a refresh of the whole group, a voter that hangs',
    )
    .option('--report <file>', 'where the report goes (default: report.html in --dir)')
    .option('--json <file>', 'write the closing table as JSON, too')
    .addOption(
      new Option('--dir <folder>', 'where the region lives').default(
        join(ROOT, '.local', 'demo'),
        '.local/demo of the project',
      ),
    )
    .addHelpText('after', MORE);

import { Command, CommanderError, InvalidArgumentError } from 'commander';
import { EVERYTHING } from './everything.ts';
import { ETCD_VERSIONS, type Wishes } from './fate.ts';

export interface Options {
  readonly histories: number;
  readonly seed: number;
  readonly jobs: number;
  readonly json: boolean;
  readonly shrinks: boolean;
  readonly wishes: Wishes;
}

/** Where a run writes, and nothing else. */
export interface Terminal {
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
}

const SEED_MAX = Number.MAX_SAFE_INTEGER - 10_000_000;

const MORE = `
A seed alone is one history, told as it goes: --seed 42. With --histories it is the first of many,
and only those that fail are told. The same seed tells the same history, byte by byte.

Exit codes: 0 every rule held, 1 a rule was broken, or something known never came up in 20,000 histories, 2 a mistake in the input.`;

interface Given {
  readonly histories?: number;
  readonly seed?: number;
  readonly minutes?: number;
  readonly etcd?: string;
  readonly only?: readonly string[];
  readonly jobs: number;
  readonly json?: true;
  readonly shrink: boolean;
}

/** @returns the exit code where commander has said all that there is to say. */
export function readOptions(args: readonly string[], terminal: Terminal): Options | number {
  const command = commandOf(terminal);
  try {
    command.parse([...args], { from: 'user' });
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    throw error;
  }
  const given = command.opts<Given>();
  const { histories = given.seed === undefined ? 1_000 : 1, seed = 1, jobs, minutes, etcd, only } = given;
  const wishes = { minutes, etcd, only };
  return { histories, seed, jobs, json: given.json === true, shrinks: given.shrink, wishes };
}

const commandOf = (terminal: Terminal): Command =>
  new Command('npm run sim --')
    .description(
      'Runs simulated histories: the real code in a world that fails, with every rule judged as it goes.',
    )
    .option('--histories <n>', 'how many (default: 1000, or the one of --seed)', whole(1, 100_000_000))
    .option('--seed <n>', 'the first seed (default: 1)', whole(0, SEED_MAX))
    .option(
      '--minutes <n>',
      'how long faults come, in minutes of the world (default: drawn)',
      whole(1, 1_440),
    )
    .option(
      '--etcd <version>',
      `behave as this etcd (default: drawn from ${ETCD_VERSIONS.join(', ')})`,
      version,
    )
    .option('--only <faults>', 'these faults instead of those that the seed draws: a,b, or none', faults)
    .option('--jobs <n>', 'threads', whole(1, 64), 2)
    .option(
      '--world <name>',
      'cluster, fronts (DNS and registry), gates (updates and reboots) or care (snapshots), with options of their own (default: cluster)',
    )
    .option('--json', 'the result as JSON on the standard output, progress on the standard error')
    .option('--no-shrink', 'do not look for the fewest faults that a failing history fails with')
    .addHelpText('after', MORE)
    .allowExcessArguments(false)
    .showHelpAfterError('(add --help for what is possible)')
    .configureOutput({ writeOut: terminal.out, writeErr: terminal.err })
    .exitOverride();

function whole(least: number, most: number): (text: string) => number {
  return (text) => {
    const value = /^\d{1,16}$/.test(text) ? Number(text) : Number.NaN;
    if (value >= least && value <= most) return value;
    throw new InvalidArgumentError(`it must be a whole number from ${least} to ${most}.`);
  };
}

function version(text: string): string {
  if (ETCD_VERSIONS.some((known) => known === text)) return text;
  throw new InvalidArgumentError(`it must be one of ${ETCD_VERSIONS.join(', ')}.`);
}

function faults(text: string): readonly string[] {
  if (text === 'none') return [];
  const names = text.split(',');
  const unknown = names.find((name) => EVERYTHING[name] === undefined);
  if (unknown === undefined) return names;
  throw new InvalidArgumentError(`"${unknown}" is none of them: ${Object.keys(EVERYTHING).join(', ')}.`);
}

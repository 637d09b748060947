import { Command, CommanderError, InvalidArgumentError } from 'commander';
import type { Terminal } from './history/options.ts';

const MORE = (world: string): string => `
A seed alone is one history, told as it goes: --world ${world} --seed 42. With --histories it is the first of many,
and only those that fail are named. The same seed tells the same history, byte by byte.

Exit codes: 0 every rule held, 1 a rule was broken, 2 a mistake in the input.`;

/** Failing histories that are named; the others are counted. */
const NAMED_MAX = 30;
const PROGRESS_EVERY = 500;

/** The options that the worlds beside the main one share. */
export const worldCommand = (world: string, description: string, terminal: Terminal): Command =>
  new Command(`npm run sim -- --world ${world}`)
    .description(description)
    .option('--histories <n>', 'how many (default: the one of --seed)', whole(1, 10_000_000))
    .option('--seed <n>', 'the first seed', whole(0, Number.MAX_SAFE_INTEGER - 10_000_000), 1)
    .option('--json', 'the result as JSON on the standard output, progress on the standard error')
    .addHelpText('after', MORE(world))
    .allowExcessArguments(false)
    .showHelpAfterError('(add --help for what is possible)')
    .configureOutput({ writeOut: terminal.out, writeErr: terminal.err })
    .exitOverride();

const whole =
  (min: number, max: number) =>
  (text: string): number => {
    const value = Number(text);
    if (Number.isInteger(value) && value >= min && value <= max) return value;
    throw new InvalidArgumentError(`It must be a whole number from ${min} to ${max}.`);
  };

/** Reads the arguments; a number is the exit code where there is nothing to run. */
export function readArguments(command: Command, args: readonly string[]): number | null {
  try {
    command.parse([...args], { from: 'user' });
    return null;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    throw error;
  }
}

/** Tells now and then how far a long run is. */
export function tellProgress(done: number, count: number, failedCount: number, { err }: Terminal): void {
  if (done % PROGRESS_EVERY === 0) err(`${done} of ${count} histories, ${failedCount} failed\n`);
}

/** Names the first failing histories, by the commands that replay them. */
export function nameFailures(
  world: string,
  failures: readonly { readonly seed: number; readonly violations: readonly string[] }[],
  { out }: Terminal,
): void {
  for (const { seed, violations } of failures.slice(0, NAMED_MAX))
    out(`FAILED: npm run sim -- --world ${world} --seed ${seed}: ${violations[0]?.split('\n')[0]}\n`);
  const more = failures.length - NAMED_MAX;
  if (more > 0) out(`and ${more} more; --json names all of them\n`);
}

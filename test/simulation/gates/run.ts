import { Command, CommanderError, InvalidArgumentError } from 'commander';
import type { Terminal } from '../history/options.ts';
import { fateText } from '../history/told.ts';
import { type GatesOutcome, isGatesFault, playGates, shrinkGates } from './play.ts';

interface Given {
  readonly histories?: number;
  readonly seed: number;
  readonly only?: readonly string[];
  readonly json?: true;
}

const MORE = `
A seed alone is one history, told as it goes: --world gates --seed 42. With --histories it is the first of many,
and only those that fail are named. The same seed tells the same history, byte by byte.

Exit codes: 0 every rule held, 1 a rule was broken, 2 a mistake in the input.`;

/** Failing histories that are named; the others are counted. */
const NAMED_MAX = 30;
const PROGRESS_EVERY = 500;

/** The command line of `--world gates`; answers with the exit code. */
export async function runGates(args: readonly string[], terminal: Terminal): Promise<number> {
  const command = commandOf(terminal);
  try {
    command.parse([...args], { from: 'user' });
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    throw error;
  }
  const { histories, seed, only, json } = command.opts<Given>();
  if (histories !== undefined && histories > 1) return runMany(seed, histories, json === true, terminal);
  const outcome = await playGates(seed, { only }, true);
  return tellOne(outcome, only === undefined, json === true, terminal);
}

const commandOf = (terminal: Terminal): Command =>
  new Command('npm run sim -- --world gates')
    .description(
      'Runs simulated histories of updates, gates, the termination policy and reboots, with every effect judged.',
    )
    .option('--histories <n>', 'how many (default: the one of --seed)', whole(1, 10_000_000))
    .option('--seed <n>', 'the first seed', whole(0, Number.MAX_SAFE_INTEGER - 10_000_000), 1)
    .option('--only <faults>', 'these faults instead of those that the seed draws: a,b, or none', faults)
    .option('--json', 'the result as JSON on the standard output, progress on the standard error')
    .addHelpText('after', MORE)
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

function faults(text: string): readonly string[] {
  if (text === 'none') return [];
  const names = text.split(',');
  const unknown = names.find((name) => !isGatesFault(name));
  if (unknown === undefined) return names;
  throw new InvalidArgumentError(`There is no fault "${unknown}".`);
}

const replayOf = ({ seed, fate }: GatesOutcome): string =>
  `npm run sim -- --world gates --seed ${seed} --only ${fate.swarm.join(',') || 'none'}`;

async function tellOne(
  told: GatesOutcome,
  shrinks: boolean,
  json: boolean,
  { out }: Terminal,
): Promise<number> {
  const failed = told.violations.length > 0;
  const outcome = failed && shrinks ? await shrinkGates(told.seed) : told;
  const end = failed
    ? [
        `with the faults that it takes: ${replayOf(outcome)}`,
        ...outcome.violations.map((one) => `broken: ${one}`),
      ]
    : ['every rule held'];
  if (json) out(`${JSON.stringify(outcome)}\n`);
  else out(`${[fateText(outcome.fate), '', ...outcome.lines, '', ...end].join('\n')}\n`);
  return failed ? 1 : 0;
}

async function runMany(from: number, count: number, json: boolean, { out, err }: Terminal): Promise<number> {
  const startedAt = performance.now();
  const figures: Record<string, number> = {};
  const failures: { readonly seed: number; readonly violations: readonly string[] }[] = [];
  for (let seed = from; seed < from + count; seed += 1) {
    const outcome = await playGates(seed);
    for (const [name, value] of Object.entries(outcome.figures)) figures[name] = (figures[name] ?? 0) + value;
    if (outcome.violations.length > 0) failures.push({ seed, violations: outcome.violations });
    const done = seed - from + 1;
    if (done % PROGRESS_EVERY === 0) err(`${done} of ${count} histories, ${failures.length} failed\n`);
  }
  const seconds = (performance.now() - startedAt) / 1_000;
  if (json) out(`${JSON.stringify({ histories: count, failures, figures, seconds })}\n`);
  else tellMany({ count, figures, failures, seconds }, out);
  return failures.length === 0 ? 0 : 1;
}

interface Many {
  readonly count: number;
  readonly figures: Readonly<Record<string, number>>;
  readonly failures: readonly { readonly seed: number; readonly violations: readonly string[] }[];
  readonly seconds: number;
}

function tellMany({ count, figures, failures, seconds }: Many, out: Terminal['out']): void {
  for (const [name, value] of Object.entries(figures)) out(`${String(value).padStart(9)}  ${name}\n`);
  out(`\n${count} histories of gates in ${seconds.toFixed(1)} s: ${failures.length} broke a rule\n`);
  for (const { seed, violations } of failures.slice(0, NAMED_MAX))
    out(`FAILED: npm run sim -- --world gates --seed ${seed}: ${violations[0]?.split('\n')[0]}\n`);
  const more = failures.length - NAMED_MAX;
  if (more > 0) out(`and ${more} more; --json names all of them\n`);
}

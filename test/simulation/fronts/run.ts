import { Command, CommanderError, InvalidArgumentError } from 'commander';
import type { Terminal } from '../history/options.ts';
import { type FrontsOutcome, playFronts } from './history.ts';
import { FrontsSum } from './sum.ts';

interface Given {
  readonly histories?: number;
  readonly seed: number;
  readonly json?: true;
}

const MORE = `
A seed alone is one history, told as it goes: --world fronts --seed 42. With --histories it is the first of many,
and only those that fail are named. The same seed tells the same history, byte by byte.

Exit codes: 0 every rule held, 1 a rule was broken, 2 a mistake in the input.`;

/** Failing histories that are named; the others are counted. */
const NAMED_MAX = 30;
const PROGRESS_EVERY = 500;

/** The command line of `--world fronts`; answers with the exit code. */
export async function runFronts(args: readonly string[], terminal: Terminal): Promise<number> {
  const command = commandOf(terminal);
  try {
    command.parse([...args], { from: 'user' });
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    throw error;
  }
  const { histories, seed, json } = command.opts<Given>();
  return histories === undefined || histories === 1
    ? tellOne(await playFronts(seed, true), json === true, terminal)
    : runMany(seed, histories, json === true, terminal);
}

const commandOf = (terminal: Terminal): Command =>
  new Command('npm run sim -- --world fronts')
    .description('Runs simulated histories of the functions dns and registry, with every effect judged.')
    .option('--histories <n>', 'how many (default: the one of --seed)', whole(1, 10_000_000))
    .option('--seed <n>', 'the first seed', whole(0, Number.MAX_SAFE_INTEGER - 10_000_000), 1)
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

function tellOne(outcome: FrontsOutcome, json: boolean, { out }: Terminal): number {
  const { seed, swarm, lines, violations } = outcome;
  const end = violations.length === 0 ? ['every rule held'] : violations.map((words) => `VIOLATION ${words}`);
  if (json) out(`${JSON.stringify(outcome)}\n`);
  else
    out(
      `${[`seed ${seed}: ${swarm.join(', ') || 'nothing goes wrong'}`, '', ...lines, '', ...end].join('\n')}\n`,
    );
  return violations.length === 0 ? 0 : 1;
}

async function runMany(from: number, count: number, json: boolean, { out, err }: Terminal): Promise<number> {
  const startedAt = performance.now();
  const sum = new FrontsSum();
  for (let seed = from; seed < from + count; seed += 1) {
    sum.add(await playFronts(seed));
    if ((seed - from + 1) % PROGRESS_EVERY === 0)
      err(`${seed - from + 1} of ${count} histories, ${sum.failures.length} failed\n`);
  }
  const seconds = (performance.now() - startedAt) / 1_000;
  if (json) out(`${JSON.stringify({ ...sum.toSummary(), seconds })}\n`);
  else {
    out(sum.text(seconds));
    for (const { seed, violations } of sum.failures.slice(0, NAMED_MAX))
      out(`FAILED: npm run sim -- --world fronts --seed ${seed}: ${violations[0]}\n`);
    const more = sum.failures.length - NAMED_MAX;
    if (more > 0) out(`and ${more} more; --json names all of them\n`);
  }
  return sum.failures.length === 0 ? 0 : 1;
}

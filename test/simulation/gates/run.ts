import { InvalidArgumentError } from 'commander';
import type { Terminal } from '../history/options.ts';
import { fateText } from '../history/told.ts';
import { nameFailures, readArguments, tellProgress, worldCommand } from '../world-command.ts';
import { type GatesOutcome, isGatesFault, playGates, shrinkGates } from './play.ts';

interface Given {
  readonly histories?: number;
  readonly seed: number;
  readonly only?: readonly string[];
  readonly json?: true;
}

const ABOUT =
  'Runs simulated histories of updates, gates, the termination policy and reboots, with every effect judged.';

/** The command line of `--world gates`; answers with the exit code. */
export async function runGates(args: readonly string[], terminal: Terminal): Promise<number> {
  const command = worldCommand('gates', ABOUT, terminal).option(
    '--only <faults>',
    'these faults instead of those that the seed draws: a,b, or none',
    faults,
  );
  const code = readArguments(command, args);
  if (code !== null) return code;
  const { histories, seed, only, json } = command.opts<Given>();
  if (histories !== undefined && histories > 1) return runMany(seed, histories, json === true, terminal);
  const outcome = await playGates(seed, { only }, true);
  return tellOne(outcome, only === undefined, json === true, terminal);
}

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

async function runMany(from: number, count: number, json: boolean, terminal: Terminal): Promise<number> {
  const startedAt = performance.now();
  const figures: Record<string, number> = {};
  const failures: { readonly seed: number; readonly violations: readonly string[] }[] = [];
  for (let seed = from; seed < from + count; seed += 1) {
    const outcome = await playGates(seed);
    for (const [name, value] of Object.entries(outcome.figures)) figures[name] = (figures[name] ?? 0) + value;
    if (outcome.violations.length > 0) failures.push({ seed, violations: outcome.violations });
    tellProgress(seed - from + 1, count, failures.length, terminal);
  }
  const seconds = (performance.now() - startedAt) / 1_000;
  if (json) terminal.out(`${JSON.stringify({ histories: count, failures, figures, seconds })}\n`);
  else tellMany({ count, figures, failures, seconds }, terminal);
  return failures.length === 0 ? 0 : 1;
}

interface Many {
  readonly count: number;
  readonly figures: Readonly<Record<string, number>>;
  readonly failures: readonly { readonly seed: number; readonly violations: readonly string[] }[];
  readonly seconds: number;
}

function tellMany({ count, figures, failures, seconds }: Many, terminal: Terminal): void {
  const { out } = terminal;
  for (const [name, value] of Object.entries(figures)) out(`${String(value).padStart(9)}  ${name}\n`);
  out(`\n${count} histories of gates in ${seconds.toFixed(1)} s: ${failures.length} broke a rule\n`);
  nameFailures('gates', failures, terminal);
}

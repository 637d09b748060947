import type { Terminal } from '../history/options.ts';
import { nameFailures, readArguments, tellProgress, worldCommand } from '../world-command.ts';
import { type FrontsOutcome, playFronts } from './history.ts';
import { FrontsSum } from './sum.ts';

interface Given {
  readonly histories?: number;
  readonly seed: number;
  readonly json?: true;
}

const ABOUT = 'Runs simulated histories of the functions dns and registry, with every effect judged.';

/** The command line of `--world fronts`; answers with the exit code. */
export async function runFronts(args: readonly string[], terminal: Terminal): Promise<number> {
  const command = worldCommand('fronts', ABOUT, terminal);
  const code = readArguments(command, args);
  if (code !== null) return code;
  const { histories, seed, json } = command.opts<Given>();
  return histories === undefined || histories === 1
    ? tellOne(await playFronts(seed, true), json === true, terminal)
    : runMany(seed, histories, json === true, terminal);
}

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

async function runMany(from: number, count: number, json: boolean, terminal: Terminal): Promise<number> {
  const { out } = terminal;
  const startedAt = performance.now();
  const sum = new FrontsSum();
  for (let seed = from; seed < from + count; seed += 1) {
    sum.add(await playFronts(seed));
    tellProgress(seed - from + 1, count, sum.failures.length, terminal);
  }
  const seconds = (performance.now() - startedAt) / 1_000;
  if (json) out(`${JSON.stringify({ ...sum.toSummary(), seconds })}\n`);
  else {
    out(sum.text(seconds));
    nameFailures('fronts', sum.failures, terminal);
  }
  return sum.failures.length === 0 ? 0 : 1;
}

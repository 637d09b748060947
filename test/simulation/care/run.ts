import { Counts } from '../history/counts.ts';
import type { Terminal } from '../history/options.ts';
import { nameFailures, readArguments, tellProgress, worldCommand } from '../world-command.ts';
import { type CareOutcome, playCare } from './history.ts';
import { FAULTS } from './moments.ts';

interface Given {
  readonly histories?: number;
  readonly seed: number;
  readonly json?: true;
}

const ABOUT = 'Runs simulated histories of backup and verification, with everything in the bucket judged.';

/** The command line of `--world care`; answers with the exit code. */
export async function runCare(args: readonly string[], terminal: Terminal): Promise<number> {
  const command = worldCommand('care', ABOUT, terminal);
  const code = readArguments(command, args);
  if (code !== null) return code;
  const { histories, seed, json } = command.opts<Given>();
  return histories === undefined || histories === 1
    ? tellOne(await playCare(seed, true), json === true, terminal)
    : runMany(seed, histories, json === true, terminal);
}

function tellOne(outcome: CareOutcome, json: boolean, { out }: Terminal): number {
  const { seed, swarm, lines, violations } = outcome;
  const end = violations.length === 0 ? ['every rule held'] : violations.map((words) => `VIOLATION ${words}`);
  const head = `seed ${seed}: ${swarm.join(', ') || 'nothing goes wrong'}`;
  out(json ? `${JSON.stringify(outcome)}\n` : `${[head, '', ...lines, '', ...end].join('\n')}\n`);
  return violations.length === 0 ? 0 : 1;
}

async function runMany(from: number, count: number, json: boolean, terminal: Terminal): Promise<number> {
  const startedAt = performance.now();
  const [happened, judged] = [new Counts(), new Counts()];
  const failures: CareOutcome[] = [];
  let snapshots = 0;
  for (let seed = from; seed < from + count; seed += 1) {
    const outcome = await playCare(seed);
    happened.addAll(outcome.counts.happened);
    judged.addAll(outcome.counts.judged);
    snapshots += outcome.counts.snapshots;
    if (outcome.violations.length > 0) failures.push(outcome);
    tellProgress(seed - from + 1, count, failures.length, terminal);
  }
  const seconds = (performance.now() - startedAt) / 1_000;
  const never = Object.keys(FAULTS).filter((name) => happened.of(name) === 0);
  const summary = {
    histories: count,
    snapshots,
    judged: judged.toRecord(),
    happened: happened.toRecord(),
    never,
  };
  const named = failures.map(({ seed, violations }) => ({ seed, violations }));
  if (json) terminal.out(`${JSON.stringify({ ...summary, failures: named, seconds })}\n`);
  else {
    const rows = [...Object.entries(summary.happened), ...never.map((name) => [name, 'never'] as const)];
    for (const [name, times] of rows) terminal.out(`${String(times).padStart(9)}  ${name}\n`);
    const rules = Object.entries(summary.judged).map(([rule, times]) => `${rule} ${times}`);
    terminal.out(`\njudged: ${rules.join(', ')}\n`);
    terminal.out(
      `${count} histories in ${seconds.toFixed(1)} s, ${snapshots} snapshots: ${failures.length} broke a rule\n`,
    );
    nameFailures('care', named, terminal);
  }
  return failures.length === 0 ? 0 : 1;
}

import { EVERYTHING } from './everything.ts';
import { type Options, readOptions, type Terminal } from './options.ts';
import { play } from './play.ts';
import { runPool } from './pool.ts';
import { shrink } from './shrink.ts';
import { Sum, type Summary } from './summary.ts';
import { failureText, fateText, replayOf, shortcomingsOf, summaryText } from './told.ts';

/** Failing histories that are told in full; of the others the seeds are named. */
const TOLD_MAX = 3;
const NAMED_MAX = 30;

/** The command line; answers with the exit code. */
export async function runSimulation(args: readonly string[], terminal: Terminal): Promise<number> {
  const options = readOptions(args, terminal);
  if (typeof options === 'number') return options;
  return options.histories === 1 ? tellOne(options, terminal) : runMany(options, terminal);
}

/** One history, told as it went. */
async function tellOne({ seed, wishes, json, shrinks }: Options, terminal: Terminal): Promise<number> {
  const outcome = await play(seed, wishes, true);
  const failed = outcome.violations.length > 0;
  const told = failed && shrinks ? await shrink(seed, wishes) : { outcome, only: outcome.fate.swarm };
  if (json) terminal.out(`${JSON.stringify({ ...told.outcome, only: told.only })}\n`);
  else if (failed) terminal.out(failureText(seed, wishes, told));
  else terminal.out(`${[fateText(outcome.fate), '', ...outcome.lines, '', 'every rule held'].join('\n')}\n`);
  return failed ? 1 : 0;
}

async function runMany(options: Options, terminal: Terminal): Promise<number> {
  const { histories, seed, jobs, wishes } = options;
  const startedAt = performance.now();
  const sum = new Sum(wishes.only ?? Object.keys(EVERYTHING));
  const progress = progressOf(histories, terminal);
  await runPool({ from: seed, count: histories, threads: jobs, wishes }, (briefs) => {
    for (const brief of briefs) sum.add(brief);
    progress(briefs.length, sum.failureCount);
  });
  const summary = sum.toSummary();
  const seconds = (performance.now() - startedAt) / 1_000;
  const shortcomings = shortcomingsOf(summary);
  if (options.json) terminal.out(`${JSON.stringify({ ...summary, seconds, shortcomings })}\n`);
  else await tellMany(options, summary, seconds, terminal);
  for (const words of shortcomings) terminal.err(`${words}\n`);
  return summary.failures.length + shortcomings.length === 0 ? 0 : 1;
}

async function tellMany(
  { wishes, shrinks }: Options,
  summary: Summary,
  seconds: number,
  terminal: Terminal,
): Promise<void> {
  for (const { seed } of summary.failures.slice(0, TOLD_MAX)) {
    const outcome = await play(seed, wishes, true);
    const told = shrinks ? await shrink(seed, wishes) : { outcome, only: outcome.fate.swarm };
    terminal.out(failureText(seed, wishes, told));
  }
  terminal.out(summaryText(summary, seconds));
  for (const { seed, violations } of summary.failures.slice(0, NAMED_MAX))
    terminal.out(`FAILED: ${replayOf(seed, wishes)}: ${violations[0]?.split('\n')[0]}\n`);
  const unnamed = summary.failures.length - NAMED_MAX;
  if (unnamed > 0) terminal.out(`and ${unnamed} more; --json names all of them\n`);
}

/** A line on the standard error for every tenth of a long run. */
function progressOf(total: number, terminal: Terminal): (count: number, failures: number) => void {
  let done = 0;
  let told = 0;
  return (count, failures) => {
    done += count;
    const tenths = Math.floor((done * 10) / total);
    if (tenths === told || total < 1_000) return;
    told = tenths;
    terminal.err(`${done} of ${total} histories, ${failures} failed\n`);
  };
}

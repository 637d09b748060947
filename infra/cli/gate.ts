import { setTimeout as wait } from 'node:timers/promises';
import type { Command } from 'commander';
import type { StatusAnswer } from '../../functions/membership/answer.ts';
import { type ClusterOptions, clusterCommand, clusterNameOf, REACH } from './cluster-command.ts';
import { EXIT, Failure } from './failure.ts';
import { openInvoker } from './invoke.ts';
import type { Terminal } from './terminal.ts';

interface GateOptions extends ClusterOptions {
  readonly timeout: string;
  readonly voters?: string;
}

/** Each asks for a look of its own, which takes about a second. */
const PAUSE_MS = 3_000;
const TIMEOUT_SECONDS_MAX = 86_400;
const VOTERS_MAX = 9;

const HELP = `
For pipelines, before and after whatever takes a member: waits until every voter that the group wants answers and keeps
up, nobody joins or leaves, no alarm is raised, and it has been so for gate.stableSeconds of the cluster's settings.

  etcd-autopilot gate --cluster core --timeout 900 && ./change-something.sh && etcd-autopilot gate --cluster core
${REACH}
Exit codes: 0 it tolerates one more failure, 1 it did not in time, 2 a mistake in the input, or the function could not be
reached.`;

/** Adds `gate`. */
export function addGate(program: Command, terminal: Terminal, ending: { code: number }): void {
  clusterCommand(program, 'gate', terminal)
    .description('Waits until a cluster tolerates one more failure, and tells what is missing meanwhile.')
    .option('--timeout <seconds>', 'how long to wait; 0 asks once', '600')
    .option('--voters <number>', 'voters that must answer, where that is not what the group wants')
    .addHelpText('after', HELP)
    .action(async (options: GateOptions) => {
      const cluster = clusterNameOf(options.cluster);
      const timeoutSeconds = numberOf('--timeout', options.timeout, 0, TIMEOUT_SECONDS_MAX);
      const voters =
        options.voters === undefined ? null : numberOf('--voters', options.voters, 1, VOTERS_MAX);
      const outcome = await waitAtGate({
        look: () => openInvoker(terminal.env).status(options.stack, cluster),
        voters,
        timeoutMs: timeoutSeconds * 1_000,
        nowMs: () => performance.now(),
        sleep: (ms) => wait(ms),
        tell: (line) => terminal.err(`${line}\n`),
      });
      terminal.out(
        options.json === true
          ? `${JSON.stringify({ cluster, ...outcome }, null, 2)}\n`
          : text(cluster, outcome),
      );
      ending.code = outcome.holds ? EXIT.fine : EXIT.notHealthy;
    });
}

export interface Waiting {
  readonly look: () => Promise<StatusAnswer>;
  /** `null`: as many as the group wants. */
  readonly voters: number | null;
  readonly timeoutMs: number;
  readonly nowMs: () => number;
  readonly sleep: (ms: number) => Promise<unknown>;
  /** Told whenever something else is missing. */
  readonly tell: (line: string) => void;
}

export interface GateOutcome {
  readonly holds: boolean;
  readonly since: string | null;
  readonly waitedSeconds: number;
  readonly shortfalls: StatusAnswer['tolerates']['shortfalls'];
}

/**
 * Looks until the cluster tolerates one more failure, or the time is over; at least once.
 *
 * @throws {Failure} the first look, or the last, could not be had: nobody knows how the cluster is
 */
export async function waitAtGate(waiting: Waiting): Promise<GateOutcome> {
  const { nowMs, sleep, tell, timeoutMs } = waiting;
  const startedAtMs = nowMs();
  let told = '';
  for (let isFirst = true; ; isFirst = false) {
    const seen = await lookOrFail(waiting, isFirst);
    const waitedMs = nowMs() - startedAtMs;
    const isLast = waitedMs + PAUSE_MS > timeoutMs;
    if (seen instanceof Failure && isLast) throw seen;
    if (!(seen instanceof Failure) && (seen.holds || isLast)) {
      return { ...seen, waitedSeconds: Math.round(waitedMs / 1_000) };
    }
    const missing =
      seen instanceof Failure ? seen.message : seen.shortfalls.map(({ text: words }) => words).join('; ');
    if (missing !== told) tell(`waiting: ${missing}`);
    told = missing;
    await sleep(PAUSE_MS);
  }
}

async function lookOrFail(
  { look, voters }: Waiting,
  isFirst: boolean,
): Promise<Omit<GateOutcome, 'waitedSeconds'> | Failure> {
  try {
    return judge(await look(), voters);
  } catch (error) {
    // What is wrong from the start is a mistake; later it may be the network, or a deployment.
    if (!(error instanceof Failure) || isFirst) throw error;
    return error;
  }
}

function judge(
  { tolerates, members }: StatusAnswer,
  voters: number | null,
): Omit<GateOutcome, 'waitedSeconds'> {
  if (tolerates === undefined) {
    throw new Failure(
      'the membership function is of a version that does not tell what gates need: deploy this one',
    );
  }
  const answering = members.filter(({ role, answers }) => role === 'voter' && answers).length;
  if (voters === null || answering >= voters) return tolerates;
  const few = {
    code: 'tooFewVoters',
    subject: `${answering} of ${voters}`,
    text: `${answering} of ${voters} voters answer`,
    advice: 'let the group launch its instances, or ask for fewer',
  } as const;
  const others = tolerates.shortfalls.filter(({ code }) => code !== few.code);
  return { holds: false, since: tolerates.since, shortfalls: [few, ...others] };
}

function text(cluster: string, { holds, since, waitedSeconds, shortfalls }: GateOutcome): string {
  if (holds) return `${cluster}: tolerates one more failure, calm since ${since ?? 'now'}\n`;
  const lines = shortfalls.map(({ code, text: words, advice }) => `  ${code}: ${words}; ${advice}\n`);
  return `${cluster}: does not tolerate one more failure, after ${waitedSeconds} seconds\n${lines.join('')}`;
}

function numberOf(option: string, value: string, min: number, max: number): number {
  const number = /^\d{1,6}$/.test(value) ? Number(value) : Number.NaN;
  if (number >= min && number <= max) return number;
  throw new Failure(`${option} must be a whole number from ${min} to ${max}, got "${value}"`);
}

import type { Command } from 'commander';
import type { Cloud } from '../cloud/ports.ts';
import { EXIT, Failure } from '../failure.ts';
import type { Terminal } from '../terminal.ts';
import type { Result } from './carry-out.ts';
import type { MannerOptions } from './manner.ts';

/** What every command about stacks works with. */
export interface Setting {
  readonly terminal: Terminal;
  readonly open: () => Promise<Cloud>;
  /** Exit code of the program. */
  readonly ending: { code: number };
}

export const DEFAULT_WAIT_MINUTES = '60';

/** Options of every command that changes something. */
export function addManner(command: Command): Command {
  return command
    .option('-y, --yes', 'ask nothing: for scripts')
    .option('--dry-run', 'show what would be done, and do nothing')
    .option('--wait-minutes <minutes>', 'how long to wait for the end', DEFAULT_WAIT_MINUTES)
    .option('--json', 'print the outcome as JSON; progress goes to standard error');
}

/** Options of every command that gives a template its parameters. */
export function addParameters(command: Command): Command {
  return command
    .option('--parameter <Key=Value>', 'any other parameter of the template; several times', collect, [])
    .option('--template <file>', 'a template of your own in place of the packaged one');
}

const collect = (text: string, before: readonly string[]): readonly string[] => [...before, text];

export interface ParameterOptions {
  readonly parameter: readonly string[];
  readonly template?: string;
}

export type ChangeOptions = MannerOptions & ParameterOptions;

/** Lets a command work with the platform, prints its outcome, and sets the exit code. */
export async function concluding(
  { terminal, open, ending }: Setting,
  json: boolean,
  work: (cloud: Cloud) => Promise<Pick<Result, 'outcome'>>,
): Promise<void> {
  const cloud = await open();
  try {
    const result = await work(cloud);
    if (json) terminal.out(`${JSON.stringify(result, null, 2)}\n`);
    ending.code = WELL.has(result.outcome) ? EXIT.fine : EXIT.notHealthy;
  } finally {
    cloud.close();
  }
}

const WELL: ReadonlySet<Result['outcome']> = new Set(['done', 'unchanged', 'planned']);

/** @throws {Failure} all of the mistakes, in one line */
export function refuse(mistakes: readonly string[]): void {
  if (mistakes.length > 0) throw new Failure(mistakes.join('; '));
}

/** The values of options and of --parameter as one. @throws {Failure} one is given in both ways */
export function joined(
  options: ReadonlyMap<string, string>,
  pairs: ReadonlyMap<string, string>,
): ReadonlyMap<string, string> {
  const twice = [...pairs.keys()].filter((name) => options.has(name));
  refuse(twice.map((name) => `${name} is given twice, by an option of its own and by --parameter`));
  return new Map([...options, ...pairs]);
}

export const EXIT_CODES = `
Exit codes: 0 done, or nothing to do; 1 it failed, was declined, or is not finished within the time;
2 a mistake in the input, or AWS could not be reached or refused.`;

export const REACH = `
Credentials, region and endpoint are taken from where every AWS client takes them (AWS_PROFILE, AWS_REGION,
AWS_ENDPOINT_URL, ...): after ". .local/env" it is the local region of this machine.`;

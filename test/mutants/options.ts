import { parseArgs } from 'node:util';
import { Mistake } from '../../infra/matrix/options.ts';
import type { Mutant } from './mutant.ts';

export interface MutantOptions {
  readonly mutants: readonly Mutant[];
  /** Mutants tried at a time. */
  readonly jobs: number;
  readonly json: boolean;
  /** Only tell what there is. */
  readonly list: boolean;
  /** Histories of the simulation for each mutant; `null`: the named tests are run instead. */
  readonly histories: number | null;
}

export const HELP = `Breaks the product on purpose, one fault at a time, and demands that the named test notices each.

  npm run mutants -- [--only NAME,...] [--jobs N] [--sim N] [--list] [--json]

  --only   only these mutants, by their names or by the rule they break: quorum-one-short,R5
  --jobs   how many are tried at a time (default: 2)
  --sim    try each against this many histories of the simulation instead, and tell after how many
           the first one noticed; a mutant that no history notices is told, and is no failure
  --list   tell what there is, and try nothing
  --json   the result as JSON on the standard output, and progress on the standard error
  --help   this text

A mutant is killed when its named test, alone, fails by an assertion: not by a file that cannot be
loaded, an error of another kind, or a timeout. Everything happens in a copy of the sources in the
folder for temporary files; the copy is deleted at the end.

Exit codes: 0 all were killed, 1 one was not, 2 a mistake in the input.
`;

/**
 * @throws {Mistake} an unknown option or mutant, or a number that is none.
 * @returns `help` when that was asked for.
 */
export function readOptions(args: readonly string[], known: readonly Mutant[]): MutantOptions | 'help' {
  const values = parse(args);
  if (values.help === true) return 'help';
  return {
    mutants: values.only === undefined ? known : chosen(values.only, known),
    jobs: wholeNumber('--jobs', values.jobs ?? '2', 64),
    json: values.json === true,
    list: values.list === true,
    histories: values.sim === undefined ? null : wholeNumber('--sim', values.sim, 1_000_000),
  };
}

function parse(args: readonly string[]) {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        only: { type: 'string' },
        jobs: { type: 'string' },
        sim: { type: 'string' },
        list: { type: 'boolean' },
        json: { type: 'boolean' },
        help: { type: 'boolean', short: 'h' },
      },
    });
    return values;
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new Mistake(`${reason.split('. ')[0]} (--help tells what is possible)`);
  }
}

function wholeNumber(option: string, text: string, max: number): number {
  const value = /^\d{1,7}$/.test(text) ? Number(text) : Number.NaN;
  if (value >= 1 && value <= max) return value;
  throw new Mistake(`${option} must be a whole number from 1 to ${max}, got "${text}"`);
}

function chosen(text: string, known: readonly Mutant[]): readonly Mutant[] {
  const words = text.split(',').map((word) => word.trim());
  for (const word of words) {
    if (known.every(({ name, rule }) => word !== name && word !== rule))
      throw new Mistake(`there is no mutant or rule "${word}" (--list tells which there are)`);
  }
  return known.filter(({ name, rule }) => words.includes(name) || words.includes(rule));
}

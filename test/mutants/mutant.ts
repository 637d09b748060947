/** The safety rules of docs/how-it-works.md that a fault breaks. */
export type Rule =
  | 'R1'
  | 'R2'
  | 'R3'
  | 'R4'
  | 'R5'
  | 'R6'
  | 'R7'
  | 'R8'
  | 'R9'
  | 'R10'
  | 'R11'
  | 'R12'
  | 'R13';

/** A change of one place in a file. */
export interface Edit {
  /** Stands exactly once in the file. */
  readonly from: string;
  readonly to: string;
}

/** One deliberate fault of the product, and the test that must notice it by an assertion. */
export interface Mutant extends Edit {
  /** A few words with dashes: how `--only` calls it. */
  readonly name: string;
  readonly rule: Rule;
  /** What the broken product does, as a sentence without its full stop. */
  readonly fault: string;
  readonly file: string;
  /** A second place in the same file, where one does not make the fault. */
  readonly also?: Edit;
  readonly killedBy: NamedTest;
}

export interface NamedTest {
  readonly file: string;
  /**
   * Titles from the outermost group to the test as they are written, with ` > ` between them. With
   * a `%s` of `test.each` in it, it names every case: one of them must notice the fault.
   */
  readonly test: string;
}

/** Between the titles of a group and of its test. */
export const WITHIN = ' > ';

/** What a test calls itself when it runs; vitest joins titles with a blank, or as we do. */
export function patternOf({ test }: NamedTest): string {
  const patterns = test.split(WITHIN).map((title) =>
    title
      .split(/%[sdifjoO#]/)
      .map((part) => part.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&'))
      .join('.*'),
  );
  return `^${patterns.join('(?: | > )')}$`;
}

/** The text of a mutant's file with its fault in it; `null`: what is to be replaced does not stand there exactly once. */
export function mutated(text: string, { from, to, also }: Mutant): string | null {
  const first = replaceOnce(text, { from, to });
  return also === undefined || first === null ? first : replaceOnce(first, also);
}

function replaceOnce(text: string, { from, to }: Edit): string | null {
  const parts = text.split(from);
  return parts.length === 2 && from !== to ? parts.join(to) : null;
}

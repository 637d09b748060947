import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { MUTANTS } from './list.ts';
import { type Mutant, mutated, type NamedTest, patternOf, type Rule, WITHIN } from './mutant.ts';
import { runMutants } from './run.ts';
import { tableOf } from './table.ts';
import { verdictOf } from './verdict.ts';

const RULES: readonly Rule[] = [
  ...(['R1', 'R2', 'R3', 'R4', 'R5', 'R6', 'R7', 'R8', 'R9', 'R10', 'R11', 'R12', 'R13'] as const),
];
const textOf = (path: string): string => readFileSync(path, 'utf8');

/** Titles of groups and tests as they are written in a file; tables of `each` stand before them. */
function titlesIn(path: string): ReadonlySet<string> {
  const found = textOf(path).matchAll(
    /\b(?:describe|test)(?:\.each\([\s\S]*?\)|\.each<[\s\S]*?\))?\(\s*(?:'((?:[^'\\\n]|\\.)*)'|"([^"\n]*)"|`([^`\n]*)`)/g,
  );
  return new Set(
    [...found].map(([, single, double, back]) => (single ?? double ?? back ?? '').replaceAll('\\', '')),
  );
}

describe('the list of mutants', () => {
  test('has faults enough against every rule', () => {
    expect(MUTANTS.length).toBeGreaterThanOrEqual(100);
    const counts = RULES.map((rule) => MUTANTS.filter((mutant) => mutant.rule === rule).length);
    expect(Math.min(...counts)).toBeGreaterThanOrEqual(4);
  });

  test('breaks what decides only, and calls every fault by a name of its own', () => {
    expect(
      MUTANTS.map(({ file }) => file).filter(
        (file) =>
          !/^functions\/(?:core\/|engine\/|edge\/coalesce|gate\/|termination-policy\/|custom-resources\/gate)/.test(
            file,
          ),
      ),
    ).toEqual([]);
    const names = MUTANTS.map(({ name }) => name);
    expect(names.filter((name, at) => names.indexOf(name) !== at || !/^[a-z0-9-]+$/.test(name))).toEqual([]);
  });

  test('replaces what stands exactly once in its file', () => {
    const stale = MUTANTS.filter((mutant) => mutated(textOf(mutant.file), mutant) === null);
    expect(stale.map(({ name, file }) => `${name}: look at ${file}`)).toEqual([]);
  });

  test('names tests that exist, group by group as they are written', () => {
    const missing = MUTANTS.filter(({ killedBy: { file, test: named } }) => {
      const titles = titlesIn(file);
      return named.split(WITHIN).some((title) => !titles.has(title));
    });
    expect(missing.map(({ name, killedBy }) => `${name}: ${killedBy.file}: ${killedBy.test}`)).toEqual([]);
  });
});

const MUTANT: Mutant = {
  name: 'a-name',
  rule: 'R1',
  fault: 'it is broken',
  file: 'functions/core/quorum.ts',
  from: 'x',
  to: 'y',
  killedBy: { file: 'test/core/quorum.test.ts', test: 'a group > of %i (%s)' },
};

describe('a fault', () => {
  test('is put in where its place stands once, and nowhere else', () => {
    expect(mutated('a x b', MUTANT)).toBe('a y b');
    expect(mutated('a b', MUTANT)).toBeNull();
    expect(mutated('x x', MUTANT)).toBeNull();
    expect(mutated('a x b', { ...MUTANT, to: 'x' })).toBeNull();
  });

  test('may have a second place', () => {
    const both = { ...MUTANT, also: { from: 'b', to: 'c' } };
    expect(mutated('a x b', both)).toBe('a y c');
    expect(mutated('a x', both)).toBeNull();
  });

  test('is noticed by whatever case its test has', () => {
    const pattern = new RegExp(patternOf(MUTANT.killedBy));
    expect(pattern.test('a group of 3 (x > y)')).toBe(true);
    expect(pattern.test('a group > of 3 (x)')).toBe(true);
    expect(pattern.test('a group > of 3 x')).toBe(false);
    expect(pattern.test('another group > of 3 (x)')).toBe(false);
  });
});

describe('the run of a named test', () => {
  const named: NamedTest = { file: 'a.test.ts', test: 'a group > a test' };
  const report = (status: string, ...failureMessages: readonly string[]) =>
    JSON.stringify({
      testResults: [
        {
          status: 'passed',
          message: '',
          assertionResults: [
            { ancestorTitles: ['a group'], title: 'a test', status, failureMessages },
            { ancestorTitles: ['a group'], title: 'another', status: 'skipped', failureMessages: [] },
          ],
        },
      ],
    });

  test.each([
    ['that fails by an assertion kills', report('failed', 'AssertionError: no\n at'), 'killed', 'no'],
    ['that passes does not', report('passed'), 'survived', 'the named test passed'],
    [
      'that fails by another error proves nothing',
      report('failed', 'AssertionError: no', 'Error: Test timed out'),
      'unproven',
      'not by an assertion: Error: Test timed out',
    ],
    ['that did not run proves nothing', report('skipped'), 'unproven', 'the named test did not run'],
    [
      'whose file cannot be loaded proves nothing',
      JSON.stringify({
        testResults: [{ status: 'failed', message: 'a syntax error', assertionResults: [] }],
      }),
      'unproven',
      'its file could not be loaded: a syntax error',
    ],
    ['that leaves no report proves nothing', '', 'unproven', 'the tests left no report'],
  ])('%s', (_title, text, kind, words) => {
    expect(verdictOf(text, named)).toEqual({ kind, words });
  });

  test('of a mutant that nobody noticed is told with the fault and its test', () => {
    const trial = { mutant: MUTANT, kind: 'survived', words: 'the named test passed', seconds: 1 } as const;
    const text = tableOf([trial, { ...trial, mutant: { ...MUTANT, name: 'b' }, kind: 'killed' }], 2);
    expect(text).toContain(
      'a-name survived: the named test passed\n  functions/core/quorum.ts: it is broken\n',
    );
    expect(text).toContain('\n1 of 2 mutants killed, in 2 s\n');
  });
});

describe('the command', () => {
  async function run(...args: readonly string[]) {
    const said: string[] = [];
    const say = (text: string) => void said.push(text);
    const code = await runMutants(args, { out: say, err: say, signal: new AbortController().signal });
    return { code, text: said.join('') };
  }

  test.each([
    [['--fast'], "Unknown option '--fast' (--help tells what is possible)\n"],
    [['--only', 'R5,nobody'], 'there is no mutant or rule "nobody" (--list tells which there are)\n'],
    [['--jobs', '0'], '--jobs must be a whole number from 1 to 64, got "0"\n'],
    [['--sim', 'many'], '--sim must be a whole number from 1 to 1000000, got "many"\n'],
  ])('refuses %j in one line', async (args, words) => {
    expect(await run(...args)).toEqual({ code: 2, text: words });
  });

  test('tells what it does, and which mutants there are', async () => {
    expect((await run('--help')).text).toContain('Exit codes: 0 ');
    expect((await run('--list')).text).toContain(`\n${MUTANTS.length} mutants\n`);
    const { code, text } = await run('--list', '--json', '--only', 'R13');
    const listed: readonly Mutant[] = JSON.parse(text);
    expect(code).toBe(0);
    expect(listed).toEqual(MUTANTS.filter(({ rule }) => rule === 'R13'));
  });
});

import { expect, test } from 'vitest';
import { readOptions } from '../../../infra/demo/options.ts';

function read(...args: readonly string[]) {
  const told: string[] = [];
  const say = (text: string) => told.push(text);
  return { result: readOptions(args, { out: say, err: say }), text: told.join('') };
}

test('without options the short story is told and the report lies beside the region', () => {
  const { result } = read('--dir', '/somewhere');
  expect(result).toEqual({ full: false, dir: '/somewhere', report: '/somewhere/report.html', json: null });
});

test('every option is understood', () => {
  const { result } = read('--full', '--report', 'a.html', '--json', 'b.json', '--dir', 'c');
  expect(result).toEqual({ full: true, dir: 'c', report: 'a.html', json: 'b.json' });
});

test('help names every option, the report and the exit codes', () => {
  const { result, text } = read('--help');
  expect(result).toBe(0);
  for (const words of ['--full', '--report <file>', '--json <file>', '--dir', 'Exit codes']) {
    expect(text).toContain(words);
  }
});

test.each([['--bogus'], ['--report'], ['extra'], ['--full', 'extra']])(
  'a mistake such as %s %s is told in one line and ends with code 2',
  (...args) => {
    const { result, text } = read(...args.filter((arg) => arg !== undefined));
    expect(result).toBe(2);
    expect(text.trimEnd().split('\n')).toHaveLength(1);
    expect(text).toMatch(/^error: /);
  },
);

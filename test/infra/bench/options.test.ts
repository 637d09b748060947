import { expect, test } from 'vitest';
import { readOptions } from '../../../infra/bench/options.ts';
import { STORIES } from '../../../infra/bench/stories.ts';

function read(...args: readonly string[]) {
  const told: string[] = [];
  const say = (text: string) => told.push(text);
  return { result: readOptions(args, { out: say, err: say }), text: told.join('') };
}

const namesOf = (...args: readonly string[]): readonly string[] => {
  const { result } = read(...args);
  return typeof result === 'number' ? [] : result.stories.map(({ name }) => name);
};

test('a full run tells every story that the issue names five times', () => {
  expect(read().result).toMatchObject({ quick: false, repetitions: 5, etcd: null });
  expect(namesOf()).toEqual([
    'bootstrap-1',
    'bootstrap-3',
    'follower-lost',
    'leader-lost',
    'leader-hooked',
    'second-0s',
    'second-1s',
    'second-10s',
    'refresh-3',
    'all-killed',
    'ghost',
    'bootstrap-5',
    'refresh-5',
  ]);
});

test('a quick run tells fewer, once', () => {
  expect(read('--quick').result).toMatchObject({ quick: true, repetitions: 1 });
  expect(namesOf('--quick')).toEqual([
    'bootstrap-3',
    'follower-lost',
    'leader-hooked',
    'second-1s',
    'all-killed',
  ]);
});

test('chosen stories are told in their own order, as often as asked for, also those that are not quick', () => {
  expect(namesOf('--quick', '--only', 'ghost, leader-lost')).toEqual(['leader-lost', 'ghost']);
  expect(
    read('--repetitions', '7', '--etcd', '3.6.14', '--json', 'a.json', '--dir', 'b').result,
  ).toMatchObject({
    repetitions: 7,
    etcd: '3.6.14',
    json: 'a.json',
    dir: 'b',
  });
});

test('the page is written from a file, and nothing is measured for that', () => {
  expect(read('--render', 'a.json').result).toMatchObject({ render: 'a.json' });
  expect(read().result).toMatchObject({ render: null });
});

test('help names every option, every story and the exit codes', () => {
  const { result, text } = read('--help');
  expect(result).toBe(0);
  for (const words of [
    '--quick',
    '--only',
    '--repetitions',
    '--etcd',
    '--json',
    '--dir',
    '--render',
    'Exit codes',
  ]) {
    expect(text).toContain(words);
  }
  for (const { name, about } of STORIES) expect(text).toContain(`${name.padEnd(14)} ${about}`);
});

test.each([
  ['--bogus'],
  ['extra'],
  ['--only', 'nonsense'],
  ['--only', ''],
  ['--repetitions', '0'],
  ['--repetitions', '1.5'],
  ['--repetitions', 'many'],
  ['--repetitions', '101'],
  ['--json'],
])('a mistake such as %s %s is told in one line and ends with code 2', (...args) => {
  const { result, text } = read(...args.filter((arg) => arg !== undefined));
  expect(result).toBe(2);
  expect(text.trimEnd().split('\n')).toHaveLength(1);
  expect(text).toMatch(/^error: /);
});

test('the storm is told alone, and needs neither stories nor a region', () => {
  expect(read('--only', 'storm').result).toMatchObject({ onlyStorm: true, stories: [] });
  expect(read('--only', 'ghost').result).toMatchObject({ onlyStorm: false });
  expect(read('--only', 'storm,ghost').result).toBe(2);
});

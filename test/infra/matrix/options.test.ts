import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, test } from 'vitest';
import { isVersion } from '../../../infra/etcd/version.ts';
import { DEFAULT_VERSIONS, HELP, Mistake, readOptions } from '../../../infra/matrix/options.ts';
import { filesOf, SUITES } from '../../../infra/matrix/suites.ts';

const ROOT = join(import.meta.dirname, '../../..');
const mistakeOf = (...args: readonly string[]): string => {
  try {
    readOptions(args);
  } catch (error) {
    if (error instanceof Mistake) return error.message;
    throw error;
  }
  return 'no mistake';
};

test('without options all suites run on the usual versions', () => {
  expect(readOptions([])).toEqual({ versions: null, folders: [], suites: SUITES, json: false });
  expect(DEFAULT_VERSIONS.every(isVersion)).toBe(true);
  const minors = new Set(DEFAULT_VERSIONS.map((version) => version.split('.').slice(0, 2).join('.')));
  expect([...minors]).toEqual(['3.4', '3.5', '3.6', '3.7']);
});

test('lists are read in their order, each entry once, and folders from where one stands', () => {
  const args = [
    '--versions',
    '3.6.14, 3.4.23,3.6.14',
    '--binaries=here,/there',
    '--only',
    'boot-script,contract',
  ];
  const options = readOptions([...args, '--json']);
  expect(options).toMatchObject({
    versions: ['3.6.14', '3.4.23'],
    folders: [resolve('here'), '/there'],
    json: true,
  });
  const names = options === 'help' ? [] : options.suites.map(({ name }) => name);
  expect(names).toEqual(['contract', 'boot-script']);
});

test('the help names every option and every suite', () => {
  expect(readOptions(['--help'])).toBe('help');
  for (const word of ['--versions', '--binaries', '--only', '--json', ...SUITES.map(({ name }) => name)]) {
    expect(HELP).toContain(word);
  }
});

describe('a mistake is told in one line:', () => {
  test.each([
    ['a version that is none', ['--versions', '3.6'], '"3.6" is not a version: give it like 3.6.14'],
    ['an empty entry', ['--versions', '3.6.14,'], '--versions needs a list like a,b and has an empty entry'],
    ['an unknown suite', ['--only', 'simulation'], 'there is no suite "simulation": --only takes contract, '],
    ['an unknown option', ['--version', '3.6.14'], "Unknown option '--version' (--help tells"],
    ['an option without its value', ['--versions'], "Option '--versions <value>' argument missing (--help"],
    ['a word of its own', ['3.6.14'], "Unexpected argument '3.6.14'"],
  ])('%s', (_, args, expected) => {
    const message = mistakeOf(...args);
    expect(message).toContain(expected);
    expect(message).not.toContain('\n');
  });
});

test('every suite has files, each of which is there, and no file is in two suites', () => {
  const files = SUITES.map((suite) => filesOf(suite, ROOT));
  expect(files.filter((own) => own.length === 0)).toEqual([]);
  expect(new Set(files.flat()).size).toBe(files.flat().length);
  const named = SUITES.flatMap((suite) => suite.files).filter((pattern) => !pattern.includes('*'));
  expect(named.filter((file) => !existsSync(join(ROOT, file)))).toEqual([]);
});

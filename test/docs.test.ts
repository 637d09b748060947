import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { describe, expect, test } from 'vitest';
import { CHECK_CODES } from '../functions/core/checks/catalog.ts';
import { DEFAULT_GRACE_SECONDS } from '../functions/core/config.ts';
import { ERROR_CODES } from '../functions/core/errors.ts';
import { ADVICE } from '../functions/core/finding.ts';
import { HOOK, KEY, PARAMETER, TAG, WORKER_HOOK } from '../functions/core/names.ts';
import { SHORTFALL_ADVICE } from '../functions/core/shortfalls.ts';
import { HOLD_ADVICE } from '../functions/core/termination/holds.ts';
import { WAITS } from './support/samples.ts';

const DOCS = ['README.md', 'CHANGELOG.md', 'test/README.md', ...globSync('docs/*.md')];
const textOf = (path: string): string => readFileSync(path, 'utf8');
const configuration = textOf('docs/configuration.md');
const runbook = textOf('docs/runbook.md');

/** Anchors as the common renderers make them of headings. */
const anchorsIn = (path: string): ReadonlySet<string> =>
  new Set(
    [...textOf(path).matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) =>
      heading
        .toLowerCase()
        .replaceAll(/[^\w\- ]/g, '')
        .replaceAll(' ', '-'),
    ),
  );

/** Names of the parameters of a template, as it is written: the keys one level below `Parameters`. */
function parametersIn(path: string): readonly string[] {
  const lines = textOf(path).split('\n');
  const start = lines.findIndex((line) => /^ *Parameters:$/.test(line));
  const indent = lines[start]?.search(/\S/) ?? 0;
  const rest = lines.slice(start + 1);
  const end = rest.findIndex((line) => line.trim() !== '' && line.search(/\S/) <= indent);
  return rest.slice(0, end).flatMap((line) => {
    const [, spaces = '', name] = /^( *)(\w+):/.exec(line) ?? [];
    return name !== undefined && spaces.length === indent + 2 ? [name] : [];
  });
}

describe('the runbook', () => {
  const waitKinds = Object.keys(WAITS);

  test('has a section for every kind of wait', () => {
    expect(waitKinds.length).toBeGreaterThan(30);
    expect(waitKinds.filter((kind) => !runbook.includes(`\n### ${kind}\n`))).toEqual([]);
  });

  test('has a row for every finding', () => {
    expect(Object.keys(ADVICE).filter((code) => !runbook.includes(`\n| \`${code}\` |`))).toEqual([]);
  });

  test('has a section for everything that checks find, or a row', () => {
    const rows = Object.keys(ADVICE);
    expect(CHECK_CODES.length).toBeGreaterThan(90);
    expect(
      CHECK_CODES.filter((code) => !rows.includes(code) && !runbook.includes(`\n### ${code}\n`)),
    ).toEqual([]);
  });

  test('has a section for every error code', () => {
    expect(ERROR_CODES.filter((code) => !runbook.includes(`\n### ${code}\n`))).toEqual([]);
  });

  test('has no section for what does not exist any more', () => {
    const known: readonly string[] = [...waitKinds, ...ERROR_CODES, ...CHECK_CODES];
    const words = [...runbook.matchAll(/^### (\w+)$/gm)].map(([, word = '']) => word);
    expect(words.filter((word) => !known.includes(word))).toEqual([]);
  });
});

test('the page on gates has a row for everything that keeps a cluster from tolerating one more failure', () => {
  const gates = textOf('docs/gates.md');
  const codes = Object.keys(SHORTFALL_ADVICE);
  expect(codes.length).toBeGreaterThan(15);
  expect(codes.filter((code) => !gates.includes(`\n| \`${code}\` |`))).toEqual([]);
  const [condition = ''] = gates.split('\n## A gate in a stack');
  const rows = [...condition.matchAll(/^\| `(\w+)` \|/gm)].map(([, code = '']) => code);
  expect(rows.filter((code) => !codes.includes(code))).toEqual([]);
});

test('the page on gates has a row for every reason that the termination policy holds for', () => {
  const gates = textOf('docs/gates.md');
  expect(Object.keys(HOLD_ADVICE).filter((code) => !gates.includes(`\n| \`${code}\` |`))).toEqual([]);
});

describe('the configuration reference', () => {
  test.each(['infra/cluster.yml', 'serverless.yml'])('names every parameter of %s', (path) => {
    const names = parametersIn(path);
    expect(names.length).toBeGreaterThan(4);
    expect(names.filter((name) => !configuration.includes(`\n| \`${name}\` |`))).toEqual([]);
  });

  test('names every tag, hook, SSM parameter and etcd key', () => {
    const below: Readonly<Record<string, string>> = {
      [PARAMETER.claims]: '<number>',
      [PARAMETER.dns]: '<zone>',
      [KEY.services]: '<name>/<instance-id>:<port>',
      [KEY.reboots]: '<group>',
      [PARAMETER.recovery]: '<number>',
    };
    const full = (name: string): string =>
      name.endsWith('/') ? `${name}${below[name] ?? '<instance-id>'}` : name;
    const folders = [...Object.values(PARAMETER), ...Object.values(KEY)].map(full);
    const hooks = [...Object.values(HOOK), ...Object.values(WORKER_HOOK)];
    const names = [...Object.values(TAG), ...hooks, ...folders];
    expect(names.filter((name) => !configuration.includes(`| \`${name}\` |`))).toEqual([]);
  });

  test.each(Object.entries(DEFAULT_GRACE_SECONDS))(
    'tells the default of graceSeconds.%s',
    (name, seconds) => {
      expect(configuration).toContain(`| \`graceSeconds.${name}\` | ${seconds} |`);
    },
  );
});

test.each(DOCS)('every link of %s leads somewhere', (path) => {
  const links = [...textOf(path).matchAll(/\]\((?!https?:)([^)\s]+)\)/g)].map(([, link = '']) => link);
  const broken = links.filter((link) => {
    const [file = '', anchor] = link.split('#');
    const target = file === '' ? path : normalize(join(dirname(path), file));
    return !existsSync(target) || (anchor !== undefined && !anchorsIn(target).has(anchor));
  });
  expect(broken).toEqual([]);
});

describe('the table of scenarios', () => {
  const rows = [...textOf('test/README.md').matchAll(/^\| (S\d+b?) \|(.*)\|$/gm)];

  test('has every scenario once, in order', () => {
    const expected = Array.from({ length: 78 }, (_, index) => `S${index + 1}`).flatMap((name) =>
      name === 'S40' ? ['S40', 'S40b'] : [name],
    );
    expect(rows.map(([, name]) => name)).toEqual(expected);
  });

  test('names tests that exist, in files that exist', () => {
    const named = rows.flatMap(([, , row = '']) => [...row.matchAll(/`(test\/[^`:]+): ([^`]+)`/g)]);
    expect(named.length).toBeGreaterThan(20);
    const missing = named.filter(
      ([, file = '', title = '']) => !existsSync(file) || !textOf(file).includes(title),
    );
    expect(missing.map(([reference]) => reference)).toEqual([]);
  });

  test('tells of every scenario that has no test which part brings it', () => {
    const silent = rows.filter(([, , row = '']) => !/`test\//.test(row) && !/open, part \d/.test(row));
    expect(silent.map(([, name]) => name)).toEqual([]);
  });
});

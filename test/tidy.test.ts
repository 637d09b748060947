import { existsSync, globSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { ERROR_CODES } from '../functions/core/errors.ts';
import { codeOf, reachableFrom, type Source, sourcesOf, trackedFiles } from './tidy/sources.ts';

const functions = sourcesOf('functions/**/*.ts');
const infra = sourcesOf('infra/**/*.ts');
const tests = sourcesOf('test/**/*.ts');
/** The launchers, and what they run on the Node that npm installed. */
const LAUNCHED = [
  'infra/cli/etcd-autopilot.js',
  'infra/cli/main.ts',
  'infra/demo/start.js',
  'infra/demo/main.ts',
];
const textOf = (path: string): string => (existsSync(path) ? readFileSync(path, 'utf8') : '');
const core = functions.filter(({ path }) => path.startsWith('functions/core/'));

/** Lines like `path:12: what stands there`, for everything in `sources` that `pattern` finds. */
function findings(sources: readonly Source[], pattern: RegExp): readonly string[] {
  return sources.flatMap(({ path, code }) =>
    code.split('\n').flatMap((line, at) => (pattern.test(line) ? [`${path}:${at + 1}: ${line.trim()}`] : [])),
  );
}

test('the checks look at code, not at comments and strings', () => {
  expect(codeOf("const a = 'await'; // await\n/* any\n */ b(`await`);")).toBe("const a = ''; \n\n b(``);");
  expect(core.length).toBeGreaterThan(5);
  expect(findings(core, /\bexport\b/).length).toBeGreaterThan(20);
});

describe('length', () => {
  test('a file in functions/ has at most 200 lines', () => {
    const long = functions.filter(({ text }) => text.trimEnd().split('\n').length > 200);
    expect(long.map(({ path }) => path)).toEqual([]);
  });

  test('a function in functions/ has at most 40 lines: the linter is told so', () => {
    const settings: unknown = JSON.parse(readFileSync('biome.json', 'utf8'));
    expect(settings).toMatchObject({
      overrides: expect.arrayContaining([
        {
          includes: ['functions/**'],
          linter: {
            rules: {
              complexity: {
                noExcessiveLinesPerFunction: { level: 'error', options: { maxLines: 40 } },
              },
            },
          },
        },
      ]),
    });
  });
});

describe('imports', () => {
  /** What files of a folder may import; a room is any other folder. Packages: their names. */
  const NONE = /^$/;
  const ANY = /./;
  const HASHES = /^node:crypto$/; // pure, where its dice are not used
  const LAYERS: Readonly<Record<string, { readonly folders: readonly string[]; readonly packages: RegExp }>> =
    {
      core: { folders: ['core'], packages: HASHES },
      engine: { folders: ['engine', 'core'], packages: NONE },
      adapters: { folders: ['adapters', 'core'], packages: ANY },
      edge: { folders: ['edge', 'adapters', 'core'], packages: ANY },
    };
  const folderOf = (path: string): string => path.split('/')[1] ?? '';

  function isAllowed(source: Source, imported: string): boolean {
    const own = folderOf(source.path);
    const layer = LAYERS[own] ?? { folders: [own, 'engine', 'edge', 'core'], packages: ANY };
    if (imported.startsWith('functions/')) return layer.folders.includes(folderOf(imported));
    if (/^(?:infra|test)\//.test(imported)) return false;
    return layer.packages.test(imported);
  }

  test('go in one direction: rooms to engine to core, edge to adapters to core, rooms to edge', () => {
    const wrong = functions.flatMap((source) =>
      source.imports
        .filter((imported) => !isAllowed(source, imported))
        .map((imported) => `${source.path} imports ${imported}`),
    );
    expect(wrong).toEqual([]);
  });

  test('name the file they mean', () => {
    const local = [...functions, ...infra, ...tests].flatMap(({ path, imports }) =>
      imports
        .filter((name) => /^(?:functions|infra|test)\//.test(name) && !/\.\w+$/.test(name))
        .map((name) => [path, name]),
    );
    expect(local).toEqual([]);
    expect(functions.filter(({ path }) => path.endsWith('/index.ts'))).toEqual([]);
  });

  test('reach every file of functions/ and infra/ from a room, a command or a test', () => {
    const named = ['package.json', 'README.md', ...globSync('docs/*.md')].map(textOf).join('\n');
    const commands = infra.map(({ path }) => path).filter((path) => named.includes(path));
    const rooms = functions.map(({ path }) => path).filter((path) => path.endsWith('/handler.ts'));
    const suites = tests.map(({ path }) => path).filter((path) => path.endsWith('.test.ts'));
    const reached = reachableFrom([...rooms, ...commands, ...suites, ...LAUNCHED, 'vitest.config.ts']);
    const lost = [...functions, ...infra].map(({ path }) => path).filter((path) => !reached.has(path));
    expect(lost.filter((path) => !path.endsWith('.d.ts'))).toEqual([]);
  });
});

describe('words that stand nowhere', () => {
  test('the environment is read in edge/, or passed in at the door of a function', () => {
    const inside = functions.filter(({ path }) => !/^functions\/(?:edge\/|[^/]+\/handler\.ts$)/.test(path));
    expect(findings(inside, /\bprocess\.env\b/)).toEqual([]);
  });

  test('core has no clock, no dice and no waiting', () => {
    expect(findings(core, /\bDate\.now\b|\bnew Date\(\)|\b[Rr]andom|\bsetTimeout\b|\bawait\b/)).toEqual([]);
  });

  test('no `any`, no assertion that something is not null, no console', () => {
    const ours = [...functions, ...infra];
    expect(findings([...ours, ...tests], /(?<![.\w'])any\b(?!['(:])/)).toEqual([]);
    expect(findings([...ours, ...tests], /[\w\])]!(?:\.|\[|;|,|\))/)).toEqual([]);
    expect(findings(ours, /\bconsole\./)).toEqual([]);
  });

  test('every test runs', () => {
    expect(
      findings(tests, /\b(?:test|it|describe)(?:\.\w+)*\.(?:only|skip|todo|skipIf|runIf|fails)\b/),
    ).toEqual([]);
  });
});

describe('completeness', () => {
  test('every file of core is imported by a test in test/core', () => {
    const inCoreTests = new Set(
      tests.filter(({ path }) => path.startsWith('test/core/')).flatMap(({ imports }) => imports),
    );
    const withCode = core.filter(({ code }) => /^export (?!interface|type)/m.test(code));
    expect(withCode.length).toBeGreaterThan(5);
    expect(withCode.map(({ path }) => path).filter((path) => !inCoreTests.has(path))).toEqual([]);
  });

  test('every error code has a place in the runbook', () => {
    const runbook = textOf('docs/runbook.md');
    expect(ERROR_CODES.filter((code) => !runbook.includes(code))).toEqual([]);
  });
});

describe('nothing of the machine it was written on', () => {
  const files = trackedFiles();

  test('is in a tracked file: no paths, no private registries', () => {
    expect(files.length).toBeGreaterThan(20);
    const roots = ['work', 'root', 'home', 'Users'].map((name) => `(?<![\\w.}])/${name}/`);
    const registries = [
      process.env['npm_config_registry'],
      process.env['PIP_INDEX_URL'],
      process.env['GOPROXY'],
    ]
      .flatMap((setting) => setting?.split(',') ?? [])
      .flatMap((text) => (URL.canParse(text) ? [new URL(text).host] : []))
      .filter((host) => !/(?:^|\.)(?:npmjs\.org|pypi\.org|golang\.org)$/.test(host))
      .map((host) => host.replaceAll('.', '\\.'));
    const pattern = new RegExp([...roots, ...registries].join('|'));
    const found = files.flatMap(({ path, text }) => {
      const hit = pattern.exec(text);
      return hit === null ? [] : [`${path}: …${text.slice(Math.max(0, hit.index - 20), hit.index + 30)}…`];
    });
    expect(found).toEqual([]);
  });

  test('is in the lock file: no addresses of packages', () => {
    const lock = files.find(({ path }) => path === 'package-lock.json');
    expect(lock?.text).toContain('"integrity"');
    expect(lock?.text).not.toContain('"resolved"');
  });
});

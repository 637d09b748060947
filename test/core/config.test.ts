import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { configFromProperties, encodeConfig, parseConfig } from '../../functions/core/config.ts';

const STACK = 'arn:aws:cloudformation:eu-west-1:111122223333:stack/core/0b1c';

const problemsOf = (properties: unknown): readonly string[] => {
  const parsed = configFromProperties(properties, STACK);
  return parsed.ok ? [] : parsed.problems;
};

describe('the Config property of a cluster', () => {
  test('gets the documented default for every setting that is left out', () => {
    expect(configFromProperties({}, STACK)).toEqual({
      ok: true,
      config: {
        version: 1,
        size: 3,
        scheme: 'http',
        clientPort: 2379,
        peerPort: 2380,
        graceSeconds: { bootstrap: 300, unstarted: 300, silent: 300, replacement: 90 },
        removeForeign: false,
        frozen: false,
        recovery: 'manual',
        stackId: STACK,
      },
    });
  });

  test('means the same with scalars as text, as CloudFormation sends them', () => {
    const typed = {
      size: 5,
      clientPort: 4001,
      frozen: true,
      graceSeconds: { silent: 20 },
      removeForeign: false,
    };
    const asText = {
      size: '5',
      clientPort: '4001',
      frozen: 'true',
      graceSeconds: { silent: '20' },
      removeForeign: 'false',
    };
    expect(configFromProperties(asText, STACK)).toEqual(configFromProperties(typed, STACK));
  });

  test('has all its mistakes reported together, in order', () => {
    expect(
      problemsOf({
        size: '4',
        scheme: 'ftp',
        clientPort: '0',
        peerPort: '65536',
        graceSeconds: { silent: '-1', sleepy: '1' },
        removeForeign: 'yes',
        frozen: 1,
        recovery: 'pray',
        colour: 'red',
      }),
    ).toEqual([
      'size must be 1, 3, 5 or 7, got 4',
      'scheme must be "http", got "ftp"',
      'clientPort must be a whole number from 1 to 65535, got "0"',
      'peerPort must be a whole number from 1 to 65535, got "65536"',
      'graceSeconds.silent must be a whole number from 1 to 86400, got "-1"',
      'graceSeconds.sleepy is not a known setting',
      'removeForeign must be true or false, got "yes"',
      'frozen must be true or false, got 1',
      'recovery must be "manual", got "pray"',
      'colour is not a known setting',
    ]);
  });

  test.each([
    [{ scheme: 'https' }, 'scheme "https" is not supported by this version'],
    [{ recovery: 'from-survivor' }, 'recovery "from-survivor" is not supported by this version'],
    [{ tls: { ca: 'x' } }, 'tls is not supported by this version'],
    [{ auth: {} }, 'auth is not supported by this version'],
    [{ dns: { zone: 'Z1' } }, 'dns is not supported by this version'],
    [{ backup: {} }, 'backup is not supported by this version'],
  ])('is refused, not half honoured: %j', (properties, problem) => {
    expect(problemsOf(properties)).toEqual([problem]);
  });

  test.each(['2', '8', '0', '3.0', '1e0', '', ' 3', 2.5, null, [], {}])('has no size %j', (size) => {
    expect(problemsOf({ size })).toHaveLength(1);
  });

  test('needs two different ports', () => {
    expect(problemsOf({ clientPort: '2380' })).toEqual(['clientPort and peerPort must differ']);
  });

  test.each([undefined, null, 'size=3', ['3'], 3])('must be an object, not %j', (properties) => {
    expect(problemsOf(properties)).toEqual(['Config must be an object']);
  });

  test('keeps a report short, whatever was written', () => {
    const [problem = ''] = problemsOf({ size: 'x\n'.repeat(5_000) });
    expect(problem.length).toBeLessThan(150);
    expect(problem).not.toContain('\n');
  });
});

describe('the config parameter', () => {
  test('reads back as what was encoded', () => {
    const seconds = fc.integer({ min: 1, max: 86_400 });
    const graceSeconds = fc.record({
      bootstrap: seconds,
      unstarted: seconds,
      silent: seconds,
      replacement: seconds,
    });
    const properties = fc.record({
      size: fc.constantFrom(1, 3, 5, 7),
      clientPort: fc.integer({ min: 1, max: 30_000 }),
      peerPort: fc.integer({ min: 30_001, max: 65_535 }),
      graceSeconds,
      removeForeign: fc.boolean(),
      frozen: fc.boolean(),
    });
    fc.assert(
      fc.property(properties, (given) => {
        const made = configFromProperties(given, STACK);
        if (!made.ok) throw new Error(made.problems.join('; '));
        expect(made.config).toMatchObject(given);
        expect(parseConfig(encodeConfig(made.config))).toEqual(made);
      }),
    );
  });

  test.each([
    ['', 'config is not a JSON object'],
    ['{"size":3', 'config is not a JSON object'],
    ['[]', 'config is not a JSON object'],
    ['{"stackId":"s"}', 'version must be 1, got none'],
    ['{"version":2,"stackId":"s"}', 'version must be 1, got 2'],
    ['{"version":1}', 'stackId is missing'],
    ['{"version":1,"stackId":"s","sise":3}', 'sise is not a known setting'],
  ])('is refused when edited into %s', (text, problem) => {
    expect(parseConfig(text)).toEqual({ ok: false, problems: [problem] });
  });
});

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { configFromProperties, encodeConfig, parseConfig } from '../../functions/core/config.ts';

const STACK = 'arn:aws:cloudformation:eu-west-1:111122223333:stack/core/0b1c';

const SECRETS = '/etcd-autopilot-secrets/core';
/** The settings of a cluster with TLS and a user. */
const SECURE = {
  dns: { domain: 'eu-west-1.compute.internal' },
  tls: { ca: `${SECRETS}/ca`, cert: `${SECRETS}/client-cert`, key: `${SECRETS}/client-key` },
  auth: { user: 'autopilot', password: `${SECRETS}/password` },
};

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
        dns: null,
        tls: null,
        auth: null,
        graceSeconds: {
          bootstrap: 300,
          unstarted: 300,
          silent: 600,
          restarting: 900,
          catchingUp: 3_600,
          replacement: 90,
        },
        gate: { stableSeconds: 10, maxLag: 1_000, single: 'allow' },
        removeForeign: false,
        frozen: false,
        backup: {
          bucket: null,
          prefix: 'etcd-autopilot/',
          intervalMinutes: 60,
          keepHourly: 24,
          keepDaily: 7,
          keepWeekly: 4,
        },
        maintenance: {
          defragment: true,
          quotaBytes: 2_147_483_648,
          fragmentedPercent: 50,
          fragmentedMinBytes: 104_857_600,
        },
        checks: { hashMinutes: 60, certificateDays: 30 },
        recovery: 'manual',
        restoreFrom: null,
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
      gate: { stableSeconds: 0, maxLag: 7, single: 'refuse' },
      removeForeign: false,
    };
    const asText = {
      size: '5',
      clientPort: '4001',
      frozen: 'true',
      graceSeconds: { silent: '20' },
      gate: { stableSeconds: '0', maxLag: '7', single: 'refuse' },
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
        gate: { stableSeconds: '601', maxLag: '-1', single: 'maybe', open: true },
        removeForeign: 'yes',
        frozen: 1,
        recovery: 'pray',
        colour: 'red',
      }),
    ).toEqual([
      'size must be 1, 3, 5 or 7, got 4',
      'scheme must be "http" or "https", got "ftp"',
      'clientPort must be a whole number from 1 to 65535, got "0"',
      'peerPort must be a whole number from 1 to 65535, got "65536"',
      'graceSeconds.silent must be a whole number from 1 to 86400, got "-1"',
      'graceSeconds.sleepy is not a known setting',
      'gate.stableSeconds must be a whole number from 0 to 600, got "601"',
      'gate.maxLag must be a whole number from 0 to 1000000, got "-1"',
      'gate.single must be "allow" or "refuse", got "maybe"',
      'gate.open is not a known setting',
      'removeForeign must be true or false, got "yes"',
      'frozen must be true or false, got 1',
      'recovery must be "manual" or "from-survivor" or "from-snapshot", got "pray"',
      'colour is not a known setting',
    ]);
  });

  test.each([{}, SECURE])(
    'may have a hosted zone for the names of its members, with TLS and without: %j',
    (rest) => {
      const dns = { domain: 'etcd.example.com', zone: 'Z0123456789ABC' };
      const parsed = configFromProperties({ ...rest, dns }, STACK);
      expect(parsed).toMatchObject({ ok: true, config: { dns } });
      expect(parsed.ok && parseConfig(encodeConfig(parsed.config))).toEqual(parsed);
    },
  );

  test('follows tls with its scheme, and takes users with and without it', () => {
    const secured = configFromProperties(SECURE, STACK);
    expect(secured).toMatchObject({ ok: true, config: { ...SECURE, scheme: 'https' } });
    expect(configFromProperties({ ...SECURE, scheme: 'https' }, STACK)).toEqual(secured);
    const open = configFromProperties({ auth: SECURE.auth }, STACK);
    expect(open).toMatchObject({ ok: true, config: { scheme: 'http', tls: null, auth: SECURE.auth } });
  });

  test.each<[object, readonly string[]]>([
    [{ scheme: 'https' }, ['scheme "https" needs tls']],
    [{ ...SECURE, scheme: 'http' }, ['scheme must be "https" under tls, or left out']],
    [{ tls: SECURE.tls }, ['tls needs dns.domain: certificates of members are for <instance-id>.<domain>']],
    [
      { dns: SECURE.dns },
      ['dns without tls needs dns.zone: URLs hold addresses then, and only records use the domain'],
    ],
    [
      { dns: { domain: 'a.b', zone: 'example.com.' } },
      ['dns.zone must be the id of a hosted zone like "Z0123456789ABCDEFGHIJ"'],
    ],
    [
      { ...SECURE, tls: { ...SECURE.tls, key: SECURE.tls.cert } },
      ['tls.key must be a parameter of its own, a SecureString'],
    ],
    [
      { ...SECURE, tls: { ca: SECURE.tls.ca, keys: 'x' } },
      ['tls.cert is missing', 'tls.key is missing', 'tls.keys is not a known setting'],
    ],
    [
      { ...SECURE, auth: 'root' },
      ['auth must be an object, got "root"', 'auth.user is missing', 'auth.password is missing'],
    ],
    [
      { auth: { ...SECURE.auth, user: 'a b' } },
      ['auth.user must be 1 to 64 letters, digits or any of . _ @ : + -'],
    ],
  ])('is secured as a whole or not at all: %j', (properties, problems) => {
    expect(problemsOf(properties)).toEqual(problems);
  });

  test.each([
    '',
    'Example.com',
    'a..b',
    '.a',
    'a.',
    '-a.b',
    'a_b',
    'ä.de',
    `${'a'.repeat(64)}.b`,
    `${'a.'.repeat(117)}b`,
    7,
  ])('has no domain %j', (domain) => {
    expect(problemsOf({ ...SECURE, dns: { domain } })).toEqual([
      expect.stringContaining('dns.domain must be'),
    ]);
  });

  test.each(['/etcd-autopilot/core/ca', '/etcd-autopilot'])(
    'has no secrets in %s, which goes with the cluster',
    (ca) => {
      expect(problemsOf({ ...SECURE, tls: { ...SECURE.tls, ca } })).toEqual([
        expect.stringContaining('tls.ca must not lie below /etcd-autopilot/'),
      ]);
    },
  );

  test.each(['hunter2', '/a/hunter2 ', 'arn:aws:ssm:::hunter2', '-----BEGIN PRIVATE KEY-----\nhunter2', '/'])(
    'never repeats a secret that was written in the place of its name: %j',
    (password) => {
      const problems = problemsOf({ auth: { user: 'autopilot', password } });
      expect(problems).toEqual([expect.stringContaining('auth.password must be the name of a parameter')]);
      expect(problems.join()).not.toContain('hunter2');
    },
  );

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
      restarting: seconds,
      replacement: seconds,
    });
    const name = fc.stringMatching(/^\/[A-Za-z0-9_.-]{1,20}\/[a-z]{1,9}$/);
    const secured = fc.record({
      dns: fc.constant(SECURE.dns),
      tls: fc.record({ ca: name, cert: name, key: name.map((text) => `${text}-key`) }),
      auth: fc.record({ user: fc.stringMatching(/^[a-z.@-]{1,64}$/), password: name }),
    });
    const properties = fc.record({
      size: fc.constantFrom(1, 3, 5, 7),
      clientPort: fc.integer({ min: 1, max: 30_000 }),
      peerPort: fc.integer({ min: 30_001, max: 65_535 }),
      graceSeconds,
      removeForeign: fc.boolean(),
      frozen: fc.boolean(),
    });
    const parts = fc.constantFrom<readonly string[]>([], ['auth'], ['dns', 'tls'], ['dns', 'tls', 'auth']);
    fc.assert(
      fc.property(properties, secured, parts, (plain, security, chosen) => {
        const some = Object.entries(security).filter(([name]) => chosen.includes(name));
        const given = { ...plain, ...Object.fromEntries(some) };
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

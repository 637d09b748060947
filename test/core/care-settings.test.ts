import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { DEFAULT_BACKUP, DEFAULT_CHECKS, DEFAULT_MAINTENANCE } from '../../functions/core/care-settings.ts';
import { configFromProperties, encodeConfig, parseConfig } from '../../functions/core/config.ts';

const STACK = 'arn:aws:cloudformation:eu-west-1:111122223333:stack/core/0b1c';
const SHA256 = 'ab'.repeat(32);
const RESTORE = {
  uri: 's3://snapshots/etcd-autopilot/core/snapshots/a.db',
  sha256: SHA256,
  sizeBytes: 20_512,
};

const problemsOf = (properties: unknown): readonly string[] => {
  const parsed = configFromProperties(properties, STACK);
  return parsed.ok ? [] : parsed.problems;
};

describe('the settings of backups, maintenance, checks and recovery', () => {
  test('have their defaults in a configuration that was written before they existed', () => {
    expect(parseConfig(JSON.stringify({ version: 1, size: 5, stackId: STACK }))).toMatchObject({
      ok: true,
      config: {
        size: 5,
        backup: DEFAULT_BACKUP,
        maintenance: DEFAULT_MAINTENANCE,
        checks: DEFAULT_CHECKS,
        recovery: 'manual',
        restoreFrom: null,
      },
    });
  });

  test('mean the same with scalars as text, as CloudFormation sends them', () => {
    const typed = {
      backup: { intervalMinutes: 0, keepHourly: 1, keepDaily: 0, keepWeekly: 0 },
      maintenance: {
        defragment: false,
        quotaBytes: 8_589_934_592,
        fragmentedPercent: 30,
        fragmentedMinBytes: 0,
      },
      checks: { hashMinutes: 0, certificateDays: 7 },
      restoreFrom: RESTORE,
    };
    const asText = {
      backup: { intervalMinutes: '0', keepHourly: '1', keepDaily: '0', keepWeekly: '0' },
      maintenance: {
        defragment: 'false',
        quotaBytes: '8589934592',
        fragmentedPercent: '30',
        fragmentedMinBytes: '0',
      },
      checks: { hashMinutes: '0', certificateDays: '7' },
      restoreFrom: { ...RESTORE, sizeBytes: '20512' },
    };
    const parsed = configFromProperties(typed, STACK);
    expect(parsed).toMatchObject({ ok: true, config: typed });
    expect(configFromProperties(asText, STACK)).toEqual(parsed);
  });

  test('have all their mistakes reported together, in order', () => {
    expect(
      problemsOf({
        backup: {
          bucket: 'No_Bucket',
          prefix: 'no/slash',
          intervalMinutes: '4',
          keepHourly: '0',
          keepDaily: '0',
          keepWeekly: '0',
          often: true,
        },
        maintenance: {
          defragment: 'maybe',
          quotaBytes: '1',
          fragmentedPercent: '100',
          fragmentedMinBytes: '-1',
          x: 1,
        },
        checks: { hashMinutes: '1441', certificateDays: '0', y: 1 },
        recovery: 'from-memory',
        restoreFrom: { uri: 'https://example.com/a.db', sha256: 'AB', sizeBytes: '0', z: 1 },
      }),
    ).toEqual([
      'backup.bucket must be the name of a general purpose bucket',
      'backup.prefix must be empty, or names of letters, digits, dots, hyphens and underscores that each end in a slash',
      'backup.often is not a known setting',
      'backup.intervalMinutes must be 0 (off) or at least 5',
      'backup must keep something: one of keepHourly, keepDaily and keepWeekly above 0',
      'maintenance.defragment must be true or false, got "maybe"',
      'maintenance.quotaBytes must be a whole number from 8388608 to 107374182400, got "1"',
      'maintenance.fragmentedPercent must be a whole number from 1 to 99, got "100"',
      'maintenance.fragmentedMinBytes must be a whole number from 0 to 107374182400, got "-1"',
      'maintenance.x is not a known setting',
      'checks.hashMinutes must be a whole number from 0 to 1440, got "1441"',
      'checks.certificateDays must be a whole number from 1 to 365, got "0"',
      'checks.y is not a known setting',
      'recovery must be "manual" or "from-survivor" or "from-snapshot", got "from-memory"',
      'restoreFrom.uri must be like s3://<bucket>/<key>',
      'restoreFrom.sha256 must be 64 hexadecimal digits',
      'restoreFrom.sizeBytes must be a whole number from 1 to 107374182400, got "0"',
      'restoreFrom.z is not a known setting',
    ]);
  });

  test('name a snapshot to restore as a whole, or not at all', () => {
    expect(problemsOf({ restoreFrom: {} })).toEqual([
      'restoreFrom.uri is missing',
      'restoreFrom.sha256 is missing',
      'restoreFrom.sizeBytes is missing',
    ]);
    expect(problemsOf({ restoreFrom: RESTORE })).toEqual([]);
  });

  test.each([
    's3://b/a',
    's3://bucket',
    's3://bucket/',
    's3://bucket/a b',
    's3://bucket/a;b',
    's3://bucket/$(a)',
    's3://bucket//a',
    's3://Bucket/a',
    'bucket/a',
  ])('have no snapshot at %s, which a shell or a signature might read differently', (uri) => {
    expect(problemsOf({ restoreFrom: { ...RESTORE, uri } })).toEqual([
      'restoreFrom.uri must be like s3://<bucket>/<key>',
    ]);
  });

  test('take no directory bucket, which lies in one zone', () => {
    expect(problemsOf({ backup: { bucket: 'snapshots--euw1-az1--x-s3' } })).toEqual([
      'backup.bucket must be the name of a general purpose bucket',
    ]);
  });

  test('restore from no snapshots where none are taken', () => {
    expect(problemsOf({ recovery: 'from-snapshot', backup: { intervalMinutes: 0 } })).toEqual([
      'recovery "from-snapshot" needs snapshots: backup.intervalMinutes must not be 0',
    ]);
    expect(problemsOf({ recovery: 'from-survivor', backup: { intervalMinutes: 0 } })).toEqual([]);
    expect(problemsOf({ recovery: 'from-snapshot' })).toEqual([]);
  });

  test('read back as what was encoded', () => {
    const settings = fc.record({
      backup: fc.record(
        {
          bucket: fc.constantFrom('a-bucket', 'b.example.com'),
          prefix: fc.constantFrom('', 'a/', 'a.b/c_d/'),
          intervalMinutes: fc.integer({ min: 5, max: 1_440 }),
          keepHourly: fc.integer({ min: 1, max: 1_000 }),
          keepDaily: fc.integer({ min: 0, max: 1_000 }),
        },
        { requiredKeys: [] },
      ),
      maintenance: fc.record({
        defragment: fc.boolean(),
        fragmentedPercent: fc.integer({ min: 1, max: 99 }),
      }),
      recovery: fc.constantFrom('manual', 'from-survivor', 'from-snapshot'),
    });
    const restores = fc.constantFrom([], [['restoreFrom', RESTORE]]);
    fc.assert(
      fc.property(settings, restores, (given, restore) => {
        const made = configFromProperties({ ...given, ...Object.fromEntries(restore) }, STACK);
        if (!made.ok) throw new Error(made.problems.join('; '));
        expect(made.config).toMatchObject(given);
        expect(parseConfig(encodeConfig(made.config))).toEqual(made);
      }),
    );
  });
});

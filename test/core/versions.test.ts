import { describe, expect, test } from 'vitest';
import { type ClusterSight, judgeTolerance, type Require } from '../../functions/core/tolerance.ts';
import { compareVersions, doubtText, judgeVersion, parseVersion } from '../../functions/core/versions.ts';

const voters = (...versions: readonly (string | null)[]) =>
  versions.map((version, index) => ({ name: `i-${index + 1}`, version }));

const codes = (versions: readonly (string | null)[], target: string, isToldByAll = true) =>
  judgeVersion(voters(...versions), isToldByAll, target).map(({ code }) => code);

describe('a version', () => {
  test.each([
    ['3.6.14', { major: 3, minor: 6, patch: 14, isPreview: false }],
    ['3.7.0-rc.1', { major: 3, minor: 7, patch: 0, isPreview: true }],
    ['3.5.16+ds1', { major: 3, minor: 5, patch: 16, isPreview: false }],
  ])('is read from %s', (text, version) => {
    expect(parseVersion(text)).toEqual(version);
  });

  test.each(['', '3', '3.6', 'v3.6.14', '3.6.x', ' 3.6.14', '3.6.14 ', '3.6.14.1', '3.6.1234567', '-3.6.1'])(
    'is none: "%s"',
    (text) => {
      expect(parseVersion(text)).toBeNull();
      expect(judgeVersion(voters('3.6.14'), true, text)).toEqual([{ code: 'unreadable' }]);
    },
  );

  test('is compared by its numbers, a preview before what it previews', () => {
    const rising = ['3.4.23', '3.5.0-rc.1', '3.5.0', '3.5.9', '3.5.26', '3.9.0', '3.10.0', '4.0.0'];
    const versions = rising.map((text) => parseVersion(text) ?? expect.fail(text));
    for (const [a, left] of versions.entries())
      for (const [b, right] of versions.entries())
        expect(Math.sign(compareVersions(left, right)), `${rising[a]} ${rising[b]}`).toBe(Math.sign(a - b));
  });
});

describe('S66 from one version to the next', () => {
  test.each([
    ['3.4.23', '3.5.16'],
    ['3.4.23', '3.5.33'],
    ['3.5.26', '3.6.14'],
    ['3.5.33', '3.6.0'],
    ['3.6.11', '3.7.1'],
    ['3.6.14', '3.7.0-rc.0'],
    ['3.5.16', '3.5.33'],
    ['3.6.14', '3.6.8'],
    ['3.7.1', '3.8.0'],
  ])('%s goes to %s', (from, to) => {
    expect(codes([from, from, from], to)).toEqual([]);
  });

  test.each([
    ['3.4.23', '3.6.14', 'skipsMinor'],
    ['3.5.33', '3.7.1', 'skipsMinor'],
    ['3.6.14', '4.0.0', 'skipsMinor'],
    ['3.5.16', '3.6.14', 'startsTooOld'],
    ['3.5.25', '3.6.14', 'startsTooOld'],
    ['3.5.26-rc.0', '3.6.14', 'startsTooOld'],
    ['3.6.10', '3.7.1', 'startsTooOld'],
    ['3.5.33', '3.4.23', 'goesBack'],
    ['3.7.1', '3.6.14', 'goesBack'],
  ])('%s does not go to %s: %s', (from, to, code) => {
    expect(codes([from, from, from], to)).toEqual([code]);
  });

  test('one voter that is too old is enough, and is named', () => {
    expect(judgeVersion(voters('3.5.33', '3.5.16', '3.5.33'), true, '3.6.14')).toEqual([
      { code: 'startsTooOld', least: '3.5.26', voters: ['i-2'] },
    ]);
  });

  test('while minors are mixed the oldest voter counts: its own minor is no step, the next but one is too far', () => {
    const mixed = ['3.5.33', '3.6.14', '3.6.14'];
    expect(codes(mixed, '3.5.33')).toEqual([]);
    expect(codes(mixed, '3.6.14')).toEqual([]);
    expect(codes(mixed, '3.7.1')).toEqual(['skipsMinor']);
    expect(codes(mixed, '3.4.23')).toEqual(['goesBack']);
  });

  test('a step waits until every voter tells the same members; what is no step does not', () => {
    expect(codes(['3.5.33', '3.5.33'], '3.6.14', false)).toEqual(['viewsDiffer']);
    expect(codes(['3.5.33', '3.6.14'], '3.6.14', false)).toEqual(['viewsDiffer']);
    expect(codes(['3.6.14', '3.6.14'], '3.6.14', false)).toEqual([]);
  });

  test('a step waits until the version of every voter is known; what is no step does not', () => {
    expect(codes(['3.5.33', null, '3.5.33'], '3.6.14')).toEqual(['unknown']);
    expect(codes(['3.5.33', 'built here', '3.5.33'], '3.6.14')).toEqual(['unknown']);
    expect(codes(['3.6.14', null, '3.6.14'], '3.6.14')).toEqual([]);
  });

  test('nothing is fine where no voter is known', () => {
    expect(codes([], '3.6.14')).toEqual(['unknown']);
    expect(codes([null, null], '3.6.14')).toEqual(['unknown']);
  });
});

const KNOWN = ['3.4.23', '3.5.16', '3.5.26', '3.5.33', '3.6.10', '3.6.11', '3.7.1', '4.0.0'] as const;
const minorOf = (text: string): number => Number(text.replace(/\.\d+$/, '').replace('.', '0'));

test('in every cluster of three, what may join is of the oldest minor, or one ahead of voters that are new enough', () => {
  let [fineCount, stepCount] = [0, 0];
  for (const a of [...KNOWN, null])
    for (const b of [...KNOWN, null])
      for (const c of [...KNOWN, null])
        for (const target of KNOWN)
          for (const isToldByAll of [true, false]) {
            if (codes([a, b, c], target, isToldByAll).length > 0) continue;
            fineCount += 1;
            const known = [a, b, c].flatMap((version) => version ?? []);
            const ahead = minorOf(target) - Math.min(...known.map(minorOf));
            const words = `${a} ${b} ${c} ${target} ${isToldByAll}`;
            expect([0, 1], words).toContain(ahead);
            if (ahead === 0) continue;
            stepCount += 1;
            expect([known.length, isToldByAll], words).toEqual([3, true]);
            if (target.startsWith('3.6')) expect(known, words).not.toContain('3.5.16');
            if (target.startsWith('3.7')) expect(known, words).not.toContain('3.6.10');
          }
  expect(fineCount).toBeGreaterThan(stepCount);
  expect(stepCount).toBeGreaterThan(50);
});

describe('a cluster that tolerates one more failure', () => {
  const sight: ClusterSight = {
    desired: 3,
    single: 'allow',
    leader: 'i-1',
    voters: voters('3.5.33', '3.5.33', '3.5.16').map((voter) => ({
      ...voter,
      id: voter.name,
      answers: true,
      lag: 0,
    })),
    learners: [],
    alarms: [],
    obstacles: [],
    steadySinceMs: 0,
    snapshotAtMs: null,
  };
  const require = (etcdVersion: string | null): Require => ({
    tolerance: 1,
    stableSeconds: 10,
    voters: null,
    maxLag: 1_000,
    snapshotMaxAgeSeconds: null,
    etcdVersion,
  });

  test('may get a version that follows what it runs, and no other', () => {
    expect(judgeTolerance(sight, require(null), 60_000)).toEqual([]);
    expect(judgeTolerance(sight, require('3.5.33'), 60_000)).toEqual([]);
    expect(judgeTolerance(sight, require('3.6.14'), 60_000)).toMatchObject([
      { code: 'versionStep', subject: expect.stringContaining('i-3 must run 3.5.26') },
    ]);
  });

  test('gets none of the next minor while its voters tell different members', () => {
    const obstacles = [{ code: 'membersDisagree', subject: null }] as const;
    const codesFor = (version: string) =>
      judgeTolerance({ ...sight, obstacles }, require(version), 60_000).map(({ code }) => code);
    expect(codesFor('3.5.33')).toEqual(['membersDisagree']);
    expect(codesFor('3.6.14')).toEqual(['membersDisagree', 'versionStep', 'versionStep']);
  });
});

test('every doubt says what it is about and what comes first', () => {
  const texts = [
    ...judgeVersion(voters('3.5.16', null), false, '3.6.14'),
    ...judgeVersion(voters('3.4.23'), true, '3.6.14'),
    ...judgeVersion(voters('3.6.14'), true, '3.5.33'),
    ...judgeVersion(voters('3.6.14'), true, 'newest'),
    ...judgeVersion([], true, '3.6.14'),
  ].map((doubt) => doubtText(doubt, '3.6.14'));
  expect(texts).toEqual([
    'the version of i-2 is not known; it must answer first',
    'i-1 must run 3.5.26 or later before 3.6.14 joins, or members that were removed come back',
    'not every voter tells the same members; what differs would be carried into 3.6.14',
    '3.6.14 is more than one minor ahead of 3.4, which the oldest voter runs; take one minor at a time',
    '3.6.14 is older than 3.6, which every voter runs; the way back is a snapshot',
    '"3.6.14" is no version of etcd that is known here, like 3.6.14',
    'the version of every voter is not known; it must answer first',
  ]);
});

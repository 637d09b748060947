import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  isShortfallCode,
  SHORTFALL_ADVICE,
  shortfall,
  shortfallsText,
} from '../../functions/core/shortfalls.ts';
import {
  type ClusterSight,
  judgeTolerance,
  type Require,
  requireNow,
  requireOf,
  type SeenVoter,
} from '../../functions/core/tolerance.ts';
import { CONFIG } from '../support/observations.ts';

const NOW_MS = 10_000_000;
const voter = (n: number, over: Partial<SeenVoter> = {}): SeenVoter => ({
  ...{ name: `i-${n}`, id: String(n), answers: true, lag: 0, version: '3.5.26' },
  ...over,
});
const voters = (count: number): readonly SeenVoter[] =>
  Array.from({ length: count }, (_, index) => voter(index + 1));

/** Three voters that nothing is wrong with, for a minute. */
const WHOLE: ClusterSight = {
  desired: 3,
  single: 'allow',
  leader: 'i-1',
  voters: voters(3),
  learners: [],
  alarms: [],
  obstacles: [],
  steadySinceMs: NOW_MS - 60_000,
  snapshotAtMs: null,
};
const REQUIRE = requireOf(CONFIG);
const codes = (sight: Partial<ClusterSight>, require: Partial<Require> = {}): readonly string[] =>
  judgeTolerance({ ...WHOLE, ...sight }, { ...REQUIRE, ...require }, NOW_MS).map(({ code }) => code);

describe('the cluster tolerates one more failure', () => {
  test('as the configuration asks for it: one failure, its window, its lag', () => {
    expect(codes({})).toEqual([]);
    expect(REQUIRE).toMatchObject({ tolerance: 1, stableSeconds: 10, voters: null, maxLag: 1_000 });
    expect(requireNow(CONFIG)).toEqual({ ...REQUIRE, stableSeconds: 0 });
  });

  test.each<[string, Partial<ClusterSight>, readonly string[]]>([
    ['a voter does not answer', { voters: [...voters(4), voter(5, { answers: false })] }, ['voterSilent']],
    [
      'a voter of three does not answer',
      { voters: [...voters(2), voter(3, { answers: false })] },
      ['voterSilent', 'toleratesTooFew'],
    ],
    ['a voter is behind', { voters: [...voters(2), voter(3, { lag: 1_001 })] }, ['voterBehind']],
    ['nobody knows how far a voter is', { voters: [...voters(2), voter(3, { lag: null })] }, ['voterBehind']],
    ['a voter is missing', { voters: voters(2) }, ['tooFewVoters', 'toleratesTooFew']],
    ['there is no leader', { leader: null }, ['noLeader']],
    ['a learner joins', { learners: ['i-9'] }, ['learnerPresent']],
    ['an alarm is raised', { alarms: ['NOSPACE', 'CORRUPT'] }, ['alarmRaised', 'alarmRaised']],
    [
      'somebody joins or leaves',
      { obstacles: [{ code: 'changeInFlight', subject: 'i-9' }] },
      ['changeInFlight'],
    ],
    ['somebody reboots', { obstacles: [{ code: 'rebooting', subject: 'i-9' }] }, ['rebooting']],
    ['its voters disagree', { obstacles: [{ code: 'membersDisagree', subject: null }] }, ['membersDisagree']],
    [
      'two clusters are seen',
      { obstacles: [{ code: 'foreignCluster', subject: '7,8' }] },
      ['foreignCluster'],
    ],
    ['it is frozen', { obstacles: [{ code: 'frozen', subject: null }] }, ['frozen']],
    ['the status is of an older version', { desired: null }, ['statusOld']],
    ['its window has just begun', { steadySinceMs: NOW_MS - 9_999 }, ['unstable']],
    ['nobody knows since when it is calm', { steadySinceMs: null }, ['unstable']],
    ['the clock of whoever looked is ahead', { steadySinceMs: NOW_MS + 60_000 }, ['unstable']],
  ])('not while %s', (_name, sight, expected) => {
    expect(codes(sight)).toEqual(expected);
  });

  test('up to the last entry of the lag, and the last moment of the window', () => {
    expect(codes({ voters: [...voters(2), voter(3, { lag: 1_000 })] })).toEqual([]);
    expect(codes({ steadySinceMs: NOW_MS - 10_000 })).toEqual([]);
    expect(codes({ steadySinceMs: null }, { stableSeconds: 0 })).toEqual([]);
  });

  test('with more voters than wanted, and with as many as the gate asks for', () => {
    expect(codes({ voters: voters(4) })).toEqual([]);
    expect(codes({}, { voters: 5 })).toEqual(['tooFewVoters']);
    expect(codes({ desired: 5 }, { voters: 3 })).toEqual([]);
  });

  test('or as many as the gate asks for: three bear one, five bear two', () => {
    expect(codes({}, { tolerance: 2 })).toEqual(['toleratesTooFew']);
    expect(codes({ voters: voters(5), desired: 5 }, { tolerance: 2 })).toEqual([]);
    expect(codes({ voters: voters(2), desired: 2 })).toEqual(['toleratesTooFew']);
    expect(codes({ voters: voters(2), desired: 2 }, { tolerance: 0 })).toEqual([]);
  });

  test('a single voter is judged without tolerance where the configuration allows it', () => {
    const single = { voters: voters(1), desired: 1 } as const;
    expect(codes(single)).toEqual([]);
    expect(codes({ ...single, single: 'refuse' })).toEqual(['toleratesTooFew']);
    expect(codes({ ...single, voters: [voter(1, { answers: false })] })).toContain('voterSilent');
    // One voter left of three is no single voter.
    expect(codes({ voters: voters(1) })).toEqual(['tooFewVoters', 'toleratesTooFew']);
    // Its replacement votes already.
    expect(codes({ voters: voters(2), desired: 1 })).toEqual([]);
  });

  test('a snapshot that is asked for must be known and young enough', () => {
    const require = { snapshotMaxAgeSeconds: 60 };
    expect(codes({}, require)).toEqual(['snapshotMissing']);
    expect(codes({ snapshotAtMs: NOW_MS - 60_000 }, require)).toEqual([]);
    expect(codes({ snapshotAtMs: NOW_MS - 60_001 }, require)).toEqual(['snapshotMissing']);
  });

  test('a version that is to be rolled out must be a step from what the voters run', () => {
    expect(codes({}, { etcdVersion: '3.6.14' })).toEqual([]);
    expect(codes({}, { etcdVersion: '3.7.0' })).toEqual(['versionStep']);
  });

  test('where nothing can be known nothing else is said, but for alarms', () => {
    for (const code of ['notFounded', 'noVoterAnswers', 'deleting', 'statusOld'] as const) {
      const sight = { obstacles: [{ code, subject: null }], voters: [], leader: null, alarms: ['NOSPACE'] };
      expect(codes(sight)).toEqual([code, 'alarmRaised']);
    }
  });
});

const anyVoter = fc.record({
  name: fc.stringMatching(/^i-[0-9a-f]{4}$/),
  id: fc.nat().map(String),
  answers: fc.boolean(),
  lag: fc.option(fc.integer({ min: 0, max: 2_000 }), { nil: null }),
  version: fc.constantFrom('3.5.26', '3.6.14', null),
});
/** Most often what is fine, so that many sights have one thing wrong, or nothing. */
const mostly = <T>(fine: T, ...others: readonly T[]) =>
  fc.oneof({ weight: 12, arbitrary: fc.constant(fine) }, fc.constantFrom(fine, ...others));
const fineVoter = anyVoter.map((one): SeenVoter => ({ ...one, answers: true, lag: 0 }));
const anySight: fc.Arbitrary<ClusterSight> = fc.record({
  desired: mostly<number | null>(3, 0, 1, 2, 4, 5, 7, null),
  single: fc.constantFrom('allow', 'refuse'),
  leader: mostly<string | null>('i-1', null),
  voters: fc.array(fc.oneof({ weight: 30, arbitrary: fineVoter }, anyVoter), { maxLength: 9 }),
  learners: mostly<readonly string[]>([], ['i-9']),
  alarms: mostly<readonly string[]>([], ['NOSPACE']),
  obstacles: mostly<ClusterSight['obstacles']>([], [{ code: 'changeInFlight', subject: 'i-9' }]),
  steadySinceMs: mostly<number | null>(NOW_MS - 100_000, NOW_MS - 5_000, NOW_MS + 5_000, null),
  snapshotAtMs: mostly<number | null>(NOW_MS - 1_000, null),
});
const anyRequire: fc.Arbitrary<Require> = fc.record({
  tolerance: fc.integer({ min: 0, max: 3 }),
  stableSeconds: fc.constantFrom(0, 10, 60),
  voters: fc.constantFrom(null, 1, 3, 5),
  maxLag: fc.constantFrom(0, 100, 1_000),
  snapshotMaxAgeSeconds: fc.constantFrom(null, null, 60),
  etcdVersion: fc.constantFrom(null, null, '3.6.14'),
});
const holds = (sight: ClusterSight, require: Require): boolean =>
  judgeTolerance(sight, require, NOW_MS).length === 0;

test('more silence, more obstacles, more lag and a stricter requirement never make it hold', () => {
  let heldCount = 0;
  fc.assert(
    fc.property(anySight, anyRequire, fc.nat(), (sight, require, at) => {
      if (holds(sight, require)) heldCount += 1;
      else {
        const spoilt = sight.voters.map((one, index) =>
          index === at % Math.max(1, sight.voters.length) ? { ...one, answers: false } : one,
        );
        const worse: readonly Partial<ClusterSight>[] = [
          { voters: spoilt },
          { voters: sight.voters.map((one) => ({ ...one, lag: one.lag === null ? null : one.lag + 1 })) },
          { leader: null },
          { steadySinceMs: null },
          { alarms: [...sight.alarms, 'CORRUPT'] },
          { obstacles: [...sight.obstacles, { code: 'rebooting', subject: 'i-8' }] },
        ];
        for (const change of worse) expect(holds({ ...sight, ...change }, require)).toBe(false);
        expect(holds(sight, { ...require, tolerance: require.tolerance + 1 })).toBe(false);
        expect(holds(sight, { ...require, stableSeconds: require.stableSeconds + 1 })).toBe(false);
      }
    }),
    { numRuns: 3_000 },
  );
  expect(heldCount).toBeGreaterThan(50);
});

test('where it holds any one voter may fall silent, and the others are a majority that is left', () => {
  let heldCount = 0;
  fc.assert(
    fc.property(anySight, anyRequire, (sight, require) => {
      const isSingle = Math.max(1, require.voters ?? sight.desired ?? 0) === 1 && sight.single === 'allow';
      if (!holds(sight, require) || require.tolerance === 0 || isSingle) return;
      heldCount += 1;
      const answering = sight.voters.filter(({ answers }) => answers).length;
      expect((answering - require.tolerance) * 2).toBeGreaterThan(sight.voters.length);
    }),
    { numRuns: 3_000 },
  );
  expect(heldCount).toBeGreaterThan(30);
});

test('every shortfall says in one short line what was found, and has an advice', () => {
  for (const code of Object.keys(SHORTFALL_ADVICE).filter(isShortfallCode)) {
    const { text } = shortfall(code, 'i-0000000000000000a');
    expect(text.length + SHORTFALL_ADVICE[code].length).toBeLessThan(250);
    expect(shortfall(code).text).not.toMatch(/null|undefined/);
    expect(shortfallsText([shortfall(code)])).toContain(`(${code})`);
  }
  expect(isShortfallCode('toString')).toBe(false);
  expect(shortfallsText([shortfall('noLeader'), shortfall('frozen')])).toContain('; ');
});

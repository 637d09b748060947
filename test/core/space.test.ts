import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  decodeSpaceRecord,
  encodeSpaceRecord,
  NO_SPACE_RECORD,
  SPACE_LEVELS,
  type SpaceRecord,
} from '../../functions/core/space.ts';

const count = fc.nat({ max: Number.MAX_SAFE_INTEGER });
const record: fc.Arbitrary<SpaceRecord> = fc.record({
  repairsAtMs: fc.array(count, { maxLength: 3 }),
  repair: fc.option(
    fc.record({
      startedAtMs: count,
      limitBytes: count,
      compacted: fc.option(
        fc.record({
          level: fc.constantFrom(...SPACE_LEVELS),
          isSure: fc.boolean(),
          revision: fc.nat().map(String),
          atMs: count,
          inUseBytes: count,
        }),
      ),
      attempts: fc.dictionary(fc.nat().map(String), fc.nat({ max: 3 }), { noNullPrototype: true }),
    }),
  ),
});

describe('the parameter maintenance', () => {
  test('reads back as what was written', () => {
    fc.assert(
      fc.property(record, (given) => {
        expect(decodeSpaceRecord(encodeSpaceRecord(given))).toEqual(given);
      }),
    );
  });

  test.each([null, '', 'no JSON', '[]', '7', '{}'])('%j counts as nothing', (text) => {
    expect(decodeSpaceRecord(text)).toEqual(NO_SPACE_RECORD);
  });

  test.each([
    '{"spaceRepairsAtMs":[1,"2",-3,null],"repair":{"startedAtMs":"1"}}',
    '{"spaceRepairsAtMs":[1],"repair":7}',
    '{"spaceRepairsAtMs":[1],"repair":{"startedAtMs":1}}',
  ])('what cannot be read of it is left out: %s', (text) => {
    expect(decodeSpaceRecord(text)).toEqual({ repairsAtMs: [1], repair: null });
  });

  test.each([
    '{"level":"some","revision":"5","atMs":1,"inUseBytes":1}',
    '{"level":"all","revision":"x","atMs":1,"inUseBytes":1}',
    '{"level":"all","revision":"5","atMs":null,"inUseBytes":1}',
    '7',
  ])('a compaction that cannot be read is none: %s', (compacted) => {
    const text = `{"repair":{"startedAtMs":1,"limitBytes":2,"attempts":{"11":1,"22":"x"},"compacted":${compacted}}}`;
    const repair = { startedAtMs: 1, limitBytes: 2, compacted: null, attempts: { 11: 1 } };
    expect(decodeSpaceRecord(text)).toEqual({ repairsAtMs: [], repair });
  });
});

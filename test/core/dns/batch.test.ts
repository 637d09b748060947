import { describe, expect, test } from 'vitest';
import { packBatches, weigh } from '../../../functions/core/dns/batch.ts';
import type { RecordChange } from '../../../functions/core/dns/zone-port.ts';
import { webRecord } from './worlds.ts';

const changes = (
  action: RecordChange['action'],
  count: number,
  value = '10.0.0.1',
): readonly RecordChange[] =>
  Array.from({ length: count }, (_, at) => ({ action, record: { ...webRecord(at), values: [value] } }));
const units = (...sizes: readonly number[]) =>
  sizes.map((size) => ({ changes: changes('CREATE', size), size }));
const sizesOf = (
  batches: ReturnType<typeof packBatches<{ changes: readonly RecordChange[]; size: number }>>,
) => batches.map((batch) => batch.map(({ size }) => size));

test('an UPSERT counts twice, in values and in characters', () => {
  expect(weigh(changes('CREATE', 3))).toEqual({ elements: 3, characters: 24 });
  expect(weigh(changes('UPSERT', 3))).toEqual({ elements: 6, characters: 48 });
  expect(weigh([{ action: 'CREATE', record: { ...webRecord(1), values: ['a', 'b'] } }])).toMatchObject({
    elements: 2,
  });
});

describe('as few batches as fit, and what belongs together stays together', () => {
  test.each([
    [[], []],
    [[1, 2], [[1, 2]]],
    [[600, 400], [[600, 400]]],
    [
      [600, 401],
      [[600], [401]],
    ],
    [
      [600, 401, 599],
      [[600], [401, 599]],
    ],
  ])('%j', (sizes, expected) => {
    expect(sizesOf(packBatches(units(...sizes)))).toEqual(expected);
  });

  test('characters count as well', () => {
    const long = 'x'.repeat(4_000);
    const unit = { changes: changes('CREATE', 5, long), size: 5 };
    expect(sizesOf(packBatches([unit, unit]))).toEqual([[5], [5]]);
    const half = { changes: changes('CREATE', 4, long), size: 4 };
    expect(sizesOf(packBatches([half, half]))).toEqual([[4, 4]]);
  });
});

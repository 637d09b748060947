import fc from 'fast-check';
import { expect, test } from 'vitest';
import { median, ratio, spreadOf, worst } from '../../../infra/bench/figures.ts';

test('the median is the middle value, or lies between the two in the middle', () => {
  expect(median([5, 1, 3])).toBe(3);
  expect(median([4, 1, 3, 2])).toBe(2.5);
  expect(median([7])).toBe(7);
});

test('of no repetition there is neither median nor worst', () => {
  expect(median([])).toBeNull();
  expect(worst([])).toBeNull();
  expect(spreadOf([null, null])).toEqual({ median: null, worst: null });
});

test('as many values lie below the median as above it, in every order', () => {
  fc.assert(
    fc.property(fc.array(fc.integer(), { minLength: 1, maxLength: 20 }), (values) => {
      const middle = median(values) ?? Number.NaN;
      expect(values.filter((value) => value < middle).length).toBeLessThanOrEqual(values.length / 2);
      expect(values.filter((value) => value > middle).length).toBeLessThanOrEqual(values.length / 2);
      expect(worst(values)).toBeGreaterThanOrEqual(middle);
    }),
  );
});

test('repetitions in which something was not measured are left out of its spread', () => {
  expect(spreadOf([30, null, 10, 20])).toEqual({ median: 20, worst: 30 });
});

test('a ratio needs both sides and a floor above nothing', () => {
  expect(ratio(300, 100)).toBe(3);
  expect(ratio(null, 100)).toBeNull();
  expect(ratio(300, null)).toBeNull();
  expect(ratio(300, 0)).toBeNull();
});

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { clip, type Interval, unionMs, without } from '../../../infra/bench/intervals.ts';

const of = (fromMs: number, toMs: number): Interval => ({ fromMs, toMs });
const WHOLE = of(0, 100);
const intervals = fc.array(
  fc
    .tuple(fc.integer({ min: -20, max: 120 }), fc.integer({ min: 0, max: 50 }))
    .map(([at, for_]) => of(at, at + for_)),
  { maxLength: 8 },
);

test('waits side by side are waited for once', () => {
  expect(unionMs([of(0, 10), of(5, 20), of(6, 8), of(30, 31)])).toBe(21);
  expect(unionMs([])).toBe(0);
});

test('only the part of a wait within the time counts', () => {
  expect(clip(of(-5, 5), WHOLE)).toEqual([of(0, 5)]);
  expect(clip(of(95, 200), WHOLE)).toEqual([of(95, 100)]);
  expect(clip(of(100, 110), WHOLE)).toEqual([]);
});

test('what is free and what is taken make up the whole', () => {
  fc.assert(
    fc.property(intervals, (taken) => {
      const inside = taken.flatMap((one) => clip(one, WHOLE));
      const free = without(WHOLE, taken);
      expect(unionMs(free) + unionMs(inside)).toBe(100);
      expect(unionMs([...free, ...inside])).toBe(100);
    }),
  );
});

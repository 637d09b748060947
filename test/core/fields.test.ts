import { expect, test } from 'vitest';
import { Fields } from '../../functions/core/fields.ts';

test('an inherited name is not a setting', () => {
  const problems: string[] = [];
  const fields = new Fields({}, '', problems);
  expect(fields.flag('constructor')).toBe(false);
  expect(fields.wholeNumber('toString', 7, 1, 9)).toBe(7);
  expect(problems).toEqual([]);
});

test('a mistake in a nested object is named with its whole path', () => {
  const problems: string[] = [];
  const inner = new Fields({ outer: { size: 'x', other: 1 } }, '', problems).nested('outer');
  expect(inner.wholeNumber('size', 3, 1, 7)).toBe(3);
  inner.refuseOthers();
  expect(problems).toEqual([
    'outer.size must be a whole number from 1 to 7, got "x"',
    'outer.other is not a known setting',
  ]);
});

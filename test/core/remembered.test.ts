import { expect, test } from 'vitest';
import { areSameTexts, remembered, rememberedLast } from '../../functions/core/remembered.ts';

test('equal texts are read once, and answer with the very same value', () => {
  const read: string[] = [];
  const lengthOf = remembered((text) => {
    read.push(text);
    return { length: text.length };
  });
  const first = lengthOf('abc');
  expect(first).toEqual({ length: 3 });
  expect(lengthOf(['a', 'bc'].join(''))).toBe(first);
  expect(lengthOf('ab')).toEqual({ length: 2 });
  expect(read).toEqual(['abc', 'ab']);
});

test('what could not be read is remembered, too', () => {
  let count = 0;
  const nothingIn = remembered(() => {
    count += 1;
    return null;
  });
  expect([nothingIn('x'), nothingIn('x')]).toEqual([null, null]);
  expect(count).toBe(1);
});

test('what is kept has a bound, beyond which texts are read again', () => {
  let count = 0;
  const lengthOf = remembered((text) => {
    count += 1;
    return text.length;
  });
  for (let n = 0; n < 2_000; n += 1) lengthOf(`text ${n}`);
  expect(count).toBe(2_000);
  expect(lengthOf('text 0')).toBe(6);
  expect(count).toBe(2_001);
  expect(lengthOf('text 1999')).toBe(9);
  expect(count).toBe(2_001);
});

test('of the very thing that was given last nothing is made anew, and of an equal one it is', () => {
  const sum = rememberedLast((numbers: readonly number[]) => ({ sum: numbers.reduce((a, b) => a + b, 0) }));
  const [one, other] = [
    [1, 2],
    [1, 2],
  ];
  const first = sum(one);
  expect(sum(one)).toBe(first);
  expect(sum(other)).not.toBe(first);
  expect([sum(other), sum(one)]).toEqual([{ sum: 3 }, { sum: 3 }]);
});

test('what could not be made is tried again', () => {
  let count = 0;
  const failing = rememberedLast((_thing: object) => {
    count += 1;
    throw new Error('no');
  });
  const thing = {};
  expect(() => failing(thing)).toThrow('no');
  expect(() => failing(thing)).toThrow('no');
  expect(count).toBe(2);
});

test('what is the same by what is said is not made anew, as are equal texts by equal names', () => {
  let count = 0;
  const read = rememberedLast((texts: ReadonlyMap<string, string>) => {
    count += 1;
    return [...texts].join();
  }, areSameTexts);
  const texts = { a: '1', b: '2' };
  for (const given of [texts, texts, { a: '1' }, { a: '1', b: '3' }, { a: '1', c: '3' }, texts])
    expect(read(new Map(Object.entries(given)))).toBe(Object.entries(given).join());
  expect(count).toBe(5);
});

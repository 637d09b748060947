import { describe, expect, test } from 'vitest';
import { encodeMetadata, parseMetadata } from '../../functions/core/metadata.ts';

describe('metadata that is right', () => {
  test.each([
    ['', []],
    [
      'instancetype=r3,role=worker',
      [
        ['instancetype', 'r3'],
        ['role', 'worker'],
      ],
    ],
    [' a = b ', null],
    [
      ' a=b , c=d ',
      [
        ['a', 'b'],
        ['c', 'd'],
      ],
    ],
    ['empty=', [['empty', '']]],
    ['url=http://x:80/y@z+1', [['url', 'http://x:80/y@z+1']]],
  ] as const)('%o', (text, expected) => {
    const parsed = parseMetadata(text);
    expect(parsed.ok ? [...parsed.metadata] : null).toEqual(expected);
  });

  test('is the same text whatever its order was', () => {
    const of = (text: string): string => {
      const parsed = parseMetadata(text);
      return parsed.ok ? encodeMetadata(parsed.metadata) : '';
    };
    expect(of('b=2,a=1')).toBe('a=1,b=2');
    expect(of(of('b=2,a=1'))).toBe(of('a=1,b=2'));
  });
});

describe('metadata that is wrong', () => {
  test.each([
    ['novalue', /"novalue" is not key=value/],
    ['a=1,,b=2', /"" is not key=value/],
    ['1a=b', /the key of "1a=b"/],
    [`${'k'.repeat(64)}=b`, /the key of/],
    ['a=b c', /the value of "a=b c"/],
    [`a=${'v'.repeat(256)}`, /the value of/],
    ['a=b=c', /the value of/],
    ['a=1,a=2', /the key "a" stands there twice/],
    [Array.from({ length: 21 }, (_, at) => `k${at}=v`).join(), /has 21 pairs, at most 20 fit/],
  ])('%s', (text, words) => {
    const parsed = parseMetadata(text);
    expect(parsed.ok ? [] : parsed.problems).toEqual([expect.stringMatching(words)]);
  });

  test('tells all its mistakes together', () => {
    const parsed = parseMetadata('x,y,ok=1');
    expect(parsed.ok ? [] : parsed.problems).toHaveLength(2);
  });

  test('at its limits is right', () => {
    const text = Array.from({ length: 20 }, (_, at) => `k${at}=${'v'.repeat(255)}`).join();
    expect(parseMetadata(text).ok).toBe(true);
    expect(parseMetadata(`${'k'.repeat(63)}=v`).ok).toBe(true);
  });
});

import { describe, expect, test } from 'vitest';
import { type Candidate, chooseEvenly } from '../../../functions/core/dns/choose.ts';

const many = (
  zones: Readonly<Record<string, number>>,
  published: readonly string[] = [],
): readonly Candidate[] =>
  Object.entries(zones).flatMap(([zone, count]) =>
    Array.from({ length: count }, (_, at) => {
      const id = `${zone}-${String(at).padStart(4, '0')}`;
      return { id, zone, isPublished: published.includes(id) };
    }),
  );

const counts = (chosen: readonly Candidate[]): Readonly<Record<string, number>> => {
  const byZone: Record<string, number> = {};
  for (const { zone } of chosen) byZone[zone] = (byZone[zone] ?? 0) + 1;
  return byZone;
};

describe('the choice is even over the zones', () => {
  test.each([
    [{ a: 3, b: 3 }, 10, { a: 3, b: 3 }],
    [{ a: 100, b: 100, c: 100 }, 100, { a: 33, b: 33, c: 34 }],
    [{ a: 5, b: 400 }, 100, { a: 5, b: 95 }],
    [{ a: 0, b: 40, c: 1_000 }, 100, { b: 40, c: 60 }],
    [{ a: 1_000 }, 100, { a: 100 }],
  ])('of %j at most %i: %j', (zones, max, expected) => {
    expect(counts(chooseEvenly(many(zones), max))).toEqual(expected);
  });
});

test('whoever is published stays, so that nobody flaps', () => {
  const all = many({ a: 90, b: 90 });
  const published = all.filter(({ id }) => Number(id.slice(2)) >= 40).map(({ id }) => id);
  expect(published).toHaveLength(100);
  const chosen = chooseEvenly([...many({ a: 90, b: 90 }, published)].reverse(), 100).map(({ id }) => id);
  expect([...chosen].sort()).toEqual([...published].sort());
});

test('one that went is replaced, and nobody else', () => {
  const all = many({ a: 80, b: 80 });
  const first = chooseEvenly(all, 100).map(({ id }) => id);
  const rest = many({ a: 80, b: 80 }, first).filter(({ id }) => id !== first[0]);
  const later = chooseEvenly(rest, 100).map(({ id }) => id);
  expect(later.filter((id) => !first.includes(id))).toHaveLength(1);
  expect(later).toHaveLength(100);
});

import { beforeAll, describe, expect, test } from 'vitest';
import { EFFECT_KINDS, type Fault } from '../simulation/crash/crash.ts';
import { type CrashCount, type CrashPoint, enumerate } from '../simulation/crash/enumerate.ts';
import { CRASH_STORIES } from '../simulation/crash/stories.ts';

/**
 * Crash-point enumeration (S39): a story is told once without faults to count its effects,
 * heartbeats, permit, messages and events among them; then, for every k, again with the
 * function killed right after effect k, and again with the reply to effect k lost. The end
 * must be the same, no rule broken on the way, and nothing written any more when all is done.
 * `npm run crash-points` prints the counts.
 */
const STORIES_MIN = 20;
const POINTS_MIN = 1_080;

let pointCount = 0;
const kinds = new Set<string>();

const pointsOf = (count: CrashCount, fault: Fault): readonly CrashPoint[] =>
  count.points.filter((point) => point.fault === fault);

describe.each(CRASH_STORIES)('$name', (story) => {
  let count: CrashCount;

  beforeAll(async () => {
    count = await enumerate(story);
    pointCount += count.points.length;
    for (const { hit } of count.points) kinds.add(hit?.split(' ')[0] ?? '');
  });

  test('breaks no rule without a fault', () => {
    expect(count.whole.violations).toEqual([]);
    expect(count.whole.effects).toEqual(expect.arrayContaining([...story.effects]));
  });

  test.each([
    ['wherever the function is killed', 'killed'],
    ['whichever reply is lost', 'replyLost'],
  ] as const)('ends in the same state %s', (_title, fault) => {
    const points = pointsOf(count, fault);
    expect(points.filter(({ differences }) => differences.length > 0)).toEqual([]);
    expect(points.map(({ k }) => k)).toEqual(count.whole.effects.map((_, index) => index + 1));
    expect(points.map(({ hit }) => hit)).toEqual(expect.arrayContaining([...story.effects]));
  });
});

test(`there are at least ${POINTS_MIN} crash points, in ${STORIES_MIN} stories`, () => {
  expect(CRASH_STORIES.length).toBeGreaterThanOrEqual(STORIES_MIN);
  expect(pointCount).toBeGreaterThanOrEqual(POINTS_MIN);
});

test('a function died after every kind of effect', () => {
  // What nobody can read is no part of a cluster's story.
  expect(EFFECT_KINDS.filter((kind) => !kinds.has(kind))).toEqual(['queue.keepUnreadable']);
});

test('an end that is another one is noticed, at every point', async () => {
  let told = 0;
  const fickle = await enumerate({
    name: 'another end each time',
    size: 1,
    isGrown: true,
    happen: (world) => {
      world.desired = told === 0 ? 2 : 3;
      told += 1;
    },
    effects: [],
  });
  expect(fickle.points.length).toBeGreaterThan(20);
  expect(fickle.points.filter(({ differences }) => differences.length === 0)).toEqual([]);
});

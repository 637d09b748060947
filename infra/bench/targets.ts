import { median } from './figures.ts';
import type { Run, StoryResult } from './result.ts';

/** What the project promises of itself, and what was measured. */
export interface Target {
  readonly name: string;
  /** In words. */
  readonly promise: string;
  readonly limit: number;
  readonly got: number;
  readonly unit: 'ms' | 'calls';
  readonly isMet: boolean;
}

interface Promised {
  readonly story: string;
  readonly promise: string;
  readonly limitMs: number;
  /** `null`: the repetition did not come so far, which breaks the promise. */
  readonly of: (run: Run) => number | null;
  /** Of several repetitions; the worst where nothing is said. */
  readonly by?: 'median';
}

const PROMISED: readonly Promised[] = [
  {
    story: 'leader-hooked',
    promise:
      'a replacement through the hook takes at most 1.5 s beyond the floor and the waits of the platform',
    limitMs: 1_500,
    of: ({ oursMs }) => oursMs,
  },
  {
    story: 'leader-hooked',
    promise: 'the leader leaves through its hook with a gap of at most 150 ms in the median',
    limitMs: 150,
    of: ({ gapMs }) => gapMs,
    by: 'median',
  },
  ...['follower-lost', 'leader-lost'].map((story): Promised => {
    return {
      story,
      promise: 'a loss without notice is made good at most 3 s after it could be known',
      limitMs: 3_000,
      of: ({ afterKnowableMs }) => afterKnowableMs,
    };
  }),
  {
    story: 'second-1s',
    promise: 'a second of three terminated 1 s after the first costs no quorum',
    limitMs: 0,
    of: ({ quorumLostMs }) => quorumLostMs,
  },
  {
    story: 'all-killed',
    promise: 'two of three come back after all were killed: writable at most 5 s after the second starts',
    limitMs: 5_000,
    of: ({ writableMs }) => writableMs,
  },
];

/** Promises of the stories that were told. A repetition that broke off breaks them. */
export function targetsOf(stories: readonly StoryResult[]): readonly Target[] {
  return PROMISED.flatMap(({ story, promise, limitMs, of, by }) => {
    const told = stories.find(({ name }) => name === story);
    if (told === undefined || told.runs.length === 0) return [];
    const values = told.runs.map((run) => (run.error === null ? of(run) : null) ?? Number.POSITIVE_INFINITY);
    const got = by === 'median' ? (median(values) ?? Number.POSITIVE_INFINITY) : Math.max(...values);
    return [{ name: story, promise, limit: limitMs, got, unit: 'ms', isMet: got <= limitMs }];
  });
}

import { expect, test } from 'vitest';
import { shareOf, xOf } from '../../../infra/demo/chart.ts';
import { drawnMs, foldsOf } from '../../../infra/demo/folds.ts';
import { A, FIXED, instanceOf, sampleOf } from './fixed-recording.ts';

const quiet = {
  samples: [sampleOf(0, [], null), sampleOf(60_000, [instanceOf(A)], null)],
  actions: [],
  steps: [],
};

test('a long time without any change is folded, with what was before and after left as it is', () => {
  expect(foldsOf(quiet)).toEqual([{ fromMs: 2_000, toMs: 58_000 }]);
});

test('a change of the cluster, or a step, ends a fold; bookkeeping does not', () => {
  const action = { atMs: 30_000, because: null, instanceId: A, memberId: null, refusal: null };
  const foldsWith = (kind: string) => foldsOf({ ...quiet, actions: [{ ...action, kind }] });
  expect(foldsWith('promoteLearner')).toHaveLength(2);
  expect(foldsWith('publishStatus')).toEqual(foldsOf(quiet));
  const [step] = FIXED.steps.map((one) => ({ ...one, fromMs: 0, wholeMs: 15_000, toMs: 30_000 }));
  expect(foldsOf({ ...quiet, steps: step === undefined ? [] : [step] })).toEqual([
    { fromMs: 32_000, toMs: 58_000 },
  ]);
});

test('a run in which something always happens is drawn as it was', () => {
  expect(foldsOf(FIXED)).toEqual([]);
});

test('time goes on in a fold, only faster, and never backwards', () => {
  const folds = foldsOf(quiet);
  expect(drawnMs(folds, 1_000)).toBe(1_000);
  expect(drawnMs(folds, 60_000)).toBe(8_000);
  const moments = Array.from({ length: 61 }, (_, second) => drawnMs(folds, second * 1_000));
  expect(moments.every((ms, index) => index === 0 || ms > (moments[index - 1] ?? 0))).toBe(true);
});

test('a view spans from its first to its last moment, folded or not', () => {
  const view = { fromMs: 1_000, toMs: 60_000, folds: foldsOf(quiet) };
  expect(shareOf(view, 1_000)).toBe(0);
  expect(shareOf(view, 60_000)).toBe(1);
  expect(xOf(view, -5_000)).toBe(xOf(view, 1_000));
  expect(xOf(view, 99_000)).toBe(xOf(view, 60_000));
});

import type { Recording } from './recording.ts';
import { isChange } from './words.ts';

/** A stretch in which nothing changed: it is drawn as if it were short. */
export interface Fold {
  readonly fromMs: number;
  readonly toMs: number;
}

/** Shorter ones are drawn as they are. */
const QUIET_MS = 20_000;
/** Left as it is on both sides, so that it shows what was before and after. */
const MARGIN_MS = 2_000;
const SHOWN_MS = 4_000;

/** The stretches without any change of an instance, a member, a wait or a step. */
export function foldsOf({
  samples,
  actions,
  steps,
}: Pick<Recording, 'samples' | 'actions' | 'steps'>): readonly Fold[] {
  const moments = [
    ...samples.map(({ atMs }) => atMs),
    ...actions.filter((action) => isChange(action)).map(({ atMs }) => atMs),
    ...steps.flatMap(({ fromMs, wholeMs, toMs }) => [fromMs, wholeMs ?? toMs, toMs]),
  ].sort((a, b) => a - b);
  return moments.flatMap((toMs, index) => {
    const fromMs = moments[index - 1] ?? toMs;
    return toMs - fromMs < QUIET_MS ? [] : [{ fromMs: fromMs + MARGIN_MS, toMs: toMs - MARGIN_MS }];
  });
}

/** Where a moment is drawn: time as it is, but for the folds, in which it runs faster. */
export function drawnMs(folds: readonly Fold[], ms: number): number {
  return folds.reduce((sum, { fromMs, toMs }) => {
    const inside = Math.min(Math.max(ms - fromMs, 0), toMs - fromMs);
    return sum - inside * (1 - SHOWN_MS / (toMs - fromMs));
  }, ms);
}

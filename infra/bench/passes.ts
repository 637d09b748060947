import { isRecord } from '../../functions/core/json.ts';
import type { LogLine } from '../demo/told.ts';
import type { PassSpan } from './platform.ts';

/** One effect of the autopilot. */
export interface StepMark {
  readonly atMs: number;
  readonly kind: string;
  readonly isRefused: boolean;
}

/** The passes that a function has logged; `originMs` is what the wall clock shows at 0 of the other times. */
export function passesOf(log: readonly LogLine[], originMs: number): readonly PassSpan[] {
  return log
    .filter(({ event }) => event === 'pass.finished')
    .map((line) => {
      const toMs = Date.parse(String(line['at'])) - originMs;
      const calls = isRecord(line['calls']) ? line['calls'] : {};
      return {
        fromMs: toMs - Number(line['durationMs']),
        toMs,
        lookCount: Number(line['lookCount']),
        calls: Object.fromEntries(Object.entries(calls).map(([api, count]) => [api, Number(count)])),
      };
    });
}

export function stepsOf(log: readonly LogLine[], originMs: number): readonly StepMark[] {
  return log
    .filter(({ event }) => event === 'step.applied' || event === 'step.refused')
    .map((line) => ({
      atMs: Date.parse(String(line['at'])) - originMs,
      kind: String(line['kind']),
      isRefused: line['event'] === 'step.refused',
    }));
}

/** Calls of several passes, by API. */
export function callsOf(passes: readonly Pick<PassSpan, 'calls'>[]): Readonly<Record<string, number>> {
  const sums: Record<string, number> = {};
  for (const { calls } of passes) {
    for (const [api, count] of Object.entries(calls)) sums[api] = (sums[api] ?? 0) + count;
  }
  return sums;
}

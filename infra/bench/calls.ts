import { tableText } from '../cli/table.ts';
import { median } from './figures.ts';
import type { Run, StoryResult } from './result.ts';

export type Calls = Readonly<Record<string, number>>;

/** What a story costs in calls to AWS, from its beginning until all is settled: the median of its repetitions. */
export interface StoryCalls {
  readonly name: string;
  readonly passes: number;
  readonly looks: number;
  readonly total: number;
  /** By API, as IAM names it. */
  readonly calls: Calls;
}

/** `autoscaling` of `autoscaling:DescribeAutoScalingGroups`. */
const serviceOf = (api: string): string => api.split(':')[0] ?? api;

/** Calls by service, in the order of their names. */
export function byService(calls: Calls): Calls {
  const sums: Record<string, number> = {};
  for (const [api, count] of Object.entries(calls).sort()) {
    sums[serviceOf(api)] = (sums[serviceOf(api)] ?? 0) + count;
  }
  return sums;
}

export const totalOf = (calls: Calls): number => Object.values(calls).reduce((sum, count) => sum + count, 0);

export function callsOfStories(stories: readonly StoryResult[]): readonly StoryCalls[] {
  return stories.flatMap(({ name, runs }) => {
    const whole = runs.filter(({ error }) => error === null);
    return whole.length === 0 ? [] : [{ name, ...callsOfRuns(whole) }];
  });
}

function callsOfRuns(runs: readonly Run[]): Omit<StoryCalls, 'name'> {
  const middle = (of: (run: Run) => number): number => median(runs.map(of)) ?? 0;
  const apis = [...new Set(runs.flatMap(({ calls }) => Object.keys(calls)))].sort();
  const calls = Object.fromEntries(apis.map((api) => [api, middle((run) => run.calls[api] ?? 0)]));
  return {
    passes: middle(({ passes }) => passes),
    looks: middle(({ looks }) => looks),
    total: middle((run) => totalOf(run.calls)),
    calls,
  };
}

const told = (count: number): string => String(Math.round(count * 10) / 10);

/** One line for each story: passes, looks and calls, by service. */
export function callsText(rows: readonly StoryCalls[]): string {
  const services = [...new Set(rows.flatMap(({ calls }) => Object.keys(byService(calls))))].sort();
  const heading = ['calls to AWS', 'passes', 'looks', 'calls', ...services];
  const lines = rows.map(({ name, passes, looks, total, calls }) => {
    const sums = byService(calls);
    return [name, ...[passes, looks, total, ...services.map((service) => sums[service] ?? 0)].map(told)];
  });
  return `\n${tableText([heading, ...lines])}`;
}

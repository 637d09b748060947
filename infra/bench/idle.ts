import { tableText } from '../cli/table.ts';
import { byService, type Calls, totalOf } from './calls.ts';
import { spreadOf } from './figures.ts';
import type { PassSpan } from './platform.ts';
import type { Target } from './targets.ts';

/** Passes in which nothing was to be done, by a warm function, on a cluster of so many members. */
export interface IdlePass {
  readonly members: number;
  readonly passes: number;
  /** Most calls of one pass, by API and together. */
  readonly calls: Calls;
  readonly awsCalls: number;
  readonly medianMs: number;
  readonly worstMs: number;
}

const CALLS_MAX = 8;
const MS_MAX = 300;

/** `null`: none of these passes was idle. One look that found nothing to do is an idle pass. */
export function idleOf(members: number, passes: readonly PassSpan[]): IdlePass | null {
  const idle = passes.filter(({ lookCount, calls }) => lookCount === 1 && isReading(calls));
  const [first] = idle;
  if (first === undefined) return null;
  const most = idle.reduce((a, b) => (totalOf(b.calls) > totalOf(a.calls) ? b : a), first);
  const times = spreadOf(idle.map(({ fromMs, toMs }) => toMs - fromMs));
  return {
    members,
    passes: idle.length,
    calls: most.calls,
    awsCalls: totalOf(most.calls),
    medianMs: times.median ?? 0,
    worstMs: times.worst ?? 0,
  };
}

/** Whatever writes is no idle pass. */
const isReading = (calls: Calls): boolean =>
  Object.keys(calls).every((api) => /:(?:Describe|Get|List)/.test(api));

export function idleTargets(rows: readonly IdlePass[]): readonly Target[] {
  if (rows.length === 0) return [];
  const calls = Math.max(...rows.map(({ awsCalls }) => awsCalls));
  const ms = Math.max(...rows.map(({ medianMs }) => medianMs));
  return [
    {
      name: 'idle pass',
      promise: `a pass with nothing to do makes at most ${CALLS_MAX} calls to AWS`,
      limit: CALLS_MAX,
      got: calls,
      unit: 'calls',
      isMet: calls <= CALLS_MAX,
    },
    {
      name: 'idle pass',
      promise: `a pass with nothing to do takes a warm function at most ${MS_MAX} ms in the median`,
      limit: MS_MAX,
      got: ms,
      unit: 'ms',
      isMet: ms <= MS_MAX,
    },
  ];
}

export function idleText(rows: readonly IdlePass[]): string {
  const services = [...new Set(rows.flatMap(({ calls }) => Object.keys(byService(calls))))].sort();
  const lines = rows.map(({ members, passes, calls, awsCalls, medianMs, worstMs }) => {
    const sums = byService(calls);
    const counts = [awsCalls, ...services.map((service) => sums[service] ?? 0)];
    const times = [`${Math.round(medianMs)} / ${Math.round(worstMs)}`];
    return [`${members} members`, String(passes), ...times, ...counts.map(String)];
  });
  return `\n${tableText([['idle pass', 'passes', 'ms', 'calls', ...services], ...lines])}`;
}

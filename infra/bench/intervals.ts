export interface Interval {
  readonly fromMs: number;
  readonly toMs: number;
}

/** The part of an interval inside another; nothing where they do not overlap. */
export function clip(interval: Interval, { fromMs, toMs }: Interval): readonly Interval[] {
  const clipped = { fromMs: Math.max(interval.fromMs, fromMs), toMs: Math.min(interval.toMs, toMs) };
  return clipped.toMs > clipped.fromMs ? [clipped] : [];
}

/** How much time lies in at least one of them: waits that run side by side are waited for once. */
export function unionMs(intervals: readonly Interval[]): number {
  let sumMs = 0;
  let reachedMs = Number.NEGATIVE_INFINITY;
  for (const { fromMs, toMs } of [...intervals].sort((a, b) => a.fromMs - b.fromMs)) {
    sumMs += Math.max(0, toMs - Math.max(fromMs, reachedMs));
    reachedMs = Math.max(reachedMs, toMs);
  }
  return sumMs;
}

/** The times within `whole` that lie in none of them. */
export function without(whole: Interval, intervals: readonly Interval[]): readonly Interval[] {
  const free: Interval[] = [];
  let atMs = whole.fromMs;
  for (const { fromMs, toMs } of [...intervals].sort((a, b) => a.fromMs - b.fromMs)) {
    free.push(...clip({ fromMs: atMs, toMs: fromMs }, whole));
    atMs = Math.max(atMs, toMs);
  }
  return [...free, ...clip({ fromMs: atMs, toMs: whole.toMs }, whole)];
}

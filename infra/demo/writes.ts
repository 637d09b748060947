import type { Write } from './recording.ts';

/** A time without acknowledgement, between two that are there. */
export interface Gap {
  readonly fromMs: number;
  readonly toMs: number;
}

/** Shorter ones are the writer's own pace and its deadline, and are not marked. */
export const MARKED_GAP_MS = 200;

/** When each write was acknowledged. */
const ackedAtMs = ([atMs, tookMs]: Write): number => atMs + tookMs;

/** The gaps that are worth marking; the running one at the end is none until something follows it. */
export function gapsOf(writes: readonly Write[], longerThanMs = MARKED_GAP_MS): readonly Gap[] {
  const acks = writes.filter(([, , acknowledged]) => acknowledged === 1).map(ackedAtMs);
  return acks.flatMap((toMs, index) => {
    const fromMs = acks[index - 1];
    return fromMs !== undefined && toMs - fromMs > longerThanMs ? [{ fromMs, toMs }] : [];
  });
}

/** Writes that fall into one column of a picture. */
export interface Column {
  readonly index: number;
  readonly leastMs: number;
  readonly medianMs: number;
  readonly mostMs: number;
  readonly failedCount: number;
}

/**
 * What a picture of so many columns shows of the writes between two times: nothing is averaged away. `shareOf` says how
 * much of the picture lies before a moment.
 */
export function columnsOf(
  writes: readonly Write[],
  { fromMs, toMs }: { readonly fromMs: number; readonly toMs: number },
  count: number,
  shareOf: (ms: number) => number,
): readonly Column[] {
  const buckets = new Map<number, Write[]>();
  for (const write of writes) {
    if (write[0] < fromMs || write[0] >= toMs) continue;
    const index = Math.min(Math.floor(shareOf(write[0]) * count), count - 1);
    const bucket = buckets.get(index);
    if (bucket === undefined) buckets.set(index, [write]);
    else bucket.push(write);
  }
  return [...buckets].sort(([a], [b]) => a - b).map(([index, bucket]) => columnOf(index, bucket));
}

function columnOf(index: number, bucket: readonly Write[]): Column {
  const took = bucket.filter(([, , acknowledged]) => acknowledged === 1).map(([, ms]) => ms);
  const sorted = took.sort((a, b) => a - b);
  return {
    index,
    leastMs: sorted[0] ?? 0,
    medianMs: percentileOf(sorted, 0.5),
    mostMs: sorted.at(-1) ?? 0,
    failedCount: bucket.length - sorted.length,
  };
}

/** Of values in ascending order; 0 without any. */
export function percentileOf(sorted: readonly number[], share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
}

export interface WriteFigures {
  readonly acked: number;
  readonly failed: number;
  readonly medianMs: number;
  readonly p99Ms: number;
  readonly longestGapMs: number;
}

export function figuresOf(writes: readonly Write[]): WriteFigures {
  const acked = writes.filter(([, , acknowledged]) => acknowledged === 1);
  const sorted = acked.map(([, ms]) => ms).sort((a, b) => a - b);
  const gaps = gapsOf(writes, 0).map(({ fromMs, toMs }) => toMs - fromMs);
  return {
    acked: acked.length,
    failed: writes.length - acked.length,
    medianMs: percentileOf(sorted, 0.5),
    p99Ms: percentileOf(sorted, 0.99),
    longestGapMs: gaps.reduce((longest, gap) => Math.max(longest, gap), 0),
  };
}

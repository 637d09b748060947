/** Of at least one value; of none there is nothing to say, and it is `null`. */
export function median(values: readonly number[]): number | null {
  const sorted = [...values].sort((a, b) => a - b);
  const [low, high] = [sorted[(sorted.length - 1) >> 1], sorted[sorted.length >> 1]];
  return low === undefined || high === undefined ? null : (low + high) / 2;
}

/** Times and gaps are the worse the longer they are. */
export const worst = (values: readonly number[]): number | null =>
  values.length === 0 ? null : Math.max(...values);

/** How many times the floor it took; `null` where one of the two was not measured, or the floor is nothing. */
export const ratio = (ours: number | null, floor: number | null): number | null =>
  ours === null || floor === null || floor <= 0 ? null : ours / floor;

/** Repetitions told as one. */
export interface Spread {
  readonly median: number | null;
  readonly worst: number | null;
}

/** What was not measured in a repetition (`null`) is left out. */
export function spreadOf(values: readonly (number | null)[]): Spread {
  const known = values.filter((value) => value !== null);
  return { median: median(known), worst: worst(known) };
}

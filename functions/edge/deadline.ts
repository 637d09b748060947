/** Stands for the outcome of what was not over in time. */
export const LATE = { kind: 'late' } as const;
export type Late = typeof LATE;

/** The outcome of `work`, or `LATE` once `budgetMs` is over; as `within`. */
export const orLate = <Result>(budgetMs: number, work: Promise<Result>): Promise<Result | Late> =>
  within<Result | Late>(budgetMs, work, () => LATE);

/**
 * The outcome of `work`, or of `onLate` once `budgetMs` is over. The work is not
 * stopped then, only no longer waited for: whatever it still does must be repeatable.
 */
export async function within<Result>(
  budgetMs: number,
  work: Promise<Result>,
  onLate: () => Result,
): Promise<Result> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<Result>((resolve) => {
    timer = setTimeout(() => resolve(onLate()), budgetMs);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}

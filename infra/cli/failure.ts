/** What the command line ends with. */
export const EXIT = { fine: 0, notHealthy: 1, mistake: 2 } as const;

/**
 * A mistake of the input, or a function that could not be reached: told in one
 * line (what, which cluster, what to do), never as a stack.
 */
export class Failure extends Error {
  override readonly name = 'Failure';
}

/** One line of whatever was thrown. */
export function lineOf(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return text.replaceAll(/\s+/g, ' ').trim() || 'it failed without a reason';
}

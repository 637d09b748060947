import { createInterface } from 'node:readline/promises';
import { onSignals } from './signals.ts';
import type { Terminal } from './terminal.ts';

interface MayBeTerminal {
  readonly isTTY?: boolean;
}

/** Asks at the terminal; the end of the input, or Ctrl-C, is an empty answer. `undefined` where nobody sits. */
export function askerOf(
  input: NodeJS.ReadableStream & MayBeTerminal,
  output: NodeJS.WritableStream & MayBeTerminal,
): Terminal['ask'] {
  if (input.isTTY !== true || output.isTTY !== true) return undefined;
  return async (question) => {
    const lines = createInterface({ input, output });
    const none = new Promise<string>((resolve) => {
      lines.once('SIGINT', () => resolve(''));
      lines.once('close', () => resolve(''));
    });
    try {
      return await Promise.race([lines.question(question).catch(() => ''), none]);
    } finally {
      lines.close();
    }
  };
}

/** Signals do the last work that was set, and end the process. */
export function stopperOf(): NonNullable<Terminal['onStop']> {
  let latest: (() => Promise<void>) | null = null;
  return (work) => {
    const isFirst = latest === null;
    latest = work;
    if (isFirst) onSignals(async () => latest?.());
  };
}

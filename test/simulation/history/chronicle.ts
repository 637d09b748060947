/** What happened in a history, for readers. Kept only where somebody will read it: thousands pass unread. */
export class Chronicle {
  readonly lines: string[] = [];
  readonly isKept: boolean;
  readonly #startMs: number;
  readonly #nowMs: () => number;

  constructor(isKept: boolean, nowMs: () => number) {
    this.isKept = isKept;
    this.#nowMs = nowMs;
    this.#startMs = nowMs();
  }

  /** `words` is called only where it is kept. */
  note(mark: Mark, words: () => string): void {
    if (this.isKept) this.lines.push(`${clock(this.#nowMs() - this.#startMs)} ${MARKS[mark]} ${words()}`);
  }
}

const MARKS = {
  fault: '!! ',
  over: '!  ',
  message: '-> ',
  effect: '  *',
  pass: '<- ',
  group: '   ',
  broken: 'XXX',
  phase: '==',
} as const;

export type Mark = keyof typeof MARKS;

/** Minutes and seconds since the history began. */
export function clock(ms: number): string {
  const seconds = Math.floor(ms / 1_000);
  return `${String(Math.floor(seconds / 60)).padStart(4)}:${String(seconds % 60).padStart(2, '0')}`;
}

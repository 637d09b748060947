/** One row of the closing table, and of the JSON report. */
export interface StepResult {
  readonly name: string;
  /** `null`: it did not converge in time. */
  readonly secondsToFullStrength: number | null;
  /** `null` where nothing was written. */
  readonly longestGapMs: number | null;
  readonly ackedWrites: number;
  readonly lostWrites: number;
  /** Why it does not pass; empty when it does. */
  readonly problems: readonly string[];
}

export interface DemoReport {
  readonly ok: boolean;
  readonly etcd: string;
  /** What stands in for the platform: how long its instances boot, end and are checked. */
  readonly platform: Readonly<Record<string, string | number>>;
  readonly steps: readonly StepResult[];
}

const HEADERS = [
  'step',
  'seconds to full strength',
  'longest gap (ms)',
  'acknowledged writes',
  'lost',
] as const;

/** The closing table as text, columns aligned. */
export function tableOf(report: DemoReport): string {
  const rows = [HEADERS, ...report.steps.map(rowOf)];
  const widths = HEADERS.map((_, column) => Math.max(...rows.map((row) => (row[column] ?? '').length)));
  const lines = rows.map((row) =>
    row.map((cell, column) => pad(cell, widths[column] ?? 0, column)).join('  '),
  );
  const rule = widths.map((width) => '-'.repeat(width)).join('  ');
  return [lines[0], rule, ...lines.slice(1)].join('\n');
}

/** Every problem of every step, one line each; empty when all passed. */
export const problemsOf = (report: DemoReport): readonly string[] =>
  report.steps.flatMap(({ name, problems }) => problems.map((problem) => `${name}: ${problem}`));

const rowOf = (step: StepResult): readonly string[] => [
  step.name,
  step.secondsToFullStrength === null ? 'did not converge' : step.secondsToFullStrength.toFixed(1),
  step.longestGapMs === null ? '-' : String(step.longestGapMs),
  String(step.ackedWrites),
  String(step.lostWrites),
];

const pad = (cell: string, width: number, column: number): string =>
  column === 0 ? cell.padEnd(width) : cell.padStart(width);

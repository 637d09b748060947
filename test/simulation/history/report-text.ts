import type { PassReport } from '../../../functions/engine/report.ts';

/** What a pass came to, in one line. */
export function passText(report: PassReport): string {
  const refused = report.steps.flatMap(({ action, error }) =>
    error === null ? [] : [`${action.kind}: ${error.code} ${error.message}`],
  );
  const waits = report.waits.map((wait) => {
    const { kind, ...rest } = wait;
    return `${kind}${Object.keys(rest).length === 0 ? '' : JSON.stringify(rest)}`;
  });
  const error = report.error === null ? [] : [`${report.error.code} ${report.error.message}`];
  return [`${report.outcome}, ${report.lookCount} looks`, ...refused, ...waits, ...error].join('; ');
}

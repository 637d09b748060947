import type { CheckFinding } from '../core/checks/finding.ts';
import type { CallCounter } from '../edge/call-counter.ts';
import { errorFields, type Logger } from '../edge/logger.ts';
import type { Metrics } from '../edge/metrics.ts';
import type { ChecksReport } from '../engine/checks/round.ts';

/** What every line of one round has. */
interface RoundFields {
  readonly requestId: string;
  readonly cluster: string;
}

/** Which findings a container has told of already: each gets its own line once, while it lasts. */
export class Told {
  readonly #known = new Map<string, ReadonlySet<string>>();

  log(logger: Logger, fields: RoundFields, findings: readonly CheckFinding[]): void {
    const known = this.#known.get(fields.cluster) ?? new Set();
    for (const one of findings.filter((finding) => !known.has(keyOf(finding)))) {
      const { code: kind, subject: name, text: because, severity, repair: outcome } = one;
      const line = { event: 'finding.told', ...fields, kind, name, because, outcome } as const;
      logger[severity === 'notice' ? 'info' : 'warn'](line);
    }
    this.#known.set(fields.cluster, new Set(findings.map(keyOf)));
  }
}

const keyOf = ({ code, subject, severity, repair }: CheckFinding): string =>
  `${code} ${subject} ${severity} ${repair}`;

interface Telling {
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly takeCalls: CallCounter['take'];
  readonly told: Told;
}

/** One line and one set of figures for the round, one line for each finding that is new and each hook put back. */
export function tellRound(
  { logger, metrics, takeCalls, told }: Telling,
  fields: RoundFields,
  report: ChecksReport,
  durationMs: number,
): void {
  const { findings, error, figures } = report;
  told.log(logger, fields, findings);
  for (const name of report.hooksPut)
    logger.info({ event: 'step.applied', ...fields, kind: 'putHook', name, because: 'it was missing' });
  logger[error === null ? 'info' : 'error']({
    event: 'pass.finished',
    ...fields,
    outcome: error === null ? (findings.length === 0 ? 'clean' : 'found') : 'failed',
    findingKinds: [...new Set(findings.map(({ code }) => code))],
    calls: takeCalls(),
    durationMs,
    ...(error === null ? {} : errorFields(error)),
  });
  metrics.emit(fields.cluster, { ...figures, ChecksFailed: error === null ? 0 : 1 });
}

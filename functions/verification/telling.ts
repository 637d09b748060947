import { unreachable } from '../core/errors.ts';
import type { LogLevel } from '../edge/environment.ts';
import { errorFields, type LogFields, type Logger } from '../edge/logger.ts';
import type { VerificationReport } from '../engine/verification/verify.ts';

interface About {
  readonly requestId: string;
  readonly cluster: string;
  /** The key of the snapshot. */
  readonly name: string;
}

/** One line for what a message came to. */
export function tellReport(
  logger: Logger,
  about: About,
  report: VerificationReport,
  durationMs: number,
  calls: Readonly<Record<string, number>>,
): void {
  const [level, fields] = lineOf(report);
  logger[level]({ event: 'verification.finished', ...about, durationMs, calls, ...fields });
}

type Line = readonly [level: LogLevel, fields: Omit<LogFields, 'event'>];

function lineOf(report: VerificationReport): Line {
  switch (report.kind) {
    case 'verified':
      return report.verified.reason === null
        ? ['info', { outcome: 'restorable' }]
        : ['error', { outcome: 'notRestorable', because: report.verified.reason }];
    case 'unverifiable':
      return ['warn', { outcome: report.kind, because: 'there are no etcd tools: see EtcdToolsLayerArn' }];
    case 'skipped':
      return ['warn', { outcome: report.kind, because: report.because }];
    case 'failed':
      return ['error', { outcome: report.kind, ...errorFields(report.error) }];
    default:
      return unreachable(report);
  }
}

export function metricsOf(report: VerificationReport, durationMs: number): Readonly<Record<string, number>> {
  switch (report.kind) {
    case 'verified':
      return {
        VerificationFailed: 0,
        SnapshotNotRestorable: report.verified.restorable ? 0 : 1,
        VerificationDurationMs: durationMs,
      };
    case 'failed':
      return { VerificationFailed: 1 };
    default:
      return {};
  }
}

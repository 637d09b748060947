import { unreachable } from '../core/errors.ts';
import type { LogLevel } from '../edge/environment.ts';
import { errorFields, type LogFields, type Logger } from '../edge/logger.ts';
import type { BackupReport } from '../engine/backup/report.ts';

interface About {
  readonly requestId: string;
  readonly cluster: string;
  readonly trigger: string;
}

type Told = BackupReport | { readonly kind: 'late' };

/** One line for what a message came to; the minute that has nothing to do is told to nobody but who debugs. */
export function tellReport(
  logger: Logger,
  about: About,
  report: Told,
  durationMs: number,
  calls: Readonly<Record<string, number>>,
): void {
  const [level, fields] = lineOf(report);
  logger[level]({ event: 'backup.finished', ...about, outcome: report.kind, durationMs, calls, ...fields });
}

type Line = readonly [level: LogLevel, fields: Omit<LogFields, 'event'>];

function lineOf(report: Told): Line {
  switch (report.kind) {
    case 'notDue':
      return ['debug', {}];
    case 'skipped':
      return ['debug', { because: report.because }];
    case 'failed':
      return ['error', errorFields(report.error)];
    case 'late':
      return ['error', {}];
    case 'refreshed':
      return ['info', {}];
    case 'captured':
      return ['info', takenFields(report.taken)];
    case 'taken':
      return takenLine(report);
    default:
      return unreachable(report);
  }
}

function takenLine({ taken, pruned, error }: Extract<BackupReport, { readonly kind: 'taken' }>): Line {
  if (error !== null)
    return ['error', { ...takenFields(taken), because: 'notPruned', ...errorFields(error) }];
  const changeCount = (pruned?.removedKeys.length ?? 0) + (pruned?.leftoverCount ?? 0);
  return ['info', { ...takenFields(taken), changeCount }];
}

const takenFields = ({ key, manifest }: Extract<BackupReport, { readonly kind: 'taken' }>['taken']) => ({
  name: key,
  instanceId: manifest.instanceId,
  memberId: manifest.memberId,
});

/** Nothing for a message that came to nothing: a figure a minute and cluster would tell of no backup at all. */
export function metricsOf(report: Told, durationMs: number): Readonly<Record<string, number>> {
  switch (report.kind) {
    case 'taken':
      return {
        BackupTaken: 1,
        BackupFailed: 0,
        BackupDurationMs: durationMs,
        BackupSizeBytes: report.taken.manifest.sizeBytes,
        RetentionFailed: report.error === null ? 0 : 1,
      };
    case 'failed':
      return { BackupFailed: 1 };
    case 'late':
      return { BackupFailed: 1, RoomFailed: 1 };
    case 'captured':
      return { BackupDurationMs: durationMs, BackupSizeBytes: report.taken.manifest.sizeBytes };
    default:
      return {};
  }
}

import { type ErrorCode, InvariantError, OperationError, type Retry } from '../core/errors.ts';
import { LOG_LEVELS, type LogLevel } from './environment.ts';

/**
 * The closed type of a log line: what is not here cannot be logged. No whole events,
 * no environment, no credentials, no `ResponseURL`. docs/runbook.md builds on the names.
 */
export interface LogFields {
  readonly event: LogEvent;
  readonly requestId?: string;
  readonly cluster?: string;
  readonly trigger?: string;
  readonly pass?: string;
  readonly step?: number;
  readonly kind?: string;
  readonly because?: string;
  readonly stepKinds?: readonly string[];
  readonly waitKinds?: readonly string[];
  /** A hosted zone, and a name in it. */
  readonly zone?: string;
  readonly name?: string;
  /** Codes of findings, each once. */
  readonly findingKinds?: readonly string[];
  readonly changeCount?: number;
  readonly heldCount?: number;
  readonly memberId?: string;
  readonly instanceId?: string;
  readonly voterCount?: number;
  readonly healthyVoterCount?: number;
  readonly quorumCount?: number;
  readonly lookCount?: number;
  readonly clusterCount?: number;
  readonly durationMs?: number;
  /** Calls made, by API. */
  readonly calls?: Readonly<Record<string, number>>;
  readonly outcome?: string;
  readonly errorCode?: ErrorCode | 'INVARIANT' | 'UNEXPECTED';
  readonly retry?: Retry;
  readonly errorText?: string;
}

export type LogEvent =
  | 'pass.finished'
  | 'step.applied'
  | 'step.refused'
  | 'finding.told'
  | 'message.unreadable'
  | 'backup.finished'
  | 'verification.finished'
  | 'request.answered'
  | 'resource.answered'
  | 'termination.answered'
  | 'look.notAsked'
  | 'gate.waiting'
  | 'gate.troubled'
  | 'gate.undelivered'
  | 'gate.abandoned'
  | 'tick.finished'
  | 'tick.refused'
  | 'room.failed';

export type Logger = Readonly<Record<LogLevel, (fields: LogFields) => void>>;

/** Beyond this a text is a document, which belongs nowhere near a log. */
const TEXT_CHARS_MAX = 1_000;

/** One JSON line per call, for what is at or above `level`. */
export function createLogger(level: LogLevel, nowMs: () => number, write: (line: string) => void): Logger {
  const at = (own: LogLevel) => (fields: LogFields) => {
    if (LOG_LEVELS.indexOf(own) < LOG_LEVELS.indexOf(level)) return;
    const line = { level: own, at: new Date(nowMs()).toISOString(), ...fields };
    write(`${JSON.stringify(line, (_, value) => (typeof value === 'string' ? tame(value) : value))}\n`);
  };
  return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') };
}

/** Where Lambda reads log lines and figures. */
export const writeToStdout = (line: string): void => {
  process.stdout.write(line);
};

/** The fields that tell of a failure; of a bug of ours its first frames too. */
export function errorFields(error: unknown): Pick<LogFields, 'errorCode' | 'retry' | 'errorText'> {
  if (error instanceof OperationError) {
    return { errorCode: error.code, retry: error.retry, errorText: error.message };
  }
  const errorCode = error instanceof InvariantError ? 'INVARIANT' : 'UNEXPECTED';
  return { errorCode, errorText: error instanceof Error ? (error.stack ?? error.message) : String(error) };
}

/** Signed URLs carry their secret in the query: whatever text one slips into, it is cut off. */
const tame = (text: string): string =>
  text.replaceAll(/(https?:\/\/[^\s?"']+)\?[^\s"']*/g, '$1?…').slice(0, TEXT_CHARS_MAX);

import { OperationError } from '../core/errors.ts';

export const LOG_LEVELS = ['debug', 'info', 'warn', 'error'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/** What the packaged template tells every function. */
export interface Environment {
  readonly queueUrl: string;
  readonly deadLetterQueueUrl: string;
  /** Observe, plan and report; change nothing. */
  readonly dryRun: boolean;
  readonly logLevel: LogLevel;
}

/**
 * Reads every setting once, reports every mistake at once. Pass `process.env` at the door.
 *
 * @throws {OperationError} `CONFIG_INVALID`: the deployment is wrong.
 */
export function readEnvironment(env: Readonly<Record<string, string | undefined>>): Environment {
  const problems: string[] = [];
  const text = (name: string): string => env[name]?.trim() ?? '';
  const url = (name: string): string => {
    const value = text(name);
    if (value === '') problems.push(`${name} is not set`);
    else if (!/^https?:\/\/\S+$/.test(value)) problems.push(`${name} must be a URL, got "${value}"`);
    return value;
  };
  const oneOf = <Word extends string>(name: string, words: readonly Word[], fallback: Word): Word => {
    const value = text(name);
    const found = words.find((word) => word === value);
    if (value !== '' && found === undefined) {
      problems.push(`${name} must be ${words.join(', ')}, got "${value}"`);
    }
    return found ?? fallback;
  };

  const environment: Environment = {
    queueUrl: url('QUEUE_URL'),
    deadLetterQueueUrl: url('DEAD_LETTER_QUEUE_URL'),
    dryRun: oneOf('DRY_RUN', ['true', 'false'], 'false') === 'true',
    logLevel: oneOf('LOG_LEVEL', LOG_LEVELS, 'info'),
  };
  if (problems.length > 0) {
    throw new OperationError('CONFIG_INVALID', 'never', problems.join('; '), {
      problemCount: problems.length,
    });
  }
  return environment;
}

/** The one place that reads the environment of the process. */
export const readProcessEnvironment = (): Environment => readEnvironment(process.env);

/** For a log that must work even when the rest of the environment is wrong. */
export function processLogLevel(): LogLevel {
  return LOG_LEVELS.find((level) => level === process.env['LOG_LEVEL']) ?? 'info';
}

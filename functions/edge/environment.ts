import { OperationError } from '../core/errors.ts';

export const LOG_LEVELS = ['debug', 'info', 'warn', 'error'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/** What the packaged template tells every function. */
export interface Environment {
  /** Where the function asks for another look: the queue that starts it, or membership. */
  readonly queueUrl: string;
  readonly deadLetterQueueUrl: string;
  /** Observe, plan and report; change nothing. */
  readonly dryRun: boolean;
  readonly logLevel: LogLevel;
}

/** What only the dns function is told. */
export interface DnsEnvironment extends Environment {
  /** `account/region/stack`, which marks records as this stack's. */
  readonly owner: string;
}

/** What only the custom resources are told. */
export interface RegistrationEnvironment extends Environment {
  readonly dnsQueueUrl: string;
  readonly registryQueueUrl: string;
  /** Where requests to gates wait. */
  readonly gateQueueUrl: string;
}

/** What only the gate for reboots is told. */
export interface RebootEnvironment extends Environment {
  /** Below this path of Parameter Store lie the secrets of clusters. */
  readonly secretsPath: string;
}

export type Variables = Readonly<Record<string, string | undefined>>;

/**
 * Reads every setting once, reports every mistake at once. Pass `process.env` at the door.
 *
 * @throws {OperationError} `CONFIG_INVALID`: the deployment is wrong.
 */
export const readEnvironment = (env: Variables): Environment => reading(env, common);

/** @throws {OperationError} `CONFIG_INVALID`: the deployment is wrong. */
export const readDnsEnvironment = (env: Variables): DnsEnvironment =>
  reading(env, (read) => ({ ...common(read), owner: read.matching('OWNER', OWNER, 'account/region/stack') }));

/** @throws {OperationError} `CONFIG_INVALID`: the deployment is wrong. */
export const readRegistrationEnvironment = (env: Variables): RegistrationEnvironment =>
  reading(env, (read) => ({
    ...common(read),
    dnsQueueUrl: read.url('DNS_QUEUE_URL'),
    registryQueueUrl: read.url('REGISTRY_QUEUE_URL'),
    gateQueueUrl: read.url('GATE_QUEUE_URL'),
  }));

/** @throws {OperationError} `CONFIG_INVALID`: the deployment is wrong. */
export const readRebootEnvironment = (env: Variables): RebootEnvironment =>
  reading(env, (read) => ({
    ...common(read),
    secretsPath: read.matching('SECRETS_PATH', SECRETS_PATH, 'a path like /secrets'),
  }));

const SECRETS_PATH = /^(?:\/[A-Za-z0-9_.-]+)+$/;

/** It goes into a TXT record, where a quote or a blank would end it. */
const OWNER = /^\d{12}\/[a-z0-9-]{1,32}\/[A-Za-z][A-Za-z0-9-]{0,127}$/;

export const common = (read: Reader): Environment => ({
  queueUrl: read.url('QUEUE_URL'),
  deadLetterQueueUrl: read.url('DEAD_LETTER_QUEUE_URL'),
  dryRun: read.oneOf('DRY_RUN', ['true', 'false'], 'false') === 'true',
  logLevel: read.oneOf('LOG_LEVEL', LOG_LEVELS, 'info'),
});

export interface Reader {
  url(name: string): string;
  matching(name: string, pattern: RegExp, form: string): string;
  oneOf<Word extends string>(name: string, words: readonly Word[], fallback: Word): Word;
}

export function reading<Settings>(env: Variables, read: (reader: Reader) => Settings): Settings {
  const problems: string[] = [];
  const settings = read(readerOf(env, problems));
  if (problems.length === 0) return settings;
  const context = { problemCount: problems.length };
  throw new OperationError('CONFIG_INVALID', 'never', problems.join('; '), context);
}

function readerOf(env: Variables, problems: string[]): Reader {
  const text = (name: string): string => env[name]?.trim() ?? '';
  const matching = (name: string, pattern: RegExp, form: string): string => {
    const value = text(name);
    if (value === '') problems.push(`${name} is not set`);
    else if (!pattern.test(value)) problems.push(`${name} must be ${form}, got "${value}"`);
    return value;
  };
  return {
    matching,
    url: (name) => matching(name, /^https?:\/\/\S+$/, 'a URL'),
    oneOf: (name, words, fallback) => {
      const value = text(name);
      const found = words.find((word) => word === value);
      if (value !== '' && found === undefined) {
        problems.push(`${name} must be ${words.join(', ')}, got "${value}"`);
      }
      return found ?? fallback;
    },
  };
}

/** The one place that reads the environment of the process. */
export const readProcessEnvironment = (): Environment => readEnvironment(process.env);

/** For a log that must work even when the rest of the environment is wrong. */
export function processLogLevel(): LogLevel {
  return LOG_LEVELS.find((level) => level === process.env['LOG_LEVEL']) ?? 'info';
}

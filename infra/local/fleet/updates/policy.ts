import { FleetError } from '../model.ts';
import { isTrue, number, record, text, textList } from '../wire.ts';

type Properties = Readonly<Record<string, unknown>>;

const PAUSE_MS_MAX = 3600_000;
const CREATION_MS_MAX = 12 * 3600_000;
const SIGNAL_WAIT = 'PT5M';

/** How long something is waited for, and how its template says that. */
export interface Pause {
  readonly text: string;
  readonly ms: number;
}

/** `UpdatePolicy.AutoScalingRollingUpdate`. */
export interface RollingPolicy {
  readonly kind: 'rolling';
  readonly batchMax: number;
  readonly minInService: number;
  readonly successPercent: number;
  readonly pause: Pause;
  readonly waitsForSignals: boolean;
  readonly suspends: readonly string[];
}

/** `UpdatePolicy.AutoScalingInstanceRefresh`, as the refresher takes it. */
export interface RefreshPolicy {
  readonly kind: 'refresh';
  readonly request: Properties;
}

export type UpdatePolicy = RollingPolicy | RefreshPolicy | { readonly kind: 'none' };

/** `CreationPolicy`: null when nothing is waited for. */
export interface CreationPolicy {
  readonly count: number;
  readonly successPercent: number;
  readonly timeout: Pause;
}

/** @throws {FleetError} what the template asks for cannot be */
export function updatePolicyOf(value: unknown): UpdatePolicy {
  const { AutoScalingRollingUpdate: rolling, AutoScalingInstanceRefresh: refresh } = record(value);
  if (rolling !== undefined && refresh !== undefined) {
    throw refused('UpdatePolicy cannot have both AutoScalingRollingUpdate and AutoScalingInstanceRefresh.');
  }
  if (rolling !== undefined) return rollingOf(record(rolling));
  return refresh === undefined ? { kind: 'none' } : refreshOf(record(refresh));
}

function rollingOf(given: Properties): RollingPolicy {
  const waitsForSignals = isTrue(given['WaitOnResourceSignals']);
  const pauseText = text(given['PauseTime'], waitsForSignals ? SIGNAL_WAIT : 'PT0S');
  return {
    kind: 'rolling',
    batchMax: Math.max(1, number(given['MaxBatchSize'], 1)),
    minInService: number(given['MinInstancesInService'], 0),
    successPercent: percentOf(given['MinSuccessfulInstancesPercent']),
    pause: pauseOf(pauseText, PAUSE_MS_MAX),
    waitsForSignals,
    suspends: textList(given['SuspendProcesses']),
  };
}

/** Other defaults than those of StartInstanceRefresh: matching instances are left alone, and a group stays whole. */
function refreshOf(given: Properties): RefreshPolicy {
  const strategy = text(given['Strategy']);
  if (strategy === '') throw refused('AutoScalingInstanceRefresh needs a Strategy.');
  const preferences = record(given['Preferences']);
  const [MinHealthyPercentage, MaxHealthyPercentage] = strategy === 'Rolling' ? [100, 110] : [90, 100];
  const defaults = { SkipMatching: 'true' };
  const bounds = { MinHealthyPercentage, MaxHealthyPercentage };
  return {
    kind: 'refresh',
    request: { Strategy: strategy, Preferences: { ...bounds, ...defaults, ...preferences } },
  };
}

/** @throws {FleetError} what the template asks for cannot be */
export function creationPolicyOf(value: unknown): CreationPolicy | null {
  const given = record(value);
  if (given['ResourceSignal'] === undefined) return null;
  const signal = record(given['ResourceSignal']);
  return {
    count: number(signal['Count'], 1),
    successPercent: percentOf(record(given['AutoScalingCreationPolicy'])['MinSuccessfulInstancesPercent']),
    timeout: pauseOf(text(signal['Timeout'], SIGNAL_WAIT), CREATION_MS_MAX),
  };
}

function percentOf(value: unknown): number {
  const percent = number(value, 100);
  if (percent >= 0 && percent <= 100) return percent;
  throw refused(`MinSuccessfulInstancesPercent must be from 0 to 100, not ${percent}.`);
}

/** `PT#H#M#S`. */
function pauseOf(given: string, maxMs: number): Pause {
  const [found, hours, minutes, seconds] = /^PT(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?$/.exec(given) ?? [];
  const ms = 1000 * (3600 * Number(hours ?? 0) + 60 * Number(minutes ?? 0) + Number(seconds ?? 0));
  if (found !== undefined && found !== 'PT' && ms <= maxMs) return { text: given, ms };
  throw refused(`${given} is no duration of the form PT#H#M#S of at most ${maxMs / 3600_000} hours.`);
}

function refused(message: string): FleetError {
  return new FleetError('ValidationError', message);
}

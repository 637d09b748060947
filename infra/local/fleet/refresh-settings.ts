import { randomUUID } from 'node:crypto';
import { boundsOf } from './conduct.ts';
import { type Bounds, FleetError, type Group } from './model.ts';
import type { Preferences, Refresh } from './refresh-model.ts';
import { templateOf } from './settings.ts';
import { isTrue, number, record, text, textList } from './wire.ts';

type Properties = Readonly<Record<string, unknown>>;

const MIN_PERCENT = 90;
const CHECKPOINT_SECONDS = 3600;

/** A refresh as it is asked for, with everything that is left out; its instances are still to be chosen. */
export function newRefresh(group: Group, input: Properties): Refresh {
  const strategy = text(input['Strategy'], 'Rolling');
  if (strategy !== 'Rolling' && strategy !== 'ReplaceRootVolume') {
    throw new FleetError('ValidationError', `Strategy must be Rolling or ReplaceRootVolume, not ${strategy}`);
  }
  return {
    id: randomUUID(),
    strategy,
    preferences: preferencesOf(group, record(input['Preferences'])),
    wanted: templateOf(record(input['DesiredConfiguration'])),
    previous: group.template,
    startedAtMs: Date.now(),
    status: 'Pending',
    reason: '',
    endedAtMs: null,
    todo: [],
    started: [],
    total: 0,
    percentAtEnd: 0,
    leftAtEnd: 0,
    checkpointsReached: 0,
    restUntilMs: 0,
    farthest: -1,
    movedAtMs: 0,
  };
}

function preferencesOf(group: Group, given: Properties): Preferences {
  const warmup = number(given['InstanceWarmup'], group.warmupSeconds ?? group.healthCheckGraceSeconds);
  if (given['CheckpointDelay'] !== undefined && given['CheckpointPercentages'] === undefined) {
    throw new FleetError('ValidationError', 'CheckpointDelay needs CheckpointPercentages.');
  }
  return {
    bounds: refreshBounds(group, given),
    warmupSeconds: warmup,
    skipMatching: isTrue(given['SkipMatching']),
    checkpoints: checkpointsOf(textList(given['CheckpointPercentages'])),
    checkpointSeconds: number(given['CheckpointDelay'], CHECKPOINT_SECONDS),
    bakeSeconds: number(given['BakeTime'], 0),
    protectedInstances: oneOf(given, 'ScaleInProtectedInstances', ['Refresh', 'Ignore', 'Wait']),
    standbyInstances: oneOf(given, 'StandbyInstances', ['Terminate', 'Ignore', 'Wait']),
  };
}

/** What the caller gave, else the group's maintenance policy, else 90 percent and no maximum. */
function refreshBounds(group: Group, given: Properties): Bounds {
  const max = number(given['MaxHealthyPercentage'], Number.NaN);
  if (!Number.isNaN(max) && given['MinHealthyPercentage'] === undefined) {
    throw new FleetError('ValidationError', 'MaxHealthyPercentage needs MinHealthyPercentage.');
  }
  const min = number(given['MinHealthyPercentage'], group.maintenance?.minPercent ?? MIN_PERCENT);
  return boundsOf(min, Number.isNaN(max) ? (group.maintenance?.maxPercent ?? null) : max);
}

function checkpointsOf(given: readonly string[]): readonly number[] {
  const percents = given.map(Number);
  const isGood = percents.every(
    (one, index) => one >= 1 && one <= 100 && one > (percents[index - 1] ?? 0) && Number.isInteger(one),
  );
  if (isGood) return percents;
  throw new FleetError(
    'ValidationError',
    `CheckpointPercentages must ascend from 1 to 100, got ${given.join(', ')}`,
  );
}

function oneOf<T extends string>(given: Properties, name: string, values: readonly T[]): T | 'Wait' {
  const value = text(given[name], 'Wait');
  const found = values.find((one) => one === value);
  if (found === undefined) throw new FleetError('ValidationError', `${name} cannot be ${value}`);
  return found;
}

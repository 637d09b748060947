import type { Bounds, Group, TemplateRef } from './model.ts';

export type RefreshStatus =
  | 'Pending'
  | 'InProgress'
  | 'Successful'
  | 'Failed'
  | 'Cancelling'
  | 'Cancelled'
  | 'Baking'
  | 'RollbackInProgress'
  | 'RollbackSuccessful'
  | 'RollbackFailed';

export interface Preferences {
  /** As given by the caller, or else by the group's maintenance policy, or else 90 and nothing. */
  readonly bounds: Bounds;
  readonly warmupSeconds: number;
  readonly skipMatching: boolean;
  /** Ascending; empty without checkpoints. */
  readonly checkpoints: readonly number[];
  readonly checkpointSeconds: number;
  readonly bakeSeconds: number;
  readonly protectedInstances: 'Refresh' | 'Ignore' | 'Wait';
  readonly standbyInstances: 'Terminate' | 'Ignore' | 'Wait';
}

/** One instance refresh of a group. */
export interface Refresh {
  readonly id: string;
  readonly strategy: 'Rolling' | 'ReplaceRootVolume';
  readonly preferences: Preferences;
  /** What the group launches from when the refresh is done; null: what it launches from already. */
  readonly wanted: TemplateRef | null;
  /** What the group launched from before. */
  readonly previous: TemplateRef;
  readonly startedAtMs: number;
  status: RefreshStatus;
  reason: string;
  endedAtMs: number | null;
  /** Instances that are to be replaced, chosen at the start; none launched since is among them. */
  todo: readonly string[];
  /** Those of them whose root volume has been taken. */
  started: readonly string[];
  /** How many there were to replace at the start. */
  total: number;
  /** What was done when it ended, in percent, and how many instances were left. */
  percentAtEnd: number;
  leftAtEnd: number;
  checkpointsReached: number;
  /** Nothing new is started before this. */
  restUntilMs: number;
  /** How far it ever was, and when it came so far. */
  farthest: number;
  movedAtMs: number;
}

const RUNNING: ReadonlySet<RefreshStatus> = new Set([
  'Pending',
  'InProgress',
  'Cancelling',
  'Baking',
  'RollbackInProgress',
]);

export function isRunning(refresh: Refresh): boolean {
  return RUNNING.has(refresh.status);
}

/** What a group launches from now: a running refresh's own configuration, which becomes the group's when it succeeds. */
export function currentTemplate(group: Group): TemplateRef {
  const running = group.refreshes.find(
    (refresh) => refresh.status === 'InProgress' || refresh.status === 'Baking',
  );
  return running?.wanted ?? group.template;
}

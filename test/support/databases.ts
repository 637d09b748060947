import type { AlarmedView } from '../../functions/core/alarmed.ts';
import type { Sight } from '../../functions/core/checks/sight.ts';
import type { Observation, SeenStatus } from '../../functions/core/observation.ts';
import type { Action, Plan } from '../../functions/core/plan/plan.ts';
import { planSpace } from '../../functions/core/plan/space.ts';
import { FREE_LOCK } from '../../functions/core/reboot/lock.ts';
import type { SpaceRecord, SpaceRepair } from '../../functions/core/space.ts';
import { CLUSTER_ID, CONFIG, id, member, memberId, NOW_MS, observation, type Parts } from './observations.ts';

export const MB = 1_048_576;
export const QUOTA = 100 * MB;
export const MAINTENANCE = { ...CONFIG.maintenance, quotaBytes: QUOTA };

export const status = (
  n: number,
  fileMb: number,
  inUseMb: number,
  over: Partial<SeenStatus> = {},
): SeenStatus => ({
  memberId: memberId(n),
  clusterId: CLUSTER_ID,
  leaderId: memberId(1),
  isLearner: false,
  raftIndex: '1000',
  raftTerm: '2',
  appliedIndex: '1000',
  revision: '500',
  version: '3.5.16',
  dbSizeBytes: fileMb * MB,
  dbSizeInUseBytes: inUseMb * MB,
  errors: [],
  linearizable: true,
  ...over,
});

/** Megabytes of the file and in use, of each voter from the first on. */
const statusesOf = (...sizes: readonly (readonly [file: number, inUse: number])[]) =>
  new Map(sizes.map(([file, inUse], index) => [id(index + 1), status(index + 1, file, inUse)]));

export const armed = (over: Partial<AlarmedView> = {}): AlarmedView => ({
  witness: 'http://10.0.0.1:2379',
  clusterId: CLUSTER_ID,
  members: [1, 2, 3].map((n) => member(n, { answers: false, silence: 'alarmed' })),
  proven: new Set([1, 2, 3].map(memberId)),
  agreed: true,
  leaderId: memberId(1),
  revision: '500',
  alarms: [{ memberId: memberId(2), alarm: 'NOSPACE' }],
  permit: null,
  rebooting: FREE_LOCK,
  ...over,
});

export const repairing = (over: Partial<SpaceRepair> = {}): SpaceRecord => ({
  repairsAtMs: [NOW_MS],
  repair: { startedAtMs: NOW_MS - 1_000, limitBytes: QUOTA, compacted: null, attempts: {}, ...over },
});

export interface Scene extends Parts {
  readonly sizes: readonly (readonly [number, number])[];
  readonly space?: SpaceRecord;
  readonly past?: Sight | null;
}

export function worldOf({ sizes, space, past, ...parts }: Scene): Observation {
  return observation({
    view: null,
    config: { maintenance: MAINTENANCE },
    statuses: statusesOf(...sizes),
    databases: { past: past ?? null },
    ...parts,
    records: { ...(space === undefined ? {} : { space }), ...parts.records },
  });
}

export const plan = (scene: Scene, alarmed = armed()): Plan => planSpace(worldOf(scene), alarmed);
export const first = (of: Plan): Action | undefined => of.actions[0];
export const FULL = [
  [100, 100],
  [100, 100],
  [100, 100],
] as const;
export const HOLLOW = [
  [100, 10],
  [100, 10],
  [100, 10],
] as const;

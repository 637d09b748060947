import { DAY_MS } from '../memory.ts';
import type { Member, Observation } from '../observation.ts';
import type { SpaceStep } from './maintenance-wait.ts';
import { type Plan, wait } from './plan.ts';

/** A voter with what its status tells of its database. */
export interface Measured {
  readonly member: Member;
  readonly fileBytes: number;
  readonly inUseBytes: number;
}

/** Those of the last day count. */
export const recentRepairs = ({ records, takenAtMs }: Observation): readonly number[] =>
  records.space.repairsAtMs.filter((atMs) => takenAtMs - atMs < DAY_MS);

/** Nothing is done now, and this ends it. */
export const tell = (world: Observation, next: SpaceStep): Plan =>
  wait({ kind: 'makingSpace', next, repairCount: recentRepairs(world).length });

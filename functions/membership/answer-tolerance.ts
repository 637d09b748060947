import type { Observation } from '../core/observation.ts';
import { judgeWorld, sightOf } from '../core/plan/steadiness.ts';
import { SHORTFALL_ADVICE, type Shortfall, shortfall } from '../core/shortfalls.ts';
import { requireOf } from '../core/tolerance.ts';

/** Whether the cluster tolerates one more failure, as its configuration asks for it, with the window. */
export interface AnsweredTolerance {
  readonly holds: boolean;
  /** Since when nothing has been wrong or under way; `null`: something is. */
  readonly since: string | null;
  /** Empty exactly when it holds. */
  readonly shortfalls: readonly AnsweredShortfall[];
}

export interface AnsweredShortfall extends Shortfall {
  /** What to do. */
  readonly advice: string;
}

/** What stands against rolling out a version of etcd now: what a gate with that version would say. */
export interface AnsweredPreflight {
  readonly etcdVersion: string;
  /** Empty: nothing. */
  readonly shortfalls: readonly AnsweredShortfall[];
}

export function preflightAnswer(
  world: Observation | null,
  isDeleting: boolean,
  etcdVersion: string,
): AnsweredPreflight {
  const { shortfalls } =
    world === null || isDeleting
      ? toleranceAnswer(world, isDeleting)
      : answer(null, judgeWorld(world, { ...requireOf(world.config), etcdVersion }));
  return { etcdVersion, shortfalls };
}

/** `world` is `null` where a look came to nothing that could be planned from: then nobody knows. */
export function toleranceAnswer(world: Observation | null, isDeleting: boolean): AnsweredTolerance {
  if (world === null || isDeleting) return answer(null, [shortfall(isDeleting ? 'deleting' : 'statusOld')]);
  return answer(sightOf(world).steadySinceMs, judgeWorld(world));
}

const answer = (sinceMs: number | null, found: readonly Shortfall[]): AnsweredTolerance => ({
  holds: found.length === 0,
  since: sinceMs === null ? null : new Date(sinceMs).toISOString(),
  shortfalls: found.map((one) => ({ ...one, advice: SHORTFALL_ADVICE[one.code] })),
});

import { OperationError } from '../core/errors.ts';
import type { ClusterPort } from '../core/tick.ts';

/**
 * Every cluster that groups or schedules tell of: one whose group lost its tags is still looked after, and so is one
 * that lost its rules. Groups must answer. What schedules do not tell is told by each round, which reads them, too.
 */
export const eitherWay = (groups: ClusterPort, schedules: ClusterPort): ClusterPort => ({
  listClusters: async () => {
    const [grouped, scheduled] = await Promise.all([
      groups.listClusters(),
      schedules.listClusters().catch(asNone),
    ]);
    return [...new Set([...grouped, ...scheduled])].sort();
  },
});

function asNone(error: unknown): readonly string[] {
  if (error instanceof OperationError) return [];
  throw error;
}

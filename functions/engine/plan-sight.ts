import { unreachable } from '../core/errors.ts';
import { planCluster } from '../core/plan/cluster.ts';
import type { Plan } from '../core/plan/plan.ts';
import { planTeardown } from '../core/plan/teardown.ts';
import type { Sight } from './observe.ts';

export function planSight(sight: Sight): Plan {
  switch (sight.kind) {
    case 'world':
      return planCluster(sight.world);
    case 'teardown':
      return planTeardown(sight.sight);
    case 'refused':
      return { actions: [], waits: sight.waits };
    default:
      return unreachable(sight);
  }
}

import { type Bounds, type Group, isLive } from './model.ts';

/** How many instances may be missing, and how many may be more, while some are replaced. */
export interface Room {
  readonly below: number;
  readonly above: number;
}

/**
 * The bounds in instances. Where they leave no room at all, a maximum that somebody gave means one more at a time, and
 * one that nobody gave means one less.
 */
export function roomOf(desired: number, { minPercent, maxPercent }: Bounds): Room {
  const below = desired - Math.ceil((desired * minPercent) / 100);
  const above = maxPercent === null ? 0 : Math.floor((desired * maxPercent) / 100) - desired;
  if (below > 0 || above > 0) return { below, above };
  return maxPercent === null ? { below: 1, above: 0 } : { below: 0, above: 1 };
}

/**
 * What is to happen to an unhealthy instance that still runs: without a maintenance policy it goes at once; with one,
 * only when enough others are healthy, or else after its replacement has come.
 */
export function treatUnhealthy(group: Group): 'terminate' | 'replaceFirst' | 'wait' {
  if (group.maintenance === null) return 'terminate';
  const { below, above } = roomOf(group.desired, group.maintenance);
  const healthy = group.instances.filter((one) => one.state === 'InService' && one.health === 'Healthy');
  if (healthy.length >= group.desired - below) return 'terminate';
  const extra = group.instances.filter(isLive).length - group.desired;
  return extra < above ? 'replaceFirst' : 'wait';
}

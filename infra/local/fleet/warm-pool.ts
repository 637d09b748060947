import { FleetError, type Group, isWarm, type PoolState, type WarmPool } from './model.ts';
import { isTrue, number, record, text } from './wire.ts';

const STATES: readonly PoolState[] = ['Stopped', 'Running', 'Hibernated'];

/** How many instances the warm pool is to hold: what is missing to the prepared capacity, but not below its minimum. */
export function poolSizeOf(group: Group): number {
  const pool = group.warmPool;
  if (pool === null || pool.deleting) return 0;
  return Math.max(pool.minSize, (pool.preparedMax ?? group.maxSize) - group.desired);
}

/** What is left out of a pool that exists stays; -1 takes the prepared maximum back. */
export function putPool(group: Group, input: Readonly<Record<string, unknown>>): void {
  const before = group.warmPool;
  const wanted = text(input['PoolState'], before?.poolState ?? 'Stopped');
  const poolState = STATES.find((one) => one === wanted);
  if (poolState === undefined) throw new FleetError('ValidationError', `PoolState cannot be ${wanted}`);
  const preparedMax = number(input['MaxGroupPreparedCapacity'], before?.preparedMax ?? -1);
  const reuse = record(input['InstanceReusePolicy'])['ReuseOnScaleIn'];
  const pool: WarmPool = {
    minSize: number(input['MinSize'], before?.minSize ?? 0),
    preparedMax: preparedMax < 0 ? null : preparedMax,
    poolState,
    reuseOnScaleIn: reuse === undefined ? (before?.reuseOnScaleIn ?? false) : isTrue(reuse),
    deleting: false,
  };
  group.warmPool = pool;
}

/** Its instances leave through their hooks; the pool is gone with the last. */
export function dropPool(group: Group, force: boolean): void {
  if (group.warmPool === null)
    throw new FleetError('ValidationError', `No warm pool found for Auto Scaling group ${group.name}`);
  if (!force && group.instances.some(isWarm) && group.warmPool.minSize > 0)
    throw new FleetError(
      'ResourceInUse',
      'The warm pool has instances; lower its size, or force its deletion.',
    );
  group.warmPool.deleting = true;
}

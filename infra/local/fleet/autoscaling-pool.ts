import type { Actions } from './autoscaling-actions.ts';
import { instanceXml, poolXml } from './autoscaling-shapes.ts';
import { isWarm } from './model.ts';
import { dropPool, putPool } from './warm-pool.ts';
import { isTrue, number, page, text } from './wire.ts';

/** Warm pools: instances that wait beside their group. */
export const POOL_ACTIONS: Actions = {
  PutWarmPool: (groups, input) => {
    const group = groups.get(text(input['AutoScalingGroupName']));
    putPool(group, input);
    groups.settle(group);
    return {};
  },
  DescribeWarmPool: (groups, input) => {
    const group = groups.get(text(input['AutoScalingGroupName']));
    const { items, next } = page(
      group.instances.filter(isWarm),
      number(input['MaxRecords'], 50),
      text(input['NextToken']),
    );
    return {
      WarmPoolConfiguration: group.warmPool === null ? null : poolXml(group.warmPool),
      Instances: items.map(instanceXml),
      NextToken: next,
    };
  },
  DeleteWarmPool: (groups, input) => {
    const group = groups.get(text(input['AutoScalingGroupName']));
    dropPool(group, isTrue(input['ForceDelete']));
    groups.settle(group);
    return {};
  },
};

import { candidatesOf, chooseByPolicies } from './choice.ts';
import { isFunction } from './conduct.ts';
import type { Group, Instance } from './model.ts';
import type { World } from './ports.ts';
import { record, textList } from './wire.ts';

/** A function that takes longer has not answered. */
const ANSWER_MS_MAX = 2_000;

export type Why = 'SCALE_IN' | 'INSTANCE_REFRESH' | 'REBALANCE';

/**
 * Which instances go. A function of the group's own decides first; an empty answer postpones, and where it fails the
 * next policy decides.
 */
export async function chooseLeaving(
  world: World,
  group: Group,
  count: number,
  why: Why,
  candidates: readonly Instance[] = candidatesOf(group),
): Promise<readonly Instance[]> {
  if (count <= 0 || candidates.length === 0) return [];
  const [first = 'Default', ...others] = group.terminationPolicies;
  const policies = isFunction(first) ? others : [first, ...others];
  const own = chooseByPolicies(group, count, candidates, policies.length === 0 ? ['Default'] : policies);
  if (!isFunction(first)) return own;
  try {
    const answer = await world.stage.invoke(first, question(group, own, candidates, why), ANSWER_MS_MAX);
    return named(answer, candidates).slice(0, count);
  } catch (error) {
    world.log(`${group.name}: the termination policy's function did not answer: ${String(error)}`);
    return own;
  }
}

/** What the function is asked: how many of each zone, so that zones stay balanced, and among whom. */
function question(group: Group, own: readonly Instance[], candidates: readonly Instance[], why: Why): object {
  const zones = [...new Set(own.map((one) => one.place.zone))];
  return {
    AutoScalingGroupARN: group.arn,
    AutoScalingGroupName: group.name,
    CapacityToTerminate: zones.map((zone) => ({
      AvailabilityZone: zone,
      Capacity: own.filter((one) => one.place.zone === zone).length,
      InstanceMarketOption: 'on-demand',
    })),
    Instances: candidates.map((one) => ({
      AvailabilityZone: one.place.zone,
      InstanceId: one.id,
      InstanceType: one.template.instanceType,
      InstanceMarketOption: one.template.market ?? 'on-demand',
    })),
    Cause: why,
  };
}

/**
 * The candidates that the answer names, in its order.
 *
 * @throws when the answer has not the form that was asked for
 */
function named(answer: unknown, candidates: readonly Instance[]): readonly Instance[] {
  const given = record(answer)['InstanceIDs'];
  if (!Array.isArray(given)) throw new Error('its answer has no list InstanceIDs');
  return [...new Set(textList(given))].flatMap((id) => candidates.find((one) => one.id === id) ?? []);
}

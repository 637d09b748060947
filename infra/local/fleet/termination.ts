import { candidatesOf, chooseByPolicies } from './choice.ts';
import { isFunction } from './conduct.ts';
import { type Group, type Instance, isLive } from './model.ts';
import type { World } from './ports.ts';
import { record, textList } from './wire.ts';

/** A function that takes longer has not answered. */
const ANSWER_MS_MAX = 2_000;

/** Not before this is a function asked again by which nobody may go (the platform: "a short time"). */
const notBeforeMs = new WeakMap<Group, number>();

export type Why = 'SCALE_IN' | 'INSTANCE_REFRESH' | 'REBALANCE';

/**
 * Which instances go; none: not now. A function of the group's own says who may, and the other policies choose
 * among them. As long as it names nobody, fails or does not answer, nobody goes, and it is asked again.
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
  if (!isFunction(first)) return chooseByPolicies(group, count, candidates, [first, ...others]);
  if (Date.now() < (notBeforeMs.get(group) ?? 0)) return [];
  const policies = others.length === 0 ? ['Default'] : others;
  const own = chooseByPolicies(group, count, candidates, policies);
  const asked = question(group, own, suggested(group, count, candidates), why);
  // A refresh is over when all of its instances are replaced: others would not bring it on.
  const able = why === 'INSTANCE_REFRESH' ? candidates : [...candidates, ...candidatesOf(group)];
  const willing = await ready(world, group, first, asked, able);
  if (willing.length === 0) notBeforeMs.set(group, Date.now() + world.waits.healthCheckMs);
  return willing.length <= count ? willing : chooseByPolicies(group, count, willing, policies);
}

async function ready(
  world: World,
  group: Group,
  functionArn: string,
  asked: object,
  able: readonly Instance[],
): Promise<readonly Instance[]> {
  try {
    return named(await world.stage.invoke(functionArn, asked, ANSWER_MS_MAX), able);
  } catch (error) {
    world.log(`${group.name}: the termination policy's function did not answer: ${String(error)}`);
    return [];
  }
}

/** What the function is asked: how many of each zone, so that zones stay balanced, and among whom. */
function question(group: Group, own: readonly Instance[], some: readonly Instance[], why: Why): object {
  const zones = [...new Set(own.map((one) => one.place.zone))];
  return {
    AutoScalingGroupARN: group.arn,
    AutoScalingGroupName: group.name,
    CapacityToTerminate: zones.map((zone) => ({
      AvailabilityZone: zone,
      Capacity: own.filter((one) => one.place.zone === zone).length,
      InstanceMarketOption: 'on-demand',
    })),
    Instances: some.map((one) => ({
      AvailabilityZone: one.place.zone,
      InstanceId: one.id,
      InstanceType: one.template.instanceType,
      InstanceMarketOption: one.template.market ?? 'on-demand',
    })),
    Cause: why,
  };
}

/** Those of the zones that may lose one for the sake of balance: of all, where all have as many. */
function suggested(group: Group, count: number, candidates: readonly Instance[]): readonly Instance[] {
  const left = new Map<string, number>();
  for (const { place } of candidates) left.set(place.zone, (left.get(place.zone) ?? 0) + 1);
  const crowds = new Map([...left.keys()].map((zone) => [zone, populationOf(group, zone)]));
  const zones = new Set<string>();
  for (let step = 0; step < Math.min(count, candidates.length); step += 1) {
    const open = [...crowds].filter(([zone]) => (left.get(zone) ?? 0) > 0);
    const most = Math.max(...open.map(([, crowd]) => crowd));
    const crowded = open.filter(([, crowd]) => crowd === most).map(([zone]) => zone);
    for (const zone of crowded) zones.add(zone);
    const [next = ''] = crowded;
    crowds.set(next, most - 1);
    left.set(next, (left.get(next) ?? 0) - 1);
  }
  return candidates.filter(({ place }) => zones.has(place.zone));
}

const populationOf = (group: Group, zone: string): number =>
  group.instances.filter((one) => isLive(one) && one.place.zone === zone).length;

/**
 * Those of `able` that the answer names, whether they were suggested or not: none that is protected, that goes
 * already, or that the group does not have.
 *
 * @throws when the answer has not the form that was asked for
 */
function named(answer: unknown, able: readonly Instance[]): readonly Instance[] {
  const given = record(answer)['InstanceIDs'];
  if (!Array.isArray(given)) throw new Error('its answer has no list InstanceIDs');
  return [...new Set(textList(given))].flatMap((id) => able.find((one) => one.id === id) ?? []);
}

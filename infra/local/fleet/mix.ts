import { type Group, type Instance, isLive, type LaunchTemplate } from './model.ts';
import { list, number, record, text, textList, type Xml } from './wire.ts';

/** A mixed instances policy: which types a group may launch, and how many of them as spot instances. */
export interface Mix {
  /** Empty: the launch template's own. */
  readonly types: readonly string[];
  readonly onDemandBase: number;
  readonly onDemandPercent: number;
  /** `prioritized` takes the first type for what is on demand; with any other strategy types are taken in turn. */
  readonly onDemandStrategy: string;
  readonly spotStrategy: string;
}

export function mixOf(value: unknown): Mix {
  const policy = record(value);
  const shares = record(policy['InstancesDistribution']);
  const overrides = list(record(policy['LaunchTemplate'])['Overrides']).map(record);
  return {
    types: overrides.flatMap((one) => textList(one['InstanceType'])),
    onDemandBase: number(shares['OnDemandBaseCapacity'], 0),
    onDemandPercent: number(shares['OnDemandPercentageAboveBaseCapacity'], 100),
    onDemandStrategy: text(shares['OnDemandAllocationStrategy'], 'prioritized'),
    spotStrategy: text(shares['SpotAllocationStrategy'], 'lowest-price'),
  };
}

/** The template of the group's next instance, with the type and the way to buy it that the mix wants next. */
export function nextOf(group: Group, template: LaunchTemplate): LaunchTemplate {
  if (group.mix === null) return template;
  const live = group.instances.filter(isLive);
  const isSpot = wantsSpot(group.mix, live);
  const isFixed = !isSpot && group.mix.onDemandStrategy === 'prioritized';
  const types = isFixed ? group.mix.types.slice(0, 1) : group.mix.types;
  const instanceType = rarest(types, live) ?? template.instanceType;
  return { ...template, instanceType, ...(isSpot ? { market: 'spot' } : {}) };
}

/** Whether one more instance on demand would be more than the base and its share of what comes above it. */
function wantsSpot({ onDemandBase, onDemandPercent }: Mix, live: readonly Instance[]): boolean {
  const above = Math.max(0, live.length + 1 - onDemandBase);
  const wanted = live.length + 1 - above + Math.ceil((above * onDemandPercent) / 100);
  return live.filter((one) => one.template.market !== 'spot').length >= wanted;
}

function rarest(types: readonly string[], live: readonly Instance[]): string | undefined {
  const count = (type: string): number => live.filter((one) => one.template.instanceType === type).length;
  return [...types].sort((a, b) => count(a) - count(b))[0];
}

/** How a group that has a mix shows its launch template. */
export function mixXml(mix: Mix, template: Xml): Xml {
  return {
    LaunchTemplate: {
      LaunchTemplateSpecification: template,
      Overrides: mix.types.map((InstanceType) => ({ InstanceType })),
    },
    InstancesDistribution: {
      OnDemandAllocationStrategy: mix.onDemandStrategy,
      OnDemandBaseCapacity: mix.onDemandBase,
      OnDemandPercentageAboveBaseCapacity: mix.onDemandPercent,
      SpotAllocationStrategy: mix.spotStrategy,
    },
  };
}

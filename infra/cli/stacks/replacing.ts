import type { Change } from './change-set.ts';
import { GATE_TYPE } from './gates.ts';

/** Properties of a group with which running instances are replaced, where its update policy says so. */
const REPLACING = new Set(['LaunchTemplate', 'MixedInstancesPolicy', 'VPCZoneIdentifier']);
const GROUP_TYPE = 'AWS::AutoScaling::AutoScalingGroup';

type Kind = 'core' | 'workers';

const WHO: Readonly<Record<Kind, string>> = { core: 'Members', workers: 'Workers' };
const COMES: Readonly<Record<Kind, string>> = {
  core: 'a newcomer joins, then an old one leaves',
  workers: 'a newcomer is ready, then an old one leaves',
};

const MEANINGS: Readonly<Record<string, (kind: Kind) => string>> = {
  refresh: (kind) =>
    `${WHO[kind]} that run are replaced one after the other by an instance refresh: ${COMES[kind]}.`,
  rolling: (kind) =>
    `${WHO[kind]} that run are replaced one after the other by CloudFormation: ${COMES[kind]}.`,
  'new-only': (kind) => `${WHO[kind]} that run stay as they are; whoever is launched next has what is new.`,
};

/** What the changes do to instances that run, as the parameter `Updates` has it; nothing where the group stays as it is. */
export function replacingText(
  kind: Kind,
  values: ReadonlyMap<string, string>,
  changes: readonly Change[],
): readonly string[] {
  const meaning = MEANINGS[values.get('Updates') ?? ''];
  const isMeant = changes.some(
    ({ action, type, because }) =>
      action === 'change' && type === GROUP_TYPE && because.some(({ name }) => REPLACING.has(name)),
  );
  if (meaning === undefined || !isMeant) return [];
  const asks = changes.some(({ type, action }) => type === GATE_TYPE && action !== 'remove');
  return [
    meaning(kind),
    ...(asks
      ? [
          'Before that a gate asks whether the cluster tolerates one more failure, and after it whether it is whole.',
        ]
      : []),
  ];
}

/**
 * Why an update by `rolling` must not go on: it works with the size of the template, and would put the group back to it.
 * Empty: it may, or the size was given.
 */
export function sizeMistakes(
  title: string,
  values: ReadonlyMap<string, string>,
  given: ReadonlyMap<string, string>,
  desired: number | null,
): readonly string[] {
  const size = values.get('Size') ?? '';
  if (values.get('Updates') !== 'rolling' || given.has('Size') || desired === null) return [];
  if (size === '' || Number(size) === desired) return [];
  return [
    `${title} was scaled to ${desired} by hand, its stack says ${size}, and with Updates=rolling the update would put it back: give --size ${desired} to keep it, or --size ${size} if that is what you want`,
  ];
}

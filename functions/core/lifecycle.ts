import type { Instance, Stage } from './observation.ts';

/**
 * What a lifecycle state of Auto Scaling means for membership. States that are
 * not listed (standby, detaching, quarantined, and whatever comes next) stand
 * aside: unknown is neither arriving nor leaving.
 */
export function stageOf(lifecycle: string): Stage {
  if (lifecycle.startsWith('Warmed:')) return 'warm';
  switch (lifecycle) {
    case 'Pending':
    case 'Pending:Wait':
    case 'Pending:Proceed':
      return 'arriving';
    case 'InService':
      return 'inService';
    case 'Terminating':
    case 'Terminating:Wait':
    case 'Terminating:Proceed':
    case 'ReplacingRootVolume': // its disk goes, and the machine comes back as a newcomer
    case 'ReplacingRootVolume:Wait':
    case 'ReplacingRootVolume:Proceed':
      return 'leaving';
    case 'Terminating:Retained':
      return 'retained';
    default:
      return 'aside';
  }
}

/** What must not stay a member, however long its machine runs. */
export const mustLeave = (stage: Stage): boolean =>
  stage === 'leaving' || stage === 'retained' || stage === 'warm';

/** The hook that an instance in this state waits in. */
export function waitsIn(lifecycle: string): Instance['waitsIn'] {
  switch (lifecycle) {
    case 'Pending:Wait':
    case INTO_POOL:
      return 'launch';
    case 'Terminating:Wait':
    case 'Warmed:Terminating:Wait':
    case 'ReplacingRootVolume:Wait':
      return 'terminate';
    default:
      return null;
  }
}

/** A new machine waits here in its launch hook, one that returns from service in its terminate hook. */
const INTO_POOL = 'Warmed:Pending:Wait';

/** Every hook that an instance in this state may wait in. */
export function hooksOf(lifecycle: string): readonly Transition[] {
  const transition = waitsIn(lifecycle);
  if (lifecycle === INTO_POOL) return ['launch', 'terminate'];
  return transition === null ? [] : [transition];
}

/** As {@link hooksOf}, of an instance that was read. */
export const isAwaited = (instance: Pick<Instance, 'stage' | 'waitsIn'>, transition: Transition): boolean =>
  instance.waitsIn === transition || (instance.stage === 'warm' && instance.waitsIn === 'launch');

type Transition = NonNullable<Instance['waitsIn']>;

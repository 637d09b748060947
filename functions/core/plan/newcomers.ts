import { memberOf } from '../evidence.ts';
import type { Instance, MemberView, Observation } from '../observation.ts';
import { hasJoinFailed } from './hooks.ts';

/** Instances that should vote and are no member: those waiting to launch, and those in service that lost theirs. */
export function newcomersOf(world: Observation, view: MemberView): readonly Instance[] {
  return world.instances.filter(
    (instance) =>
      (isLaunching(world, instance) || instance.stage === 'inService') &&
      instance.stage !== 'warm' &&
      !hasJoinFailed(world, view, instance) &&
      memberOf(view.members, instance.id) === null,
  );
}

/** The list lags behind an answer of ours; once it shows the instance in service, that answer is over. */
const isLaunching = ({ pass }: Observation, { id, waitsIn }: Instance): boolean =>
  waitsIn === 'launch' && !pass.answeredHooks.has(`launch:${id}`);

import { memberOf } from '../evidence.ts';
import type { Instance, MemberView, Observation } from '../observation.ts';
import { hasJoinFailed } from './hooks.ts';

/** Instances that should vote and are no member: those waiting to launch, and those in service that lost theirs. */
export function newcomersOf(world: Observation, view: MemberView): readonly Instance[] {
  return world.instances.filter(
    (instance) =>
      (instance.waitsIn === 'launch' || instance.stage === 'inService') &&
      instance.stage !== 'warm' &&
      !world.pass.answeredHooks.has(`launch:${instance.id}`) &&
      !hasJoinFailed(world, view, instance) &&
      memberOf(view.members, instance.id) === null,
  );
}

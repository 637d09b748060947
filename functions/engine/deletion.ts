import type { ScalingGroup } from '../core/ports.ts';
import type { StackPort } from '../core/stack-port.ts';
import { stackOf } from './stack.ts';

/**
 * Whether the group is being deleted at this moment, whatever is on record: a creation
 * that failed before `Custom::EtcdTeardown` was made is rolled back, or the stack has
 * no such resource. Nothing can come after the last voter then, and a hook that waits
 * for somebody would hold the stack until the hook's global limit.
 *
 * Auto Scaling says so only at the end: CloudFormation sets the sizes to 0, as an
 * operator may, and deletes the group when it is empty. So CloudFormation is asked
 * about a group that wants no instance.
 *
 * @throws {OperationError} CloudFormation did not say: nobody is let go on a guess.
 */
export async function isBeingDeleted(
  stacks: Pick<StackPort, 'isDeleting'>,
  group: Pick<ScalingGroup, 'name' | 'tags' | 'deleting' | 'desiredCapacity'>,
): Promise<boolean> {
  const resource = stackOf(group);
  if (group.deleting) return true;
  if (group.desiredCapacity > 0 || resource === null) return false;
  return stacks.isDeleting({ ...resource, physicalId: group.name });
}

import { STACK_TAG } from '../core/names.ts';
import type { ScalingGroup } from '../core/ports.ts';
import type { StackResource } from '../core/stack-port.ts';

/** What the group is in its stack, as CloudFormation has tagged it: nobody else can write such a tag. */
export function stackOf({ tags }: Pick<ScalingGroup, 'tags'>): StackResource | null {
  const [stackName, logicalId] = [tags.get(STACK_TAG.stackName), tags.get(STACK_TAG.logicalId)];
  return stackName === undefined || logicalId === undefined ? null : { stackName, logicalId };
}

import { OperationError } from '../core/errors.ts';
import type { InstanceId } from '../core/identity.ts';
import { stageOf } from '../core/lifecycle.ts';
import type { Ending, ScalingGroup } from '../core/ports.ts';
import type { Ports } from './ports.ts';
import type { Session } from './session.ts';

/**
 * Asked once in a pass, and never waited for: it only makes a leave begin earlier. What
 * EC2 did not say, or did not want to say, ends nobody.
 */
export async function observeEndings(
  ports: Ports,
  group: ScalingGroup,
  session: Session,
): Promise<ReadonlyMap<InstanceId, Ending>> {
  const inService = group.instances.filter(({ lifecycle }) => stageOf(lifecycle) === 'inService');
  session.endings ??= await ports.machines.endings(inService.map(({ id }) => id)).catch(noEndings);
  return session.endings;
}

function noEndings(error: unknown): ReadonlyMap<InstanceId, Ending> {
  if (error instanceof OperationError) return NO_ENDINGS;
  throw error;
}

export const NO_ENDINGS: ReadonlyMap<InstanceId, Ending> = new Map();

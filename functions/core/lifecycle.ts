import type { Instance, Stage } from './observation.ts';

/**
 * What a lifecycle state of Auto Scaling means for membership. States that are
 * not listed (standby, detaching, warmed, retained, quarantined, and whatever
 * comes next) stand aside: unknown is neither arriving nor leaving.
 */
export function stageOf(lifecycle: string): Stage {
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
      return 'leaving';
    default:
      return 'aside';
  }
}

/** The hook that an instance in this state waits in. */
export function waitsIn(lifecycle: string): Instance['waitsIn'] {
  if (lifecycle === 'Pending:Wait') return 'launch';
  return lifecycle === 'Terminating:Wait' ? 'terminate' : null;
}

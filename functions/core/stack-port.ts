import type { InstanceId } from './identity.ts';

/** What the engine needs of CloudFormation. */
export interface StackPort {
  /** Whether CloudFormation is deleting this very resource now. False for one that its stack left behind. */
  isDeleting(resource: StackResource & { readonly physicalId: string }): Promise<boolean>;
  /**
   * Tells the stack what became of an instance of its resource. What was told before is told again without
   * harm. `notWaiting`: the stack asks for no such signal, which is no failure.
   */
  signal(signal: StackSignal): Promise<'sent' | 'notWaiting'>;
}

/** The resource that a group is in its stack. */
export interface StackResource {
  readonly stackName: string;
  readonly logicalId: string;
}

export interface StackSignal extends StackResource {
  readonly instanceId: InstanceId;
  readonly status: 'SUCCESS' | 'FAILURE';
}

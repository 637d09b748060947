import type { InstanceId } from '../../core/identity.ts';
import type { RebootHolder } from '../../core/reboot/lock.ts';
import type { Refusal } from '../../core/reboot/refusal.ts';

/** What a client's request came to. */
export interface Outcome {
  /** `granted`: the lock is its own now. `kept`: it was before. `absent`: there was nothing to give back. */
  readonly kind: 'granted' | 'kept' | 'released' | 'absent' | 'refused';
  /** `null`: it is allowed. */
  readonly refusal: Refusal | null;
  readonly instanceId: InstanceId | null;
  /** Who holds the lock for longer than a reboot takes. */
  readonly overdue: readonly RebootHolder[];
  /** What else should be known: whose lock was dropped, why leadership stayed. */
  readonly notes: readonly string[];
}

export const allowed = (
  kind: Exclude<Outcome['kind'], 'refused'>,
  instanceId: InstanceId,
  notes: readonly string[] = [],
): Outcome => ({ kind, refusal: null, instanceId, overdue: [], notes });

export const denied = (
  refusal: Refusal,
  instanceId: InstanceId | null = null,
  overdue: readonly RebootHolder[] = [],
): Outcome => ({ kind: 'refused', refusal, instanceId, overdue, notes: [] });

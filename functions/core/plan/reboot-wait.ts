import type { InstanceId } from '../identity.ts';
import type { ActionKind } from './plan.ts';

/** Why nothing is disturbed while a member reboots. Overdue: for longer than a reboot takes; the lock stays. */
export type RebootWait =
  | ({ readonly kind: 'rebooting' } & Rebooting)
  | ({ readonly kind: 'rebootOverdue' } & Rebooting)
  | { readonly kind: 'rebootsUnreadable'; readonly key: string; readonly withheld: readonly ActionKind[] };

interface Rebooting {
  readonly instanceId: InstanceId;
  readonly since: string;
  readonly withheld: readonly ActionKind[];
}

import type { PermitLease } from '../ports.ts';

/** What etcd does for whoever keeps a lock in one of its keys. */
export interface LockPort {
  /**
   * Changes one key from what was read to what is wanted; `null`: no key. With a permit, only while that
   * is ours. `overtaken`: nothing was changed, and what was read does not hold any more.
   */
  swap(
    endpoint: string,
    key: string,
    before: string | null,
    after: string | null,
    permit: PermitLease | null,
  ): Promise<'swapped' | 'overtaken'>;
}

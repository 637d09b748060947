import type { InstanceId, MemberId } from './identity.ts';

/**
 * What a boot script says of itself, the parameter `reports/<instance-id>`:
 * `AUTOPILOT_REPORT=<kind>` and `AUTOPILOT_MEMBER_ID=<of the ticket it found>`.
 *
 * `empty-disk`: the ticket says `started`, the data directory is empty. The
 * script did not start etcd, and waits for a ticket of another member id.
 * `foreign-data`: the data directory belongs to another cluster or member.
 */
export interface BootReport {
  readonly instanceId: InstanceId;
  readonly kind: 'empty-disk' | 'foreign-data';
  /** The member id of the ticket that the script refused to use. */
  readonly memberId: MemberId;
}

/** Reads a report; `null` for text that is not one. */
export function decodeReport(instanceId: InstanceId, text: string): BootReport | null {
  const kind = /^AUTOPILOT_REPORT=(empty-disk|foreign-data)$/m.exec(text)?.[1];
  const memberId = /^AUTOPILOT_MEMBER_ID=(\d{1,20})$/m.exec(text)?.[1];
  if (memberId === undefined) return null;
  return kind === 'empty-disk' || kind === 'foreign-data' ? { instanceId, kind, memberId } : null;
}

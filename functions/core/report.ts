import type { InstanceId, MemberId } from './identity.ts';

/**
 * What a boot script says of itself, the parameter `reports/<instance-id>`:
 * `AUTOPILOT_REPORT=<kind>` and `AUTOPILOT_MEMBER_ID=<of the ticket it found>`.
 *
 * `empty-disk`: the ticket says `started`, the data directory is empty. The
 * script did not start etcd, and waits for a ticket of another member id.
 * `foreign-data`: the data directory belongs to another cluster or member.
 * `bad-certificates`: its data is there, and its certificates are not what other members
 * accept, or cannot be had; etcd starts as soon as they are right.
 * `restore-failed`: the snapshot of its ticket could not be restored, `AUTOPILOT_REASON=` says why. It has
 * not started etcd, and tries again.
 */
export interface BootReport {
  readonly instanceId: InstanceId;
  readonly kind: (typeof KINDS)[number];
  /** The member id of the ticket that the script does not use. */
  readonly memberId: MemberId;
  /** In words; of `restore-failed` only. */
  readonly reason?: string;
}

const KINDS = ['empty-disk', 'foreign-data', 'bad-certificates', 'restore-failed'] as const;
const REASON_CHARS_MAX = 400;

/** Reads a report; `null` for text that is not one. */
export function decodeReport(instanceId: InstanceId, text: string): BootReport | null {
  const told = /^AUTOPILOT_REPORT=([a-z-]+)$/m.exec(text)?.[1];
  const kind = KINDS.find((known) => known === told);
  const memberId = /^AUTOPILOT_MEMBER_ID=(\d{1,20})$/m.exec(text)?.[1];
  if (memberId === undefined || kind === undefined) return null;
  if (kind !== 'restore-failed') return { instanceId, kind, memberId };
  const reason = /^AUTOPILOT_REASON=([\x20-\x7e]+)$/m.exec(text)?.[1] ?? 'it gives no reason';
  return { instanceId, kind, memberId, reason: reason.slice(0, REASON_CHARS_MAX) };
}

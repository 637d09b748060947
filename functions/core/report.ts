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
 */
export interface BootReport {
  readonly instanceId: InstanceId;
  readonly kind: (typeof KINDS)[number];
  /** The member id of the ticket that the script does not use. */
  readonly memberId: MemberId;
}

const KINDS = ['empty-disk', 'foreign-data', 'bad-certificates'] as const;

/** Reads a report; `null` for text that is not one. */
export function decodeReport(instanceId: InstanceId, text: string): BootReport | null {
  const told = /^AUTOPILOT_REPORT=([a-z-]+)$/m.exec(text)?.[1];
  const kind = KINDS.find((known) => known === told);
  const memberId = /^AUTOPILOT_MEMBER_ID=(\d{1,20})$/m.exec(text)?.[1];
  return memberId === undefined || kind === undefined ? null : { instanceId, kind, memberId };
}

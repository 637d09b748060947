import { canRestore } from '../etcd/versions.ts';
import type { FakeWorld } from './fake-world.ts';
import type { FakeInstance } from './instance.ts';

/**
 * The boot script brings a snapshot back before it starts etcd, or says why it cannot: what lies there is not what
 * the ticket means, or its etcd cannot shift revisions.
 */
export function restoreOn(
  world: FakeWorld,
  instance: FakeInstance,
  ticket: ReadonlyMap<string, string>,
): { readonly reason: string } | null {
  const found = world.bucket.at(ticket.get('AUTOPILOT_RESTORE') ?? '');
  if (found?.snapshot == null) return { reason: 'there is no such object' };
  if (String(found.sizeBytes) !== ticket.get('AUTOPILOT_RESTORE_SIZE')) return { reason: 'another size' };
  if (found.sha256 !== ticket.get('AUTOPILOT_RESTORE_SHA256')) return { reason: 'another checksum' };
  const isBumped = ticket.get('AUTOPILOT_RESTORE_BUMP') !== '0';
  if (isBumped && !canRestore(world.etcd.newVersion ?? world.etcd.version))
    return { reason: 'this etcd cannot shift revisions' };
  world.judge.restoring(instance.id);
  world.etcd.startFresh(instance.id, ticket, found.snapshot);
  return null;
}

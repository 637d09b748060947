import { OperationError } from '../core/errors.ts';
import { type MemberView, votersOf } from '../core/observation.ts';
import type { EtcdPort } from '../core/ports.ts';
import type { Session } from './session.ts';

/**
 * Asks the leader whether it hears from the voters that do not answer us. A way that is
 * broken between us and a voter says nothing about the voter: a second witness is wanted
 * before anybody ends its machine.
 */
export async function listenToLeader(
  etcd: EtcdPort,
  view: MemberView,
  session: Session,
  nowMs: number,
): Promise<void> {
  const silent = votersOf(view.members).filter(({ answers }) => !answers);
  const leader = view.members.find(({ id }) => id === view.leaderId);
  if (silent.length === 0 || leader === undefined || leader.clientUrl === null) return;
  const counts = await etcd.received(leader.clientUrl).catch(asMute);
  session.hearing.note(
    leader.id,
    counts,
    silent.map(({ id }) => id),
    nowMs,
  );
}

function asMute(error: unknown): null {
  if (error instanceof OperationError) return null;
  throw error;
}

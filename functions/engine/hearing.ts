import { OperationError } from '../core/errors.ts';
import { type MemberView, votersOf } from '../core/observation.ts';
import type { Clock, EtcdPort } from '../core/ports.ts';
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
  clock: Clock,
): Promise<void> {
  const silent = votersOf(view.members).filter(({ answers }) => !answers);
  const leader = view.members.find(({ id }) => id === view.leaderId);
  if (silent.length === 0) return;
  const ids = silent.map(({ id }) => id);
  // Between the end of the first reading and the beginning of the next: a slow reading must not make it seem long.
  const beganAtMs = clock.nowMs();
  const url = leader?.clientUrl ?? null;
  const counts = url === null ? null : await etcd.received(url).catch(asMute);
  session.hearing.note(leader?.id ?? '', counts, ids, { beganAtMs, endedAtMs: clock.nowMs() });
}

function asMute(error: unknown): null {
  if (error instanceof OperationError) return null;
  throw error;
}

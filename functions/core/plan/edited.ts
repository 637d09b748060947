import { type MemberView, type Observation, votersOf } from '../observation.ts';
import { encodeEndpoints, encodePeers } from '../published.ts';
import { isSameRepair, STATUS_REPAIRED_MAX, type StatusRepair } from '../status.ts';
import { nameOf } from '../tolerance-sight.ts';
import type { Action } from './plan.ts';

/** Marks an action that writes again what somebody changed or deleted by hand; absent: it tells of a change. */
export interface Edited {
  readonly edited?: true;
}

const EDITED: Edited = { edited: true };
const CHANGED: Edited = {};

/**
 * The lists are written before the status. So where the status tells of exactly these voters, and a list does
 * not, it stood there and somebody changed it.
 */
export function listEdited({ records }: Observation, view: MemberView): Edited {
  const told = records.status?.voters;
  if (told === undefined) return CHANGED;
  const signOf = (name: string, id: string, answers: boolean): string => `${name} ${id} ${answers}`;
  const before = told.map(({ name, id, answers }) => signOf(name, id, answers)).sort();
  const now = votersOf(view.members).map((voter) => signOf(nameOf(voter), voter.id, voter.answers));
  return before.join() === now.sort().join() ? EDITED : CHANGED;
}

/** It is written last of all. So where calm was noted and the lists stand, it stood there, too. */
export function statusEdited({ records, etcd }: Observation): Edited {
  const { view } = etcd;
  if (records.status !== null) return CHANGED;
  if (records.statusText !== null) return EDITED;
  if (view === null || view.memory.steady === null) return CHANGED;
  const isListed =
    records.endpoints === encodeEndpoints(view.members) && records.peers === encodePeers(view.members);
  return isListed ? EDITED : CHANGED;
}

/** The parameter that this action writes again because somebody changed or deleted it; `null`: it does not. */
export function editedName(action: Action): string | null {
  switch (action.kind) {
    case 'publishList':
      return action.edited === true ? action.list : null;
    case 'publishStatus':
      return action.edited === true ? 'status' : null;
    case 'writeTicket':
      return action.edited === true ? `members/${action.ticket.instanceId}` : null;
    case 'writeClaim':
      return action.because === 'rebuilt' || action.because === 'unreadable' ? 'bootstrap' : null;
    default:
      return null;
  }
}

/** What was written again lately, beside what the status told of before. */
export function repairedOf({ records, pass }: Observation): readonly StatusRepair[] {
  const before = records.status?.repaired ?? [];
  const now = [...pass.repairedAtMs]
    .map(([name, atMs]) => ({ name, at: new Date(atMs).toISOString() }))
    .filter((one) => before.every((known) => !isSameRepair(known, one)));
  return now.length === 0 ? before : [...before, ...now].slice(-STATUS_REPAIRED_MAX);
}

import type { InstanceId } from '../identity.ts';
import type { Observation } from '../observation.ts';
import { isNotFound, isReported, judgeLoss } from '../recovery/evidence.ts';
import { encodeNotes, type QuorumNotes } from '../recovery/notes.ts';
import { idsOfRecovery } from '../recovery/records.ts';
import { act, nothing, type Plan } from './plan.ts';

/** Keeps since when evidence stands that must stand for a while; one look without it, and its clock starts anew. */
export function planNotes(world: Observation): Plan {
  const before = world.records.recovery.notes;
  const ids = [
    ...judgeLoss(world).known.map(({ instanceId }) => instanceId),
    ...idsOfRecovery(world.records),
  ];
  const since = (told: QuorumNotes[keyof QuorumNotes], stands: (id: InstanceId) => boolean) =>
    Object.fromEntries(
      [...new Set(ids)]
        .filter(stands)
        .sort()
        // A clock that was ahead, and is right again, must not have anybody believed earlier or later for it.
        .map((id) => [id, Math.min(told[id] ?? world.takenAtMs, world.takenAtMs)]),
    );
  const notes: QuorumNotes = {
    notFoundSinceMs: since(before.notFoundSinceMs, (id) => isNotFound(world, id)),
    reportedSinceMs: since(before.reportedSinceMs, (id) => isReported(world, id)),
  };
  return encodeNotes(notes) === encodeNotes(before) ? nothing : act({ kind: 'noteQuorum', notes });
}

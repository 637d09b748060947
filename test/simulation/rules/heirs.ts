import type { Bench } from './bench.ts';
import { ownerOf } from './quorum.ts';
import { isLeavingState, type TrueMember } from './truth.ts';
import type { PassWatch } from './watch.ts';

export const isLeaver = (watch: PassWatch, owner: string): boolean =>
  isLeavingState(watch.listed.get(owner) ?? '');

/** Voters that could lead instead: those that answer and stay; under an alarm nobody answers, and a proof is enough. */
export const heirsOf = (bench: Bench, watch: PassWatch, leaderId: string): readonly TrueMember[] =>
  (watch.alarms.size > 0 ? watch.proven() : watch.answering()).filter(
    (voter) => voter.id !== leaderId && !isLeaver(watch, ownerOf(bench, voter)),
  );

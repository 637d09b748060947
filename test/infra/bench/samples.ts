import type { Run } from '../../../infra/bench/result.ts';

/** A repetition in which everything went well and took as long as a test says. */
export const run = (more: Partial<Run> = {}): Run => ({
  strengthMs: 3_000,
  gapMs: 60,
  floorStrengthMs: 300,
  floorGapMs: 40,
  platformMs: 1_000,
  platform: { boot: 1_000 },
  oursMs: 1_700,
  knowableMs: 0,
  afterKnowableMs: 3_000,
  quorumLostMs: 0,
  floorQuorumLostMs: 0,
  fewestVoters: 3,
  writableMs: null,
  floorWritableMs: null,
  settledMs: 4_000,
  lost: 0,
  writes: 200,
  failedWrites: 0,
  passes: 2,
  looks: 9,
  calls: {},
  events: [],
  error: null,
  ...more,
});

import type { WaitKind } from './platform.ts';

/** One repetition of a story, beside its floor. Times in milliseconds; `null`: not measured, or not reached. */
export interface Run {
  /** Until every wanted voter answers and nobody else is a member. */
  readonly strengthMs: number | null;
  /** Longest time between two acknowledged writes. */
  readonly gapMs: number | null;
  readonly floorStrengthMs: number | null;
  readonly floorGapMs: number | null;
  /** Waits of the platform on the way to full strength; those side by side count once. */
  readonly platformMs: number;
  readonly platform: Readonly<Partial<Record<WaitKind, number>>>;
  /** What is left of `strengthMs`: ours. */
  readonly oursMs: number | null;
  /** From the start until it could be known by evidence that the instance leaves or is gone; of stories with one. */
  readonly knowableMs: number | null;
  /** From there to full strength. */
  readonly afterKnowableMs: number | null;
  /** How long fewer voters answered than quorum needs. */
  readonly quorumLostMs: number;
  readonly floorQuorumLostMs: number;
  /** The fewest voters that answered on the way, as two looks in a row saw it. */
  readonly fewestVoters: number | null;
  /** From the start of the last process that quorum needed until the first write. */
  readonly writableMs: number | null;
  readonly floorWritableMs: number | null;
  /** Until nothing was left to do: hooks answered, lists published, machines ended. */
  readonly settledMs: number | null;
  /** Acknowledged writes that were not there at the end, of ours and of the floor's. */
  readonly lost: number;
  readonly writes: number;
  readonly failedWrites: number;
  readonly passes: number;
  readonly looks: number;
  readonly calls: Readonly<Record<string, number>>;
  /** What happened, in the order of time. */
  readonly events: readonly RunEvent[];
  /** Why it broke off. */
  readonly error: string | null;
}

export interface RunEvent {
  readonly atMs: number;
  /** `platform`: an instance's state; `step`: an effect of the autopilot; `pass`: one begins or ends. */
  readonly of: 'platform' | 'step' | 'pass' | 'strength';
  readonly what: string;
}

export interface StoryResult {
  readonly name: string;
  readonly about: string;
  readonly size: number;
  readonly runs: readonly Run[];
}

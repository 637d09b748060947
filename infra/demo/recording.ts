/**
 * What a run of the demo leaves behind: plain data that goes through JSON unchanged. Every
 * time is in milliseconds since the recording began, unless a name says otherwise.
 */
export interface Recording {
  readonly format: 1;
  readonly startedAt: string;
  readonly endMs: number;
  /** How to see the same again. */
  readonly command: string;
  readonly setting: Setting;
  /** Each holds until the next: one that equals the one before is not kept. */
  readonly samples: readonly Sample[];
  readonly steps: readonly StepRecord[];
  readonly writes: readonly Write[];
  readonly actions: readonly ActionRecord[];
  readonly told: readonly ToldWait[];
  /** What broke off the run, if something did. */
  readonly error: string | null;
}

/** Versions and the machine, in words that the report prints as they are. */
export interface Setting {
  readonly etcd: string;
  readonly facts: readonly (readonly [string, string])[];
}

export interface Sample {
  readonly atMs: number;
  /** What the group wants; `null` while there is none. */
  readonly desired: number | null;
  readonly instances: readonly SampledInstance[];
  /** The member list as the leader tells it, else any voter that answers; `null`: nobody told one. */
  readonly members: readonly SampledMember[] | null;
  /** What the autopilot publishes that it waits for. */
  readonly waits: readonly SampledWait[];
}

export interface SampledInstance {
  readonly id: string;
  readonly address: string;
  readonly zone: string;
  readonly lifecycle: string;
  readonly ec2State: string;
  /** Its etcd showed its status within the deadline, with a leader and no error. */
  readonly answers: boolean;
  readonly leads: boolean;
}

export interface SampledMember {
  readonly id: string;
  /** The instance of its name, or of its address while it has not started; empty for a stranger. */
  readonly instanceId: string;
  readonly isLearner: boolean;
}

export interface SampledWait {
  readonly kind: string;
  readonly subject: string | null;
}

export interface StepRecord {
  readonly name: string;
  /** What is done and what should come of it, for somebody who was not there. */
  readonly about: string;
  readonly fromMs: number;
  /** When the cluster was whole again; `null`: it did not get there. */
  readonly wholeMs: number | null;
  readonly toMs: number;
  /** What was done at the beginning, as the demo said it. */
  readonly deeds: readonly Deed[];
  readonly ackedWrites: number;
  readonly lostWrites: number;
  readonly longestGapMs: number | null;
  /** What it is held to. */
  readonly limits: Limits;
  /** Why it does not pass; empty when it does. */
  readonly problems: readonly string[];
}

export interface Deed {
  readonly atMs: number;
  readonly text: string;
}

/** When it was sent, how long it took, and whether etcd acknowledged it: 12,000 of them are kept, so they are small. */
export type Write = readonly [atMs: number, tookMs: number, acknowledged: 0 | 1];

/** One effect of the autopilot, as its function logs it. */
export interface ActionRecord {
  readonly atMs: number;
  readonly kind: string;
  readonly because: string | null;
  readonly instanceId: string | null;
  readonly memberId: string | null;
  /** Why the world refused it; `null`: it was applied. */
  readonly refusal: string | null;
}

/** A wait in the words of the autopilot's own `status`. */
export interface ToldWait {
  readonly atMs: number;
  readonly kind: string;
  readonly text: string;
}

/** Whether the second sample tells anything that the first did not. */
export function isSameSample(a: Sample, b: Sample): boolean {
  return JSON.stringify({ ...a, atMs: 0 }) === JSON.stringify({ ...b, atMs: 0 });
}

/** What a step is held to. */
export interface Limits {
  /** Longest time between two acknowledged writes, in milliseconds; `null`: none is set. */
  readonly gapMsMax: number | null;
  /** Whether a majority of the voters must answer all the time. */
  readonly keepsQuorum: boolean;
  /** Fewer voters than this may never be on the member list, whether they answer or not. */
  readonly votersMin?: number;
}

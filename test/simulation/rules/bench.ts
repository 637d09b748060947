import type { Truth } from './truth.ts';

/** The rules of the design that are judged, and invariants that no rule names. */
export const RULES = [
  'R1',
  'R2',
  'R3',
  'R4',
  'R5',
  'R6',
  'R7',
  'R9',
  'R10',
  'R11',
  'R12',
  'R13',
  'I2',
  'I4',
  'T1',
  'T2',
  'Q1',
  'Q2',
  'Q3',
  'Q4',
  'M1',
  'M2',
  'M3',
] as const;
export type Rule = (typeof RULES)[number];

/** What the judge remembers from one function to the next. */
export class JudgeMemory {
  /** Counts the calls of all functions; and where in that count somebody last disturbed the cluster. */
  callCount = 0;
  disruptedAt = 0;
  lostWrites = 0;
  /** Tokens of every claim that was ever written. */
  readonly tokens = new Set<string>();
  /** Instances that were given a ticket to found a cluster. */
  readonly founders = new Set<string>();
  /** Members whose ticket was closed: nobody may start as one of them again. */
  readonly closed = new Set<string>();
  /** The cluster was written down as alive: nothing founds another one any more. */
  wasAlive = false;
  /** Since when EC2 has said of an instance, without a break, that it knows no such id. */
  readonly missingSinceMs = new Map<string, number>();
  /** Instances that any function was ever shown. */
  readonly shown = new Set<string>();
  /** When a function last saw an instance wait in its hook, and when one last tried to extend that. */
  readonly shownAtMs = new Map<string, number>();
  readonly beatAtMs = new Map<string, number>();
  /** Rounds of probes in a row in which a learner was up and in sync. */
  readonly inSync = new Map<string, number>();
  /** Members that a function of ours added, by their peer URLs. */
  readonly added = new Map<string, { readonly atMs: number; readonly instanceId: string }>();

  /** Client URLs of members that were removed for their data: their machines are ended after it. */
  readonly removedCorrupt = new Set<string>();

  /** Numbers of the recoveries that were ever decided. */
  readonly recoveries = new Set<number>();

  /** Its data begins anew in another cluster, as it was decided. */
  succeed(): void {
    this.wasAlive = false;
    this.inSync.clear();
  }

  /** The cluster is deleted, as it was asked for: its name may be used again. */
  forget(): void {
    this.wasAlive = false;
    this.founders.clear();
    this.recoveries.clear();
  }
}

const NONE: Readonly<Record<Rule, number>> = {
  R1: 0,
  R2: 0,
  R3: 0,
  R4: 0,
  R5: 0,
  R6: 0,
  R7: 0,
  R9: 0,
  R10: 0,
  R11: 0,
  R12: 0,
  R13: 0,
  I2: 0,
  I4: 0,
  T1: 0,
  T2: 0,
  Q1: 0,
  Q2: 0,
  Q3: 0,
  Q4: 0,
  M1: 0,
  M2: 0,
  M3: 0,
};

/** Where rules are judged: counts every judgement, and writes down every broken rule in words. */
export class Bench {
  readonly truth: Truth;
  readonly memory = new JudgeMemory();
  readonly judged: Record<Rule, number> = { ...NONE };
  readonly #violations: string[];

  constructor(truth: Truth, violations: string[]) {
    this.truth = truth;
    this.#violations = violations;
  }

  rule(rule: Rule, isBroken: boolean, words: () => string): void {
    this.judged[rule] += 1;
    if (isBroken) this.#violations.push(`${rule}: ${words()}`);
  }
}

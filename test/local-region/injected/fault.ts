import type { Ground } from './ground.ts';

/** Something that is made to go wrong, and what the checks have to say about it. */
export interface InjectedFault {
  /** In the words of the table in docs/checks.md. */
  readonly name: string;
  /** Any of these names it: how a machine that died looks depends on when it is looked at. */
  readonly codes: readonly string[];
  /** What becomes of it without anybody; `fades`: it is told for some minutes, and nobody need do anything. */
  readonly end: 'repaired' | 'left' | 'fades';
  readonly inject: (ground: Ground) => Promise<Injected>;
}

export interface Injected {
  /** What the finding must be about; absent: whatever it names. */
  readonly subject?: string;
  /** Membership mends it within its own minute: checks happen to come before. */
  readonly comesFirst?: boolean;
  /** What is done while the looks go on. */
  readonly meanwhile?: () => Promise<void>;
  /** Takes the fault back, where nobody else does. */
  readonly undo?: () => Promise<unknown>;
  /** An instance that must be gone, and replaced, at the end. */
  readonly gone?: string;
}

/** What a fault came to. */
export interface Outcome {
  readonly name: string;
  readonly code: string;
  readonly severity: string;
  readonly subject: string;
  readonly text: string;
  readonly repair: string;
  readonly remedy: string;
  /** From the injection to the finding. */
  readonly foundMs: number;
  readonly looks: number;
  /** From the finding, or from its being undone, until nothing alarming is found. */
  readonly cleanMs: number;
}

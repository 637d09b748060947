import { Counts } from './counts.ts';
import type { Outcome } from './history.ts';
import { ACTION_KINDS, ERRORS, WAIT_KINDS } from './known.ts';

/** One history as its thread tells it. */
export type Brief = Pick<
  Outcome,
  'seed' | 'violations' | 'sums' | 'faultCount' | 'effectCount' | 'changeCount' | 'passCount' | 'lookCount'
>;

/** The least that the middle history must have gone through. */
export const LEAST_MEDIAN = { changes: 3, effects: 40, faults: 3 } as const;

export interface Summary {
  readonly histories: number;
  readonly failures: readonly { readonly seed: number; readonly violations: readonly string[] }[];
  readonly passes: number;
  readonly looks: number;
  readonly effects: number;
  readonly median: Readonly<Record<keyof typeof LEAST_MEDIAN, number>>;
  readonly counts: Readonly<Record<Group, Readonly<Record<string, number>>>>;
  /** Known kinds that never came up. */
  readonly never: Readonly<Record<Group, readonly string[]>>;
}

export type Group = 'faults' | 'actions' | 'waits' | 'errors';

/** Adds up histories, whatever the order in which they come. */
export class Sum {
  readonly #known: Readonly<Record<Group, readonly string[]>>;
  readonly #counts: Readonly<Record<Group, Counts>> = {
    faults: new Counts(),
    actions: new Counts(),
    waits: new Counts(),
    errors: new Counts(),
  };
  readonly #numbers: { readonly changes: number[]; readonly effects: number[]; readonly faults: number[] } = {
    changes: [],
    effects: [],
    faults: [],
  };
  readonly #failures: { readonly seed: number; readonly violations: readonly string[] }[] = [];
  #passes = 0;
  #looks = 0;

  constructor(faults: readonly string[]) {
    this.#known = { faults, actions: ACTION_KINDS, waits: WAIT_KINDS, errors: ERRORS };
  }

  add(brief: Brief): void {
    for (const group of GROUPS) this.#counts[group].addAll(brief.sums[group]);
    this.#numbers.changes.push(brief.changeCount);
    this.#numbers.effects.push(brief.effectCount);
    this.#numbers.faults.push(brief.faultCount);
    this.#passes += brief.passCount;
    this.#looks += brief.lookCount;
    const { seed, violations } = brief;
    if (violations.length > 0) this.#failures.push({ seed, violations });
  }

  get failureCount(): number {
    return this.#failures.length;
  }

  toSummary(): Summary {
    const { changes, effects, faults } = this.#numbers;
    const over = <T>(make: (group: Group) => T) => ({
      faults: make('faults'),
      actions: make('actions'),
      waits: make('waits'),
      errors: make('errors'),
    });
    return {
      histories: effects.length,
      failures: this.#failures.toSorted((a, b) => a.seed - b.seed),
      passes: this.#passes,
      looks: this.#looks,
      effects: effects.reduce((sum, count) => sum + count, 0),
      median: { changes: medianOf(changes), effects: medianOf(effects), faults: medianOf(faults) },
      counts: over((group) => this.#counts[group].toRecord()),
      never: over((group) => this.#known[group].filter((name) => this.#counts[group].of(name) === 0)),
    };
  }
}

export const GROUPS: readonly Group[] = ['faults', 'actions', 'waits', 'errors'];

/** Of an even number of them the lower of the two in the middle. */
const medianOf = (numbers: readonly number[]): number =>
  numbers.toSorted((a, b) => a - b)[Math.floor((numbers.length - 1) / 2)] ?? 0;

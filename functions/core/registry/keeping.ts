import type { JoinedGroup } from '../joined.ts';
import { type Entry, isUnclear, isWanted } from './desired.ts';
import { nameIn } from './keys.ts';

/**
 * Which keys must stay although their instances leave (rule R6): a service that somebody wants is
 * never without a key. While no instance in service provides it, the living keep theirs, and where
 * nobody lives, the last good value stays.
 */
export class Keeping {
  readonly #groups: readonly JoinedGroup[];
  /** Lists with an instance that shall be in them. */
  readonly #provided = new Set<string>();
  /** Lists with a key of an instance that runs. */
  readonly #alive = new Set<string>();
  readonly #wanted = new Map<string, boolean>();

  constructor(groups: readonly JoinedGroup[], entries: readonly Entry[]) {
    this.#groups = groups;
    for (const entry of entries) {
      const { wanted, held, isAlive } = entry;
      if (isUnclear(entry)) for (const key of held.keys()) this.#wanted.set(listOf(key), true);
      // What stays because nobody can tell is no provider: nobody knows whether it serves.
      if (wanted !== null) for (const key of wanted.keys()) this.#provided.add(listOf(key));
      if (isAlive) for (const key of held.keys()) this.#alive.add(listOf(key));
    }
  }

  mustStay(key: string, { isAlive }: Pick<Entry, 'isAlive'>): boolean {
    const list = listOf(key);
    if (this.#provided.has(list) || !this.#isWanted(list)) return false;
    return isAlive || !this.#alive.has(list);
  }

  #isWanted(list: string): boolean {
    const known = this.#wanted.get(list);
    if (known !== undefined) return known;
    const isListWanted = isWanted(this.#groups, list === MACHINES ? null : list);
    this.#wanted.set(list, isListWanted);
    return isListWanted;
  }
}

/** No name of a service. */
const MACHINES = '/';

/** The list that somebody reads: the machines, or one service. */
export function listOf(key: string): string {
  const named = nameIn(key);
  return named.kind === 'service' ? named.service : MACHINES;
}

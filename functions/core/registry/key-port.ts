/** Keys under some prefixes, all as they stood at one revision. */
export interface KeySight {
  /** Decimal text: revisions exceed what a number holds exactly. */
  readonly revision: string;
  readonly values: ReadonlyMap<string, string>;
}

/** What one key shall be; `null`: it shall not exist. */
export interface KeyChange {
  readonly key: string;
  readonly value: string | null;
}

/** etcd refuses transactions with more operations (its default for `--max-txn-ops`). */
export const CHANGES_MAX = 128;

/** The keys of others and of ours that the registry reads and writes. */
export interface KeyPort {
  /** Linearizable, and complete or an error. */
  range(endpoint: string, prefixes: readonly string[]): Promise<KeySight>;
  /**
   * All of the changes (at most {@link CHANGES_MAX}) or none. `overtaken`: one of the keys was written
   * after `seenRevision`, so nothing was changed, and what was planned may be wrong by now.
   */
  commit(
    endpoint: string,
    changes: readonly KeyChange[],
    seenRevision: string,
  ): Promise<'committed' | 'overtaken'>;
}

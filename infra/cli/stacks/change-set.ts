/** What would happen to one resource. */
export interface Change {
  readonly action: ChangeAction;
  readonly logicalId: string;
  readonly type: string;
  readonly physicalId: string | null;
  readonly replacement: Replacement;
  /** What becomes of the old one of a replacement or a removal. */
  readonly old: 'deleted' | 'kept' | 'snapshot';
  /** The properties, and other parts, that change. */
  readonly because: readonly ChangeCause[];
}

/** `unknown`: CloudFormation finds out what to do when it does it. */
export type ChangeAction = 'add' | 'change' | 'remove' | 'import' | 'unknown';
export type Replacement = 'no' | 'maybe' | 'yes';

export interface ChangeCause {
  /** A property, or a part such as `Tags`. */
  readonly name: string;
  readonly replaces: Replacement;
}

/** A change set, looked at. */
export interface ChangeSet {
  /** `empty`: nothing would change. */
  readonly state: 'pending' | 'ready' | 'empty' | 'failed';
  readonly reason: string;
  readonly changes: readonly Change[];
}

export const isReplacing = ({ replacement }: Change): boolean => replacement !== 'no';

const RANK: Readonly<Record<Replacement, number>> = { yes: 0, maybe: 1, no: 2 };
const ACTION_RANK: Readonly<Record<ChangeAction, number>> = {
  remove: 0,
  unknown: 1,
  change: 2,
  import: 3,
  add: 4,
};

/** Replacements first, then by action and name. */
export const sortedChanges = (changes: readonly Change[]): readonly Change[] =>
  changes.toSorted(
    (left, right) =>
      RANK[left.replacement] - RANK[right.replacement] ||
      ACTION_RANK[left.action] - ACTION_RANK[right.action] ||
      left.logicalId.localeCompare(right.logicalId),
  );

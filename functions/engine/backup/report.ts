import type { BackupRecord } from '../../core/backup/parameter.ts';
import type { OperationError } from '../../core/errors.ts';
import type { Pruned } from './shelf.ts';
import type { NothingToDo } from './site.ts';
import type { TakenObject } from './take.ts';

/** What a message came to. */
export type BackupReport =
  | NothingToDo
  | { readonly kind: 'notDue' }
  /** `pruned` `null`: what is too many could not be removed, and `error` says why. */
  | {
      readonly kind: 'taken';
      readonly taken: TakenObject;
      readonly pruned: Pruned | null;
      readonly error: OperationError | null;
    }
  | { readonly kind: 'refreshed'; readonly record: BackupRecord }
  | { readonly kind: 'captured'; readonly taken: TakenObject; readonly isFirst: boolean }
  | { readonly kind: 'failed'; readonly error: OperationError };

import { OperationError } from '../../core/errors.ts';

/** etcd's own words behind a translated error; `null` when it said none. */
export function textOf(error: unknown): string | null {
  const text = error instanceof OperationError ? error.context['text'] : undefined;
  return typeof text === 'string' ? text : null;
}

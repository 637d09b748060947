import { OperationError } from '../core/errors.ts';

/** All mistakes of one request, as the one error that CloudFormation is answered with. */
export function refusal(problems: readonly string[]): OperationError {
  const count = problems.length === 1 ? '' : `${problems.length} problems: `;
  return new OperationError('CONFIG_INVALID', 'never', count + problems.join('; '), {
    problemCount: problems.length,
  });
}

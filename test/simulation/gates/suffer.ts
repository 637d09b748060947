import { OperationError } from '../../../functions/core/errors.ts';
import { type FakeWorld, Killed } from '../world/fake-world.ts';

/**
 * What a call of a function other than membership's may meet, too. A fault that kills functions takes an answer from
 * this one: it has kills of its own.
 *
 * @throws {OperationError} in the place of the call
 */
export function suffer(world: FakeWorld, call: string): void {
  for (const trouble of world.troubles) {
    const error = whatBefalls(trouble, call);
    if (error !== null) throw error;
  }
}

function whatBefalls(trouble: (call: string) => Error | null, call: string): Error | null {
  try {
    return trouble(call);
  } catch (error) {
    if (!(error instanceof Killed)) throw error;
    return new OperationError('AWS_UNAVAILABLE', 'nextLook', `${call} was not answered`);
  }
}

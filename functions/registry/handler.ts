import { InvariantError } from '../core/errors.ts';
import { readEnvironment } from '../edge/environment.ts';
import { connectRegistry } from '../edge/wiring.ts';

/** Opens what the function needs and says clearly that nothing works on its messages yet. */
export const handler = async (): Promise<never> => {
  const ports = connectRegistry(readEnvironment(process.env));
  throw new InvariantError(
    `nothing works on messages of registry yet: ${Object.keys(ports).join(', ')} are open`,
  );
};

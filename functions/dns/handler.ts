import { InvariantError } from '../core/errors.ts';
import { readDnsEnvironment } from '../edge/environment.ts';
import { connectDns } from '../edge/wiring.ts';

/** Opens what the function needs and says clearly that nothing works on its messages yet. */
export const handler = async (): Promise<never> => {
  const ports = connectDns(readDnsEnvironment(process.env));
  throw new InvariantError(`nothing works on messages of dns yet: ${Object.keys(ports).join(', ')} are open`);
};

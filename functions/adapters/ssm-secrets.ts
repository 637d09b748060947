import { GetParametersCommand, type SSMClient } from '@aws-sdk/client-ssm';
import type { Secret, SecretPort } from '../core/access.ts';
import type { OnCall } from './aws-calls.ts';
import { createCall } from './aws-client.ts';
import { present } from './aws-errors.ts';

const READ = 'ssm:GetParameters';
/** The most that one call can name; a configuration names four. */
const NAMES_PER_CALL = 10;

/** Apart from the other parameters, so that only the function that asks etcd may decrypt anything. */
export function createSecretPort(client: SSMClient, onCall?: OnCall): SecretPort {
  const call = createCall(onCall);
  const readSome = async (Names: string[]): Promise<readonly (readonly [string, Secret])[]> => {
    const command = new GetParametersCommand({ Names, WithDecryption: true });
    const { Parameters } = await call(READ, (options) => client.send(command, options), {
      names: Names.join(),
    });
    return present(Parameters, READ, 'parameters').map(({ Name, Value, Type }) => [
      present(Name, READ, 'the name of a parameter'),
      { value: present(Value, READ, `the value of ${Name}`), isSecure: Type === 'SecureString' },
    ]);
  };
  return {
    read: async (names) => {
      const unique = [...new Set(names)];
      const secrets = new Map<string, Secret>();
      for (let start = 0; start < unique.length; start += NAMES_PER_CALL) {
        const some = await readSome(unique.slice(start, start + NAMES_PER_CALL));
        for (const [name, secret] of some) secrets.set(name, secret);
      }
      return secrets;
    },
  };
}

import { GetParametersCommand, type SSMClient } from '@aws-sdk/client-ssm';
import type { NamedPort } from '../core/termination/ports.ts';
import type { OnCall } from './aws-calls.ts';
import { createCall } from './aws-client.ts';
import { malformedAnswer, present } from './aws-errors.ts';

const READ = 'ssm:GetParameters';

/** Reads up to 10 plain parameters in one call; `deadlineMs` bounds it with all its attempts. */
export function createNamedPort(client: SSMClient, deadlineMs: number, onCall?: OnCall): NamedPort {
  const call = createCall(onCall, deadlineMs);
  return {
    read: async (names) => {
      const command = new GetParametersCommand({ Names: [...names], WithDecryption: false });
      const answer = await call(READ, (options) => client.send(command, options));
      const found = new Map(
        present(answer.Parameters, READ, 'parameters').map(({ Name, Value }) => {
          const name = present(Name, READ, 'the name of a parameter');
          return [name, present(Value, READ, `the value of ${name}`)] as const;
        }),
      );
      refuseUntold(names, found, answer.InvalidParameters ?? []);
      return found;
    },
  };
}

/** Absence is what the answer says, not what it leaves out. */
function refuseUntold(
  names: readonly string[],
  found: ReadonlyMap<string, string>,
  absent: readonly string[],
): void {
  const untold = names.filter((name) => !found.has(name) && !absent.includes(name));
  if (untold.length > 0) throw malformedAnswer(READ, `a word about ${untold.join(', ')}`);
}

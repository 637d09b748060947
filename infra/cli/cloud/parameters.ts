import { GetParametersCommand, type SSMClient } from '@aws-sdk/client-ssm';
import { calling } from './call.ts';
import type { ParameterPort } from './ports.ts';

/** The most that one call may name. */
const NAMES_MAX = 10;

export function createParameterPort(client: SSMClient): ParameterPort {
  return {
    read: (names) =>
      calling('ssm:GetParameters', 'reading what the autopilot published', async () => {
        const values = new Map<string, string>();
        for (let at = 0; at < names.length; at += NAMES_MAX) {
          const answer = await client.send(
            new GetParametersCommand({ Names: names.slice(at, at + NAMES_MAX) }),
          );
          for (const { Name, Value } of answer.Parameters ?? []) values.set(Name ?? '', Value ?? '');
        }
        return values;
      }),
  };
}

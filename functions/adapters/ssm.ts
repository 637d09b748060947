import {
  DeleteParametersCommand,
  GetParametersByPathCommand,
  PutParameterCommand,
  type SSMClient,
} from '@aws-sdk/client-ssm';
import { OperationError } from '../core/errors.ts';
import type { ParameterPort } from '../core/ports.ts';
import type { OnCall } from './aws-calls.ts';
import { type Call, createCall, readAllPages } from './aws-client.ts';
import { present } from './aws-errors.ts';

const READ = 'ssm:GetParametersByPath';
const WRITE = 'ssm:PutParameter';
const REMOVE = 'ssm:DeleteParameters';

/** The most that one page can hold, and that one deletion can name. */
const NAMES_PER_CALL = 10;
/** Of a standard parameter. */
const VALUE_BYTES_MAX = 4_096;

/**
 * A `create` whose first answer was lost says `exists` although it was ours: who
 * must know reads the value and compares.
 */
export function createParameterPort(client: SSMClient, onCall?: OnCall): ParameterPort {
  const call = createCall(onCall);
  return {
    ...createParameterKeep(client, onCall),
    remove: (names) => remove(client, call, names),
  };
}

/** Apart from the rest: who deletes nothing may not. */
export function createParameterKeep(client: SSMClient, onCall?: OnCall): Omit<ParameterPort, 'remove'> {
  const call = createCall(onCall);
  return {
    readAll: (path) => readAll(client, call, path),
    create: async (name, value) => {
      try {
        await put(client, call, name, value, false);
        return 'created';
      } catch (error) {
        const cause = error instanceof OperationError ? error.cause : null;
        if (cause instanceof Error && cause.name === 'ParameterAlreadyExists') return 'exists';
        throw error;
      }
    },
    write: (name, value) => put(client, call, name, value, true),
  };
}

/** Apart from the rest: who only looks may not write. */
export function createParameterLook(client: SSMClient, onCall?: OnCall): Pick<ParameterPort, 'readAll'> {
  const call = createCall(onCall);
  return { readAll: (path) => readAll(client, call, path) };
}

async function readAll(client: SSMClient, call: Call, path: string): Promise<ReadonlyMap<string, string>> {
  const prefix = path.endsWith('/') ? path : `${path}/`;
  const request = {
    Path: prefix.slice(0, -1),
    Recursive: true,
    WithDecryption: false,
    MaxResults: NAMES_PER_CALL,
  };
  const parameters = await readAllPages(READ, async (NextToken) => {
    const command = new GetParametersByPathCommand({ ...request, NextToken });
    const page = await call(READ, (options) => client.send(command, options), { path });
    return { items: present(page.Parameters, READ, 'parameters'), nextToken: page.NextToken };
  });
  const values = parameters.map(
    ({ Name, Value }) =>
      [present(Name, READ, 'the name of a parameter'), present(Value, READ, `the value of ${Name}`)] as const,
  );
  return new Map(
    values
      .filter(([name]) => name.startsWith(prefix))
      .map(([name, value]) => [name.slice(prefix.length), value] as const),
  );
}

/** @throws {OperationError} `CONFIG_INVALID`: the value does not fit, which no retry changes. */
async function put(
  client: SSMClient,
  call: Call,
  name: string,
  value: string,
  overwrite: boolean,
): Promise<void> {
  const bytes = Buffer.byteLength(value);
  if (bytes === 0 || bytes > VALUE_BYTES_MAX) {
    const words = `a parameter holds 1 to ${VALUE_BYTES_MAX} bytes, ${name} would hold ${bytes}`;
    throw new OperationError('CONFIG_INVALID', 'never', words, { name, bytes });
  }
  const command = new PutParameterCommand({ Name: name, Value: value, Type: 'String', Overwrite: overwrite });
  await call(WRITE, (options) => client.send(command, options), { name });
}

async function remove(client: SSMClient, call: Call, names: readonly string[]): Promise<void> {
  const unique = [...new Set(names)];
  for (let start = 0; start < unique.length; start += NAMES_PER_CALL) {
    const command = new DeleteParametersCommand({ Names: unique.slice(start, start + NAMES_PER_CALL) });
    await call(REMOVE, (options) => client.send(command, options));
  }
}

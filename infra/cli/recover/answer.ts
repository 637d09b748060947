import { isRecord } from '../../../functions/core/json.ts';
import type { RecoverAnswer } from '../../../functions/membership/answer-recovery.ts';
import { Failure } from '../failure.ts';
import { invoke, strangeAnswer } from '../invoke.ts';
import type { Terminal } from '../terminal.ts';

/** @throws {Failure} the function could not be asked, or answers in another form. */
export async function askRecover(
  env: Terminal['env'],
  stack: string,
  cluster: string,
  request: Readonly<Record<string, unknown>>,
): Promise<RecoverAnswer> {
  const answer = await invoke(env, `${stack}-membership`, cluster, {
    request: 'recover',
    cluster,
    ...request,
  });
  if (!isRecover(answer)) throw new Failure(strangeAnswer(stack));
  return answer;
}

const LISTS = ['voters', 'options', 'fenced', 'obstacles', 'waits'];

const isRecover = (answer: unknown): answer is RecoverAnswer =>
  isRecord(answer) &&
  answer['etcdAutopilot'] === 1 &&
  answer['request'] === 'recover' &&
  typeof answer['quorum'] === 'string' &&
  LISTS.every((name) => Array.isArray(answer[name]));

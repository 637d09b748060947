import { InvokeCommand, type InvokeCommandOutput, LambdaClient } from '@aws-sdk/client-lambda';
import { isRecord, parseJson } from '../../functions/core/json.ts';
import type { PlanAnswer, StatusAnswer } from '../../functions/membership/answer.ts';
import { Failure, lineOf } from './failure.ts';
import type { Terminal } from './terminal.ts';

/** Asks the autopilot's function; every failure is a {@link Failure} that says what to do. */
export interface Invoker {
  status(stack: string, cluster: string): Promise<StatusAnswer>;
  /** `etcdVersion`: the version that is about to be rolled out, if one is. */
  plan(stack: string, cluster: string, etcdVersion?: string): Promise<PlanAnswer>;
}

type Request = 'status' | 'plan';

const CONNECT_MS_MAX = 5_000;
/** The function itself ends within 60 s; a little more for a cold start and the way. */
const ANSWER_MS_MAX = 75_000;

export function openInvoker(env: Readonly<Record<string, string | undefined>>): Invoker {
  return {
    status: async (stack, cluster) => {
      const answer = await ask(env, stack, cluster, 'status');
      if (!isStatus(answer)) throw new Failure(strangeAnswer(stack));
      return answer;
    },
    plan: async (stack, cluster, etcdVersion) => {
      const answer = await ask(env, stack, cluster, 'plan', etcdVersion);
      if (!isPlan(answer)) throw new Failure(strangeAnswer(stack));
      if (etcdVersion !== undefined && !isRecord(answer.preflight)) {
        throw new Failure(
          `${stack}-membership is of a version that judges no versions of etcd: deploy this one`,
        );
      }
      return answer;
    },
  };
}

const ask = (
  env: Terminal['env'],
  stack: string,
  cluster: string,
  request: Request,
  etcdVersion?: string,
): Promise<unknown> => invoke(env, `${stack}-membership`, cluster, { request, cluster, etcdVersion });

/**
 * Invokes a function of the autopilot with a request about a cluster, and gives its answer.
 *
 * @throws {Failure} it could not be asked, crashed, or refused.
 */
export async function invoke(
  env: Terminal['env'],
  functionName: string,
  cluster: string,
  request: Readonly<Record<string, unknown>>,
): Promise<unknown> {
  const payload = JSON.stringify({ etcdAutopilot: 1, ...request });
  const client = clientFor(env);
  try {
    const output = await client.send(new InvokeCommand({ FunctionName: functionName, Payload: payload }));
    return readAnswer(output, functionName, cluster);
  } catch (error) {
    throw error instanceof Failure ? error : new Failure(explainFailure(error, functionName, cluster));
  } finally {
    client.destroy();
  }
}

function clientFor(env: Readonly<Record<string, string | undefined>>): LambdaClient {
  const endpoint = env['AWS_ENDPOINT_URL_LAMBDA'] || env['AWS_ENDPOINT_URL'];
  const region = env['AWS_REGION'] || env['AWS_DEFAULT_REGION'];
  return new LambdaClient({
    ...(endpoint ? { endpoint } : {}),
    ...(region ? { region } : {}),
    maxAttempts: 2,
    requestHandler: {
      connectionTimeout: CONNECT_MS_MAX,
      requestTimeout: ANSWER_MS_MAX,
      throwOnRequestTimeout: true,
    },
  });
}

function readAnswer(output: InvokeCommandOutput, functionName: string, cluster: string): unknown {
  const answer = parseJson(output.Payload?.transformToString() ?? '');
  if (output.FunctionError !== undefined) {
    const message = isRecord(answer) ? lineOf(String(answer['errorMessage'] ?? '')) : output.FunctionError;
    throw new Failure(
      `${functionName} crashed while it looked at cluster ${cluster}: ${message}; see its log`,
    );
  }
  if (isRecord(answer) && answer['etcdAutopilot'] === 1 && answer['ok'] === false) {
    const { code, message } = answer;
    throw new Failure(
      `cluster ${cluster} could not be looked at: ${lineOf(message)} (${code}; docs/runbook.md says what to do)`,
    );
  }
  return answer;
}

/** By the name of the error; what is not known is told as it is. */
const ADVICE: readonly (readonly [RegExp, (functionName: string) => string])[] = [
  [
    /^ResourceNotFoundException$/,
    (name) =>
      `there is no function ${name} in this account and region: check --stack, AWS_PROFILE and AWS_REGION`,
  ],
  [
    /^(AccessDenied|UnrecognizedClient|InvalidSignature|ExpiredToken|InvalidClientTokenId|Forbidden)/,
    (name) => `these credentials may not invoke ${name}: they need lambda:InvokeFunction on it`,
  ],
  [
    /^(CredentialsProviderError|TokenProviderError)$/,
    () => 'no AWS credentials were found: set AWS_PROFILE or the like',
  ],
  [/^TooManyRequests/, (name) => `${name} is busy: try again in a few seconds`],
];

function explainFailure(error: unknown, functionName: string, cluster: string): string {
  const name = error instanceof Error ? error.name : '';
  const advice =
    ADVICE.find(([names]) => names.test(name))?.[1](functionName) ?? otherAdvice(error, functionName);
  return `cluster ${cluster} could not be looked at: ${advice}`;
}

function otherAdvice(error: unknown, functionName: string): string {
  const text = lineOf(error instanceof AggregateError ? (error.errors[0] ?? error) : error);
  if (/region is missing/i.test(text)) return 'no AWS region is set: set AWS_REGION';
  return `${functionName} could not be reached: ${text}; check the network, AWS_REGION and AWS_ENDPOINT_URL`;
}

export const strangeAnswer = (stack: string, name = 'membership'): string =>
  `${stack}-${name} answered in a form that this command does not know: is it of the same version?`;

const isAnswerTo = (answer: unknown, request: Request): answer is Readonly<Record<string, unknown>> =>
  isRecord(answer) && answer['etcdAutopilot'] === 1 && answer['ok'] === true && answer['request'] === request;

const STATUS_LISTS = ['members', 'instances', 'hooks', 'waits'];
const PLAN_LISTS = ['actions', 'waits'];

const isStatus = (answer: unknown): answer is StatusAnswer =>
  isAnswerTo(answer, 'status') && STATUS_LISTS.every((name) => isListOfRecords(answer[name]));

const isPlan = (answer: unknown): answer is PlanAnswer =>
  isAnswerTo(answer, 'plan') && PLAN_LISTS.every((name) => isListOfRecords(answer[name]));

const isListOfRecords = (value: unknown): boolean => Array.isArray(value) && value.every(isRecord);

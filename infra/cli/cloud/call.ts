import { Failure, lineOf } from '../failure.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

const CONNECT_MS_MAX = 5_000;
const ANSWER_MS_MAX = 20_000;
/** Throttled calls are repeated with growing pauses; after that many a person is told. */
const ATTEMPTS_MAX = 6;
const PAGES_MAX = 500;

/** Where a client goes, and how long it tries. Credentials come from where every AWS client takes them. */
export function clientSettings(env: Environment, service: string) {
  const endpoint = env[`AWS_ENDPOINT_URL_${service}`] || env['AWS_ENDPOINT_URL'];
  const region = env['AWS_REGION'] || env['AWS_DEFAULT_REGION'];
  return {
    ...(endpoint ? { endpoint } : {}),
    ...(region ? { region } : {}),
    maxAttempts: ATTEMPTS_MAX,
    requestHandler: {
      connectionTimeout: CONNECT_MS_MAX,
      requestTimeout: ANSWER_MS_MAX,
      throwOnRequestTimeout: true,
    },
  };
}

/** Makes a call; whatever fails is told as what was being done, why it failed, and what to do. */
export async function calling<Answer>(
  action: string,
  doing: string,
  send: () => Promise<Answer>,
): Promise<Answer> {
  try {
    return await send();
  } catch (error) {
    if (error instanceof Failure) throw error;
    throw new Failure(`${doing} failed: ${explain(error, action)}`);
  }
}

/** All pages of a list, in order. */
export async function allPages<Item>(
  readPage: (
    token: string | undefined,
  ) => Promise<{ readonly items: readonly Item[]; readonly next: string | undefined }>,
): Promise<readonly Item[]> {
  const items: Item[] = [];
  let token: string | undefined;
  for (let page = 0; page < PAGES_MAX; page += 1) {
    const { items: more, next } = await readPage(token);
    items.push(...more);
    if (next === undefined || next === '') return items;
    token = next;
  }
  throw new Failure(`a list has more than ${PAGES_MAX} pages`);
}

/** CloudFormation has no error name for it. */
export const isMissing = (error: unknown): boolean =>
  error instanceof Error && /does not exist/i.test(error.message);

/** By the name of the error; what is not known is told as it is. */
const ADVICE: readonly (readonly [RegExp, (action: string, text: string) => string])[] = [
  [
    /^(AccessDenied|UnrecognizedClient|InvalidSignature|ExpiredToken|InvalidClientTokenId|Forbidden|UnauthorizedOperation)/,
    (action, text) => `these credentials may not do that: they need ${action} (${text})`,
  ],
  [
    /^(CredentialsProviderError|TokenProviderError)$/,
    () => 'no AWS credentials were found: set AWS_PROFILE or the like',
  ],
  [/^(Throttling|TooManyRequests|RequestLimitExceeded|SlowDown)/, () => 'AWS is busy: try again in a minute'],
  [
    /^InsufficientCapabilities/,
    (_action, text) => `${text}: the template wants more than IAM roles without names`,
  ],
  [/^(LimitExceeded|TokenAlreadyExists)/, (_action, text) => text],
];

function explain(error: unknown, action: string): string {
  const cause = error instanceof AggregateError ? (error.errors[0] ?? error) : error;
  const text = lineOf(cause);
  const name = cause instanceof Error ? cause.name : '';
  const advice = ADVICE.find(([names]) => names.test(name))?.[1];
  if (advice !== undefined) return advice(action, text);
  if (/region is missing/i.test(text)) return 'no AWS region is set: set AWS_REGION';
  if (
    /^(ValidationError|ValidationException|InvalidInput|AlreadyExistsException|InvalidChangeSetStatus)/.test(
      name,
    )
  )
    return refusalText(text);
  return isAnswer(cause) ? text : `${text}; check the network, AWS_REGION and AWS_ENDPOINT_URL`;
}

/** What the platform refuses, with what to do where that is known. */
function refusalText(text: string): string {
  if (/in use by|is imported by/.test(text)) {
    return `${text}: delete those stacks first (destroy --with-workers does so for worker groups)`;
  }
  if (/TerminationProtection/i.test(text)) {
    return `${text}: switch it off with aws cloudformation update-termination-protection, if it is really to go`;
  }
  return text;
}

/** Whether the service answered at all. */
const isAnswer = (error: unknown): boolean =>
  error instanceof Error && '$metadata' in error && isNumbered(error.$metadata);

const isNumbered = (metadata: unknown): boolean =>
  typeof metadata === 'object' &&
  metadata !== null &&
  'httpStatusCode' in metadata &&
  metadata.httpStatusCode !== undefined;

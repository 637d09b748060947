import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { isRecord, parseJson } from '../../functions/core/json.ts';
import { listOf } from './etcd-http.ts';

/** The autopilot's own account of itself: why it waits, and what it did. */
export interface Teller {
  /** What it waits for at this moment, kinds and words; asks the function as `etcd-autopilot status` does. */
  waits(): Promise<readonly { readonly kind: string; readonly text: string }[]>;
  /** The JSON lines that it has logged of the cluster, oldest first; only those since a time of the wall clock, if given. */
  log(sinceWallMs?: number): Promise<readonly LogLine[]>;
  close(): void;
}

export type LogLine = Readonly<Record<string, unknown>>;

export interface TellerOptions {
  readonly endpoint: string;
  readonly region: string;
  readonly stack: string;
  readonly cluster: string;
}

/** A pass that only looks ends within seconds; one that does not is no reason to wait. */
const ANSWER_MS_MAX = 15_000;
/** 12 actions a second for an hour; the log of a demo is far shorter. */
const PAGES_MAX = 5;

export function openTeller(options: TellerOptions): Teller {
  const { endpoint, region, stack, cluster } = options;
  const credentials = { accessKeyId: 'local', secretAccessKey: 'local' };
  const requestHandler = { requestTimeout: ANSWER_MS_MAX, throwOnRequestTimeout: true };
  const client = new LambdaClient({ endpoint, region, credentials, maxAttempts: 1, requestHandler });
  return {
    waits: async () => {
      const Payload = JSON.stringify({ etcdAutopilot: 1, request: 'status', cluster });
      const FunctionName = `${stack}-membership`;
      const output = await client.send(new InvokeCommand({ FunctionName, Payload }));
      const answer = parseJson(output.Payload?.transformToString() ?? '');
      const waits = isRecord(answer) ? listOf(answer['waits']) : [];
      return waits.map(({ kind, text }) => ({ kind: String(kind), text: String(text) }));
    },
    log: async (sinceWallMs) => {
      const lines: LogLine[] = [];
      let nextToken: string | undefined;
      for (let page = 0; page < PAGES_MAX && (page === 0 || nextToken !== undefined); page += 1) {
        const answer = await filterLogEvents(options, nextToken, sinceWallMs);
        lines.push(
          ...listOf(answer['events'])
            .map(({ message }) => parseJson(String(message)))
            .filter(isRecord),
        );
        nextToken = typeof answer['nextToken'] === 'string' ? answer['nextToken'] : undefined;
      }
      return lines.filter((line) => line['cluster'] === cluster && typeof line['event'] === 'string');
    },
    close: () => client.destroy(),
  };
}

/** CloudWatch Logs, without its client: the scope of the signature says whose call it is. */
async function filterLogEvents(
  { endpoint, region, stack }: TellerOptions,
  nextToken: string | undefined,
  startTime: number | undefined,
): Promise<LogLine> {
  const answer = await fetch(endpoint, {
    method: 'POST',
    signal: AbortSignal.timeout(ANSWER_MS_MAX),
    headers: {
      'content-type': 'application/x-amz-json-1.1',
      'x-amz-target': 'Logs_20140328.FilterLogEvents',
      authorization: `AWS4-HMAC-SHA256 Credential=local/20260101/${region}/logs/aws4_request, SignedHeaders=host, Signature=00`,
    },
    body: JSON.stringify({
      logGroupName: `/aws/lambda/${stack}-membership`,
      limit: 10_000,
      nextToken,
      startTime,
    }),
  });
  const page: unknown = await answer.json();
  return isRecord(page) ? page : {};
}

import { isRecord, parseJson } from '../../functions/core/json.ts';
import type { Region } from '../../infra/local/region.ts';
import { STACK } from './stage.ts';

export type LogLine = Readonly<Record<string, unknown>>;

/** The JSON lines that membership has logged of one cluster, oldest first. */
export async function logOf(region: Region, cluster: string): Promise<readonly LogLine[]> {
  const lines = (await messagesOf(region, 'membership')).map(parseJson).filter(isRecord);
  return lines.filter((line) => line['cluster'] === cluster && line['event'] !== undefined);
}

/** Everything that a function has logged, oldest first. */
export async function messagesOf(region: Region, functionName: string): Promise<readonly string[]> {
  const messages: string[] = [];
  let nextToken: string | undefined;
  do {
    const page = await filterLogEvents(region, functionName, nextToken);
    messages.push(...page.messages);
    nextToken = page.nextToken;
  } while (nextToken !== undefined);
  return messages;
}

const MEMBERSHIP = ['addLearner', 'promoteLearner', 'removeMember', 'moveLeader', 'claimCluster'];

/** The changes of membership that passes have made, oldest first. What was refused was tried again. */
export async function stepsOf(region: Region, cluster: string): Promise<readonly string[]> {
  const applied = (await logOf(region, cluster)).filter(({ event }) => event === 'step.applied');
  return applied.map(({ kind }) => String(kind)).filter((kind) => MEMBERSHIP.includes(kind));
}

interface Page {
  readonly messages: readonly string[];
  readonly nextToken: string | undefined;
}

/** CloudWatch Logs, without its client: the scope of the signature says whose call it is. */
async function filterLogEvents(
  { endpoint, region }: Region,
  functionName: string,
  nextToken: string | undefined,
): Promise<Page> {
  const answer = await fetch(endpoint, {
    method: 'POST',
    headers: {
      'content-type': 'application/x-amz-json-1.1',
      'x-amz-target': 'Logs_20140328.FilterLogEvents',
      authorization: `AWS4-HMAC-SHA256 Credential=local/20260101/${region}/logs/aws4_request, SignedHeaders=host, Signature=00`,
    },
    body: JSON.stringify({ logGroupName: `/aws/lambda/${STACK}-${functionName}`, limit: 10_000, nextToken }),
  });
  const page: unknown = await answer.json();
  const events = isRecord(page) ? page['events'] : null;
  if (!Array.isArray(events)) throw new Error(`no log: ${JSON.stringify(page)}`);
  const token = isRecord(page) ? page['nextToken'] : null;
  return {
    messages: events.filter(isRecord).map((event) => String(event['message'])),
    nextToken: typeof token === 'string' ? token : undefined,
  };
}

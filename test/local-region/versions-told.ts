import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { isRecord, parseJson } from '../../functions/core/json.ts';
import type { Region } from '../../infra/local/region.ts';
import { noteAnswer } from '../support/answering-etcd.ts';

/** Holds that the machines run the etcd that the tests are run for: by what their etcds tell the autopilot. */
export async function noteVersions(
  region: Pick<Region, 'endpoint' | 'region'>,
  stack: string,
  cluster: string,
): Promise<void> {
  const credentials = { accessKeyId: 'local', secretAccessKey: 'local' };
  const client = new LambdaClient({ endpoint: region.endpoint, region: region.region, credentials });
  const Payload = JSON.stringify({ etcdAutopilot: 1, request: 'status', cluster });
  try {
    const output = await client.send(new InvokeCommand({ FunctionName: `${stack}-membership`, Payload }));
    const answer = parseJson(output.Payload?.transformToString() ?? '');
    const members = isRecord(answer) && Array.isArray(answer['members']) ? answer['members'] : [];
    for (const member of members) {
      if (isRecord(member) && typeof member['version'] === 'string') await noteAnswer(member['version']);
    }
  } finally {
    client.destroy();
  }
}

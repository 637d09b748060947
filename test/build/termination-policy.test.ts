import { readFile } from 'node:fs/promises';
import { createServer, type ServerResponse } from 'node:http';
import { resolve } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { isRecord, parseJson } from '../../functions/core/json.ts';
import { unpack } from '../../infra/build/archive.ts';
import { invokeFromArchive } from './invoke.ts';

const ARCHIVE = resolve('.build', 'termination-policy.zip');
/** Its load is part of the two seconds that Auto Scaling waits for. */
const BUNDLE_BYTES_MAX = 400_000;
const ANSWER_MS_MAX = 1_900;

const EVENT = {
  AutoScalingGroupName: 'etcd-autopilot-core',
  CapacityToTerminate: [{ AvailabilityZone: 'eu-west-1a', Capacity: 1, InstanceMarketOption: 'on-demand' }],
  Instances: [
    { AvailabilityZone: 'eu-west-1a', InstanceId: 'i-0056faf8da3e1f75d', InstanceType: 't4g.small' },
  ],
  Cause: 'INSTANCE_REFRESH',
};

const GROUP = `<DescribeAutoScalingGroupsResponse xmlns="http://autoscaling.amazonaws.com/doc/2011-01-01/"><DescribeAutoScalingGroupsResult><AutoScalingGroups><member>
<AutoScalingGroupName>etcd-autopilot-core</AutoScalingGroupName><DesiredCapacity>1</DesiredCapacity>
<Tags><member><Key>etcd-autopilot:cluster</Key><Value>core</Value></member><member><Key>etcd-autopilot:role</Key><Value>member</Value></member></Tags>
<Instances><member><InstanceId>i-0056faf8da3e1f75d</InstanceId><LifecycleState>InService</LifecycleState><AvailabilityZone>eu-west-1a</AvailabilityZone><HealthStatus>Healthy</HealthStatus><ProtectedFromScaleIn>false</ProtectedFromScaleIn></member></Instances>
</member></AutoScalingGroups></DescribeAutoScalingGroupsResult></DescribeAutoScalingGroupsResponse>`;

/** AWS as one endpoint: `answer` is told which service is asked; what it does not answer hangs. */
async function openAws(answer: (service: string, response: ServerResponse) => void): Promise<string> {
  const server = createServer((request, response) => {
    request.resume();
    answer(/\/([a-z]+)\/aws4_request/.exec(request.headers.authorization ?? '')?.[1] ?? '', response);
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const address = server.address();
  return `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`;
}

async function ask(url: string) {
  const settings = {
    AWS_ENDPOINT_URL: url,
    QUEUE_URL: `${url}/0/q.fifo`,
    DEAD_LETTER_QUEUE_URL: `${url}/0/d.fifo`,
  };
  const { returned, logText } = await invokeFromArchive(ARCHIVE, EVENT, settings);
  const lines = logText.split('\n').map(parseJson).filter(isRecord);
  return { returned, line: lines.find(({ event }) => event === 'termination.answered') };
}

test('the bundle of the termination policy is small, so that it starts within the time for its answer', async () => {
  const { content } = unpack(await readFile(ARCHIVE));
  expect(content.length).toBeLessThan(BUNDLE_BYTES_MAX);
});

test.each([
  ['AWS', () => undefined],
  [
    'Parameter Store',
    (service: string, response: ServerResponse) => {
      if (service === 'autoscaling') response.writeHead(200, { 'content-type': 'text/xml' }).end(GROUP);
    },
  ],
])('packaged, it names nobody in time where %s does not answer', async (_, answer) => {
  const { returned, line } = await ask(await openAws(answer));
  expect(returned).toEqual({ InstanceIDs: [] });
  expect(line).toMatchObject({ outcome: 'held', level: 'error' });
  expect(Number(line?.['durationMs'])).toBeLessThan(ANSWER_MS_MAX);
});

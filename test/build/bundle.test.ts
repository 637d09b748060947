import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Artefact, buildFunctions } from '../../infra/build/functions.ts';
import { type FakeEtcdServer, fakeEtcdServer } from './etcd-server.ts';
import { invokeFromArchive } from './invoke.ts';

const INSTANCES = `<?xml version="1.0" encoding="UTF-8"?>
<DescribeInstancesResponse xmlns="http://ec2.amazonaws.com/doc/2016-11-15/"><requestId>r-1</requestId><reservationSet><item><instancesSet><item>
<instanceId>i-0123456789abcdef0</instanceId><instanceState><code>16</code><name>running</name></instanceState>
<privateIpAddress>10.0.1.5</privateIpAddress><launchTime>2026-11-20T10:00:00.000Z</launchTime>
<placement><availabilityZone>eu-central-1a</availabilityZone></placement>
</item></instancesSet></item></reservationSet></DescribeInstancesResponse>`;
const NOT_FOUND = `<?xml version="1.0" encoding="UTF-8"?>
<Response><Errors><Error><Code>InvalidInstanceID.NotFound</Code><Message>The instance ID 'i-0123456789abcdef0' does not exist</Message></Error></Errors><RequestID>r-2</RequestID></Response>`;
const GROUPS = `<DescribeAutoScalingGroupsResponse xmlns="http://autoscaling.amazonaws.com/doc/2011-01-01/"><DescribeAutoScalingGroupsResult><AutoScalingGroups><member>
<AutoScalingGroupName>group</AutoScalingGroupName><DesiredCapacity>3</DesiredCapacity><Instances/>
</member></AutoScalingGroups></DescribeAutoScalingGroupsResult></DescribeAutoScalingGroupsResponse>`;

interface Reply {
  readonly status: number;
  readonly body: string;
}

let folder = '';
let artefacts: readonly Artefact[] = [];
let server: Server;
let reply: Reply = { status: 200, body: '' };
const requests: { authorization: string; body: string }[] = [];
let etcd: FakeEtcdServer;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'etcd-autopilot-bundle-'));
  artefacts = await buildFunctions(resolve('.'), 'test/build/fixture', folder);
  server = createServer(async (request, response) => {
    requests.push({ authorization: request.headers.authorization ?? '', body: await textOf(request) });
    response.writeHead(reply.status, { 'content-type': 'text/xml', connection: 'close' }).end(reply.body);
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  etcd = await fakeEtcdServer();
});
afterAll(async () => {
  server.close();
  etcd.close();
  await rm(folder, { recursive: true, force: true });
});

describe('a bundle with every library that a function may use', () => {
  test('has at most 800 KB, which leaves 100 KB for the function itself', () => {
    expect(artefacts[0]?.bundleBytes).toBeLessThanOrEqual(800_000);
    expect(artefacts[0]?.bundleBytes).toBeGreaterThan(300_000);
  });

  test('is built to the same bytes again', async () => {
    const again = join(folder, 'again');
    await buildFunctions(resolve('.'), 'test/build/fixture', again);
    expect(await readFile(join(again, 'probe.zip'))).toEqual(await readFile(archive()));
  });

  test('reads an answer of EC2 with the pruned schemas, and signs with the credentials of the environment', async () => {
    reply = { status: 200, body: INSTANCES };
    const { returned } = await call('instances');
    expect(requests.at(-1)?.authorization).toContain('Credential=AKIAPROBE/');
    expect(requests.at(-1)?.body).toContain('InstanceId.1=i-0123456789abcdef0');
    expect(returned).toMatchObject({
      answer: {
        Reservations: [
          {
            Instances: [
              {
                InstanceId: 'i-0123456789abcdef0',
                State: { Name: 'running', Code: 16 },
                PrivateIpAddress: '10.0.1.5',
                LaunchTime: '2026-11-20T10:00:00.000Z',
                Placement: { AvailabilityZone: 'eu-central-1a' },
              },
            ],
          },
        ],
      },
    });
  });

  test('gives an error of EC2 its own name and message', async () => {
    reply = { status: 400, body: NOT_FOUND };
    expect((await call('instances')).returned).toMatchObject({
      failed: 'InvalidInstanceID.NotFound',
      message: expect.stringContaining("The instance ID 'i-0123456789abcdef0' does not exist"),
    });
  });

  test('speaks the query protocol of Auto Scaling', async () => {
    reply = { status: 200, body: GROUPS };
    expect((await call('groups')).returned).toMatchObject({
      answer: { AutoScalingGroups: [{ AutoScalingGroupName: 'group', DesiredCapacity: 3, Instances: [] }] },
    });
    expect(requests.at(-1)?.body).toContain('Action=DescribeAutoScalingGroups');
    expect(requests.at(-1)?.body).toContain('MaxRecords=7');
  });

  test('keeps the error classes of Parameter Store, so that `instanceof` still tells them apart', async () => {
    reply = { status: 400, body: JSON.stringify({ __type: 'ParameterAlreadyExists', message: 'exists' }) };
    expect((await call('parameter')).returned).toMatchObject({
      failed: 'ParameterAlreadyExists',
      isKnownClass: true,
    });
  });

  test('sends messages and events as JSON', async () => {
    reply = {
      status: 200,
      body: JSON.stringify({ MessageId: 'm-1', MD5OfMessageBody: '841a2d689ad86bd1611447453c22c6fc' }),
    };
    expect((await call('message')).returned).toMatchObject({ answer: { MessageId: 'm-1' } });
    expect(JSON.parse(requests.at(-1)?.body ?? '')).toMatchObject({ MessageBody: 'body' });

    reply = { status: 200, body: JSON.stringify({ FailedEntryCount: 0, Entries: [{ EventId: 'e-1' }] }) };
    expect((await call('event')).returned).toMatchObject({ answer: { Entries: [{ EventId: 'e-1' }] } });
  });
});

describe('etcd3 in a bundle', () => {
  test('keeps every digit of 64-bit ids, and sends the token it signed in with', async () => {
    expect((await callEtcd('members')).returned).toEqual({
      answer: {
        header: {
          cluster_id: '14841639068965178418',
          member_id: '10276657743932975437',
          revision: '9007199254740993',
          raft_term: '7',
        },
        members: [
          {
            ID: '18446744073709551615',
            name: 'i-0a',
            peerURLs: ['http://10.0.1.5:2380'],
            clientURLs: [],
            isLearner: true,
          },
        ],
      },
    });
    expect(etcd.tokens).toEqual(['token-of-probe']);
  });

  test('writes and reads nested and one-of messages as etcd does', async () => {
    expect((await callEtcd('compareAndPut')).returned).toMatchObject({ answer: { succeeded: true } });
    expect(etcd.transactions.at(-1)).toMatchObject({
      compare: [{ result: 'Equal', target: 'Create', key: Buffer.from('key'), create_revision: '0' }],
      success: [{ request: 'request_put', request_put: { value: Buffer.from('value') } }],
    });
  });

  test('gives a refusal of etcd its own class', async () => {
    etcd.refuseNext();
    expect((await callEtcd('members')).returned).toMatchObject({
      isKnownClass: true,
      message: expect.stringContaining('etcdserver: permission denied'),
    });
  });
});

test('a malformed event is refused in words', async () => {
  const { returned } = await invokeFromArchive(archive(), { call: 'nonsense' });
  expect(returned).toMatchObject({ failed: 'malformed' });
});

const archive = (): string => join(folder, 'probe.zip');

function call(name: string) {
  const address = server.address();
  const url = `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`;
  return invokeFromArchive(archive(), { call: name, url }, { AWS_ENDPOINT_URL: url });
}

const callEtcd = (name: string) => invokeFromArchive(archive(), { call: name, url: etcd.url });

async function textOf(request: IncomingMessage): Promise<string> {
  let text = '';
  for await (const part of request.setEncoding('utf8')) text += part;
  return text;
}

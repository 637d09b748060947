import { DescribeAutoScalingGroupsCommand, SetDesiredCapacityCommand } from '@aws-sdk/client-auto-scaling';
import { CloudFormationClient, DescribeStacksCommand } from '@aws-sdk/client-cloudformation';
import { DescribeInstancesCommand, DescribeSubnetsCommand } from '@aws-sdk/client-ec2';
import {
  EventBridgeClient,
  PutEventsCommand,
  PutRuleCommand,
  PutTargetsCommand,
} from '@aws-sdk/client-eventbridge';
import { InvokeCommand } from '@aws-sdk/client-lambda';
import { ListBucketsCommand, S3Client } from '@aws-sdk/client-s3';
import { CreateQueueCommand, ListQueuesCommand, ReceiveMessageCommand } from '@aws-sdk/client-sqs';
import { GetParameterCommand, PutParameterCommand } from '@aws-sdk/client-ssm';
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest';
import { openControl } from '../../../infra/local/control-client.ts';
import { clientsOf, idsIn, openRegion, until } from './fixtures/region.ts';
import { createToyGroup } from './fixtures/toy-etcd.ts';

let region: Awaited<ReturnType<typeof openRegion>>;
let control: ReturnType<typeof openControl>;
let clients: ReturnType<typeof openClients>;

/** Stock clients that call once: what they see is what one call gets. */
function openClients() {
  const settings = {
    endpoint: region.endpoint,
    region: region.region,
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
  };
  return {
    ...clientsOf(settings),
    events: new EventBridgeClient(settings),
    cloudformation: new CloudFormationClient(settings),
    s3: new S3Client({ ...settings, forcePathStyle: true }),
  };
}

beforeAll(async () => {
  vi.stubEnv('AWS_MAX_ATTEMPTS', '1');
  region = await openRegion();
  control = openControl(region.endpoint);
  clients = openClients();
}, 60_000);

afterEach(() => control.clear(null));
afterAll(async () => {
  vi.unstubAllEnvs();
  await region?.close();
}, 20_000);

const put = (Value: string) =>
  clients.ssm.send(new PutParameterCommand({ Name: '/a', Value, Type: 'String', Overwrite: true }));
const read = async () => (await clients.ssm.send(new GetParameterCommand({ Name: '/a' }))).Parameter?.Value;

/** One call of every protocol, fleet's own services and the stage's. */
const CALLS: Readonly<Record<string, () => Promise<unknown>>> = {
  autoscaling: () => clients.scaling.send(new DescribeAutoScalingGroupsCommand({})),
  ec2: () => clients.ec2.send(new DescribeInstancesCommand({})),
  'ec2 of the stage': () => clients.ec2.send(new DescribeSubnetsCommand({})),
  cloudformation: () => clients.cloudformation.send(new DescribeStacksCommand({})),
  ssm: () => put('x'),
  sqs: () => clients.sqs.send(new ListQueuesCommand({})),
  events: () =>
    clients.events.send(new PutEventsCommand({ Entries: [{ Source: 'a', DetailType: 'b', Detail: '{}' }] })),
  lambda: () => clients.lambda.send(new InvokeCommand({ FunctionName: 'nobody' })),
  s3: () => clients.s3.send(new ListBucketsCommand({})),
};

test.each([
  ['autoscaling', 'Throttling', 400, 'AccessDenied', 403],
  ['ec2', 'RequestLimitExceeded', 503, 'UnauthorizedOperation', 403],
  ['ec2 of the stage', 'RequestLimitExceeded', 503, 'UnauthorizedOperation', 403],
  ['cloudformation', 'Throttling', 400, 'AccessDenied', 403],
  ['ssm', 'ThrottlingException', 400, 'AccessDeniedException', 400],
  ['sqs', 'RequestThrottled', 400, 'AccessDeniedException', 400],
  ['events', 'ThrottlingException', 400, 'AccessDeniedException', 400],
  ['lambda', 'TooManyRequestsException', 429, 'AccessDeniedException', 403],
  ['s3', 'SlowDown', 503, 'AccessDenied', 403],
])(
  'a stock client of %s reads the name of a throttle and of a denial',
  async (name, throttle, busy, denial, no) => {
    const call = CALLS[name] ?? (() => Promise.resolve());
    const [service = ''] = name.split(' ');
    await control.fault({ kind: 'throttle-api', target: service, count: 1 });
    await expect(call()).rejects.toMatchObject({ name: throttle, $metadata: { httpStatusCode: busy } });
    await control.fault({ kind: 'deny-api', target: service, count: 1 });
    await expect(call()).rejects.toMatchObject({ name: denial, $metadata: { httpStatusCode: no } });
    expect((await control.faults()).faults).toEqual([]);
  },
);

test('a fault of one operation leaves the others alone, and ends when its count is used up', async () => {
  await put('before');
  const { text, id } = await control.fault({ kind: 'deny-api', target: 'ssm:putparameter', count: 2 });
  expect(text).toBe('denying the next 2 calls of ssm:PutParameter, whoever makes it');
  await expect(put('no')).rejects.toThrow('not authorized');
  expect(await read()).toBe('before');
  expect((await control.faults()).faults).toMatchObject([{ id, struck: 1, remains: 1 }]);
  await expect(put('no')).rejects.toThrow('not authorized');
  await put('after');
  expect(await read()).toBe('after');
  expect((await control.faults()).ended[0]).toMatchObject({ id, struck: 2, remains: 0 });
});

test('a lost reply is a call that was carried out, by the stage as by fleet', async () => {
  await createToyGroup(clients, 'toy', 0);
  await control.fault({ kind: 'lose-reply', target: 'ssm:PutParameter' });
  await control.fault({ kind: 'lose-reply', target: 'autoscaling:SetDesiredCapacity', count: 1 });
  await expect(put('carried out')).rejects.toMatchObject({ code: 'ECONNRESET' });
  expect(await read()).toBe('carried out');
  const wanted = new SetDesiredCapacityCommand({ AutoScalingGroupName: 'toy', DesiredCapacity: 1 });
  await expect(clients.scaling.send(wanted)).rejects.toMatchObject({ code: 'ECONNRESET' });
  expect(region.groups.get('toy').desired).toBe(1);
});

test('a broken API fails with a 500 and a reset connection in turn', async () => {
  await control.fault({ kind: 'break-api', target: 'ssm' });
  await expect(put('no')).rejects.toMatchObject({
    name: 'InternalServerError',
    $metadata: { httpStatusCode: 500 },
  });
  await expect(put('no')).rejects.toMatchObject({ code: 'ECONNRESET' });
  await expect(put('no')).rejects.toMatchObject({ $metadata: { httpStatusCode: 500 } });
});

test('a black hole takes calls and answers none until it is cleared; others are served meanwhile', async () => {
  const { id } = await control.fault({ kind: 'black-hole-api', target: 'ssm', count: 1 });
  let isAnswered = false;
  const call = put('lost').catch((error: unknown) => {
    isAnswered = true;
    return error;
  });
  await until('the call', async () => ((await control.faults()).faults[0]?.struck === 1 ? true : null));
  await CALLS['autoscaling']?.();
  expect(await read()).toBe('carried out');
  expect(isAnswered).toBe(false);
  expect((await control.faults()).faults).toMatchObject([{ id, remains: 0 }]);
  await control.clear(id);
  expect(await call).toMatchObject({ code: 'ECONNRESET' });
});

test('an unknown service or operation is one line that helps', async () => {
  const refused = (target: string) => expect(control.fault({ kind: 'deny-api', target })).rejects;
  await refused('nosuch').toThrow(
    /^unknown service "nosuch"; known: autoscaling, cloudformation, ec2, events/,
  );
  await refused('ssm:Parameter').toThrow('ssm has no operation "Parameter"; did you mean ');
  await refused('s3:GetBucketAcl').toThrow('of s3, only UploadPart, CreateMultipartUpload');
  await refused('route53:GetHostedZone').toThrow(
    'single operations of route53 cannot be told apart here: give route53 alone',
  );
  await refused('lambda:GetFunction').toThrow('of lambda, only Invoke can be told apart');
  await refused('ssm:').toThrow('neither <service> nor <service>:<Operation>');
});

test('events of fleet are dropped, doubled and delayed on their way to the bus', async () => {
  const { QueueUrl = '' } = await clients.sqs.send(new CreateQueueCommand({ QueueName: 'heard' }));
  const EventPattern = JSON.stringify({ source: ['aws.autoscaling', 'aws.ec2'] });
  await clients.events.send(new PutRuleCommand({ Name: 'hear', EventPattern }));
  const Arn = 'arn:aws:sqs:us-east-1:000000000000:heard';
  await clients.events.send(new PutTargetsCommand({ Rule: 'hear', Targets: [{ Id: 'q', Arn }] }));
  const heard = async () => {
    const { Messages = [] } = await clients.sqs.send(
      new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10 }),
    );
    return Messages.map(({ Body = '{}' }) => String(JSON.parse(Body)['detail-type']));
  };
  const launch = async (desired: number) => {
    const input = { AutoScalingGroupName: 'toy', DesiredCapacity: desired };
    await clients.scaling.send(new SetDesiredCapacityCommand(input));
    return idsIn(clients, 'toy', 'InService', desired);
  };
  await launch(1);
  await until('the first launch', async () => ((await heard()).length === 1 ? true : null));

  await control.fault({ kind: 'drop-events', type: 'launch successful', group: 'toy', count: 1 });
  await launch(2);
  await control.fault({ kind: 'duplicate-events', count: 1 });
  const [one = ''] = await launch(3);
  const told: string[] = [];
  await until('the doubled launch', async () => (told.push(...(await heard())) >= 2 ? true : null));
  expect(told).toEqual(Array(2).fill('EC2 Instance Launch Successful'));

  const { id } = await control.fault({ kind: 'delay-events', type: 'interruption', seconds: 600 });
  await control.fault({ kind: 'interrupt', target: one });
  await until('the strike', async () => ((await control.faults()).faults[0]?.struck === 1 ? true : null));
  expect(await heard()).toEqual([]);
  await control.clear(id);
  await until('what was held', async () =>
    (await heard()).join() === 'EC2 Spot Instance Interruption Warning' ? true : null,
  );
}, 30_000);

import { CreateAutoScalingGroupCommand } from '@aws-sdk/client-auto-scaling';
import { EventBridgeClient, PutEventsCommand, type PutEventsRequestEntry } from '@aws-sdk/client-eventbridge';
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { isRecord, parseJson } from '../../functions/core/json.ts';
import { type Clients, openClients } from './clients.ts';
import { logOf } from './logs.ts';
import { openTheatre, type TestCluster, type Theatre } from './stage.ts';

/** An event is a hint: whatever it says, what is true is observed. */
const CLUSTER = 'core';
const GROUP = 'etcd-autopilot-core';
const STRANGER = 'i-0123456789abcdef0';
const LAUNCH = 'EC2 Instance-launch Lifecycle Action';
const TERMINATE = 'EC2 Instance-terminate Lifecycle Action';

let theatre: Theatre;
let clients: Clients;
let events: EventBridgeClient;
let cluster: TestCluster;
let voter: string;
let serial = 0;

beforeAll(async () => {
  theatre = await openTheatre();
  clients = openClients(theatre);
  const { endpoint, region } = theatre.region;
  const credentials = { accessKeyId: 'local', secretAccessKey: 'local' };
  events = new EventBridgeClient({ endpoint, region, credentials });
  cluster = await theatre.cluster(CLUSTER, 3);
  await cluster.untilWhole(3, 60);
});

afterAll(async () => {
  events?.destroy();
  clients?.close();
  await theatre?.stop();
});

beforeEach(async () => {
  await untilIdle();
  voter = (await cluster.stage.see()).instances[0]?.id ?? '';
  expect(voter).not.toBe('');
});

/** Nothing waits in the queue, and nothing is worked on. */
const untilIdle = () =>
  vi.waitFor(async () => expect(await clients.waitingCount()).toBe(0), { timeout: 30_000, interval: 50 });

/** Everything that an event could change: members, parameters with their versions, the group. */
async function everything() {
  const group = await clients.group(GROUP);
  return {
    members: (await cluster.members()).map(({ id, name, isLearner }) => ({ id, name, isLearner })),
    parameters: Object.fromEntries(await clients.recordsOf(CLUSTER)),
    group: {
      desired: group?.DesiredCapacity,
      tags: group?.Tags,
      instances: group?.Instances?.map(({ InstanceId, LifecycleState, HealthStatus }) =>
        [InstanceId, LifecycleState, HealthStatus].join(' '),
      ),
    },
  };
}

/** As Auto Scaling writes it. Two of them are never the same message: each has a token of its own. */
function lifecycle(type: string, instanceId: string, groupName = GROUP): PutEventsRequestEntry {
  serial += 1;
  const isLaunch = type === LAUNCH;
  const detail = {
    LifecycleActionToken: `00000000-0000-4000-8000-${String(serial).padStart(12, '0')}`,
    AutoScalingGroupName: groupName,
    LifecycleHookName: isLaunch ? 'etcd-autopilot-launch' : 'etcd-autopilot-terminate',
    EC2InstanceId: instanceId,
    LifecycleTransition: `autoscaling:EC2_INSTANCE_${isLaunch ? 'LAUNCHING' : 'TERMINATING'}`,
    Origin: isLaunch ? 'EC2' : 'AutoScalingGroup',
    Destination: isLaunch ? 'AutoScalingGroup' : 'EC2',
  };
  return { Source: 'aws.autoscaling', DetailType: type, Detail: JSON.stringify(detail) };
}

/** Puts the events, and returns when all that came of them has been worked on. */
async function put(...entries: readonly PutEventsRequestEntry[]): Promise<void> {
  const answer = await events.send(new PutEventsCommand({ Entries: [...entries] }));
  expect(answer.FailedEntryCount).toBe(0);
  await untilIdle();
}

/** The same as it would lie in the queue: for events that no rule lets through to it. */
function bodyOf(entry: PutEventsRequestEntry): string {
  serial += 1;
  const { Source: source, DetailType, Detail = '{}' } = entry;
  const id = `10000000-0000-4000-8000-${String(serial).padStart(12, '0')}`;
  return JSON.stringify({ version: '0', id, source, 'detail-type': DetailType, detail: JSON.parse(Detail) });
}

async function sendToQueue(...bodies: readonly string[]): Promise<void> {
  for (const body of bodies) await clients.send(CLUSTER, body);
  await untilIdle();
}

/** How the passes ended that events of groups led to. */
async function outcomes(): Promise<readonly unknown[]> {
  const lines = await logOf(theatre.region, CLUSTER);
  const passes = lines.filter(({ event, trigger }) => event === 'pass.finished' && trigger === 'group');
  return passes.map(({ outcome }) => outcome);
}

describe('S38 an event that says what is not true changes nothing:', () => {
  const hourAgo = () => new Date(Date.now() - 3_600_000);
  const cases: readonly (readonly [string, readonly string[], () => Promise<void>])[] = [
    [
      'the launch of a voter, three times over',
      ['settled', 'settled', 'settled', 'settled'],
      async () => {
        const entry = lifecycle(LAUNCH, voter);
        await put(entry, entry, entry, lifecycle(LAUNCH, voter));
      },
    ],
    [
      'the termination of a voter before its launch',
      ['settled', 'settled'],
      () => put(lifecycle(TERMINATE, voter), lifecycle(LAUNCH, voter)),
    ],
    [
      'a launch and a termination of an hour ago',
      ['settled', 'settled'],
      () =>
        put(
          { ...lifecycle(LAUNCH, voter), Time: hourAgo() },
          { ...lifecycle(TERMINATE, voter), Time: hourAgo() },
        ),
    ],
    [
      'hooks of an instance that nobody knows',
      ['settled', 'settled'],
      () => put(lifecycle(LAUNCH, STRANGER), lifecycle(TERMINATE, STRANGER)),
    ],
    [
      'hooks of a group without our tags, which stays as it is',
      ['ignored'],
      async () => {
        const [zone] = (await clients.group(GROUP))?.AvailabilityZones ?? [];
        const { LaunchTemplate } = (await clients.group(GROUP)) ?? {};
        await clients.scaling.send(
          new CreateAutoScalingGroupCommand({
            AutoScalingGroupName: 'untagged',
            MinSize: 0,
            MaxSize: 1,
            AvailabilityZones: [zone ?? ''],
            LaunchTemplate: {
              LaunchTemplateId: LaunchTemplate?.LaunchTemplateId,
              Version: LaunchTemplate?.Version,
            },
          }),
        );
        const entry = lifecycle(TERMINATE, voter, 'untagged');
        await put(entry);
        await sendToQueue(bodyOf(entry));
        expect((await clients.group('untagged'))?.Tags ?? []).toEqual([]);
      },
    ],
    [
      'hooks of a group that is gone',
      ['ignored'],
      async () => {
        const entry = lifecycle(TERMINATE, voter, 'gone');
        await put(entry);
        await sendToQueue(bodyOf(entry));
      },
    ],
    ['an event of somebody else', [], () => put({ ...lifecycle(TERMINATE, voter), Source: 'somebody.else' })],
    [
      'the successful termination of a voter that runs',
      ['settled'],
      () => put(lifecycle('EC2 Instance Terminate Successful', voter)),
    ],
  ];

  test.each(cases)('%s', async (_, expected, act) => {
    const [before, passCount] = [await everything(), (await outcomes()).length];
    await act();
    expect(await everything()).toEqual(before);
    // What a pass prints is in the log a moment after its message is done with.
    await vi.waitFor(async () => expect((await outcomes()).slice(passCount)).toEqual(expected), {
      timeout: 30_000,
      interval: 50,
    });
    expect(await clients.takeDeadLetters()).toEqual([]);
  });
});

/** By the reason that each must be kept with. */
const UNREADABLE: readonly (readonly [string, RegExp])[] = [
  ['certainly not JSON', /not a JSON object/],
  ['["a list"]', /not a JSON object/],
  [JSON.stringify({ source: 'aws.autoscaling', detail: {} }), /no detail-type/],
  [JSON.stringify({ source: 'somebody.else', 'detail-type': LAUNCH }), /nobody here works with/],
  [JSON.stringify({ source: 'aws.autoscaling', 'detail-type': LAUNCH, detail: 'text' }), /no detail/],
  [JSON.stringify({ source: 'aws.autoscaling', 'detail-type': LAUNCH, detail: {} }), /no Auto Scaling group/],
  [
    JSON.stringify({
      source: 'aws.autoscaling',
      'detail-type': LAUNCH,
      detail: { AutoScalingGroupName: GROUP, EC2InstanceId: 42 },
    }),
    /EC2InstanceId that is none/,
  ],
  [JSON.stringify({ etcdAutopilot: 2, request: 'look', cluster: CLUSTER }), /version/],
  [JSON.stringify({ etcdAutopilot: 1, request: 'delete', cluster: CLUSTER }), /"look"/],
];

const letterOf = (text: string): { readonly reason: string; readonly body: string } => {
  const value = parseJson(text);
  return isRecord(value)
    ? { reason: String(value['reason']), body: String(value['body']) }
    : { reason: 'none', body: text };
};

test('messages that nobody can read are kept once, with their reason, and change nothing', async () => {
  const before = await everything();
  await sendToQueue(...UNREADABLE.map(([body]) => body));
  const letters = (await clients.takeDeadLetters()).map(letterOf);
  expect(letters.map(({ body }) => body).sort()).toEqual(UNREADABLE.map(([body]) => body).sort());
  for (const [body, reason] of UNREADABLE) {
    expect(letters.find((letter) => letter.body === body)?.reason).toMatch(reason);
  }
  expect(await everything()).toEqual(before);
});

test('an event whose detail is malformed comes through the rule and is kept once, with its reason', async () => {
  const before = await everything();
  const detail = { AutoScalingGroupName: GROUP, EC2InstanceId: 'i-am-no-instance' };
  await put({ Source: 'aws.autoscaling', DetailType: LAUNCH, Detail: JSON.stringify(detail) });
  const letters = (await clients.takeDeadLetters()).map(letterOf);
  expect(letters.map(({ reason }) => reason)).toEqual(['the event carries an EC2InstanceId that is none']);
  expect(letters[0]?.body).toContain('i-am-no-instance');
  expect(await everything()).toEqual(before);
});

test('messages that nobody can read do not hold up what comes after them', async () => {
  for (let count = 0; count < 5; count += 1) await clients.send(CLUSTER, `rubbish ${count}`);
  await cluster.stage.terminate(voter);
  for (let count = 5; count < 10; count += 1) await clients.send(CLUSTER, `rubbish ${count}`);
  await cluster.untilWhole(3, 30, voter);
  await untilIdle();
  expect(await clients.takeDeadLetters()).toHaveLength(10);
  expect((await cluster.members()).map(({ name }) => name)).not.toContain(voter);
});

import { describe, expect, test } from 'vitest';
import { parseTrigger } from '../../functions/core/trigger.ts';

const DETAIL = { AutoScalingGroupName: 'etcd-autopilot-core', EC2InstanceId: 'i-0123456789abcdef0' };
const event = (over: object = {}) => ({
  source: 'aws.autoscaling',
  'detail-type': 'EC2 Instance-launch Lifecycle Action',
  detail: DETAIL,
  ...over,
});
const parse = (value: unknown) => parseTrigger(JSON.stringify(value));

describe('an event of a group is read for the group’s name only', () => {
  test.each([
    'EC2 Instance-launch Lifecycle Action',
    'EC2 Instance-terminate Lifecycle Action',
    'EC2 Instance Launch Successful',
    'EC2 Instance Launch Unsuccessful',
    'EC2 Instance Terminate Successful',
    'EC2 Instance Terminate Unsuccessful',
    'EC2 Auto Scaling Instance Refresh Started',
    'EC2 Auto Scaling Instance Refresh Checkpoint Reached',
  ])('%s', (detailType) => {
    expect(parse(event({ 'detail-type': detailType }))).toEqual({
      ok: true,
      trigger: { kind: 'group', detailType, groupName: 'etcd-autopilot-core' },
    });
  });

  test.each([[{}], [{ EC2InstanceId: '' }], [{ EC2InstanceId: 'i-12345678' }]])('with %j in it', (more) => {
    const detail = { AutoScalingGroupName: 'etcd-autopilot-core', ...more };
    expect(parse(event({ detail }))).toMatchObject({ ok: true });
  });
});

test('the schedule is a trigger', () => {
  expect(parse({ source: 'aws.events', 'detail-type': 'Scheduled Event', detail: {} })).toEqual({
    ok: true,
    trigger: { kind: 'schedule' },
  });
});

test('a spot interruption is a trigger that names no group: whose instance it is, the look says', () => {
  const detailType = 'EC2 Spot Instance Interruption Warning';
  const detail = { 'instance-id': 'i-0123456789abcdef0', 'instance-action': 'terminate' };
  expect(parse({ source: 'aws.ec2', 'detail-type': detailType, detail })).toEqual({
    ok: true,
    trigger: { kind: 'ending', detailType },
  });
  expect(
    parse({ source: 'aws.ec2', 'detail-type': 'EC2 Instance State-change Notification', detail }).ok,
  ).toBe(false);
  expect(parse({ source: 'someone', 'detail-type': detailType, detail }).ok).toBe(false);
});

test('a look may be asked for, by whom is told', () => {
  const look = { etcdAutopilot: 1, request: 'look', cluster: 'core' };
  expect(parse({ ...look, from: 'operator' })).toEqual({
    ok: true,
    trigger: { kind: 'look', from: 'operator', asked: null },
  });
  const unnamed = { kind: 'look', from: 'unknown', asked: null };
  expect(parse(look)).toEqual({ ok: true, trigger: unnamed });
  // A continuation has a nonce so that it is not taken for the one before; nobody waits for it.
  expect(parse({ ...look, nonce: 'r-1' })).toEqual({ ok: true, trigger: unnamed });
});

test('a look that somebody waits for carries a nonce that is short enough for the status', () => {
  const look = { etcdAutopilot: 1, request: 'look', cluster: 'core', from: 'gate', answer: true };
  const asked = '5f2b1c7e-8f0e-4c55-9a51-1f3f3f1e7a11/12';
  expect(parse({ ...look, nonce: asked })).toEqual({
    ok: true,
    trigger: { kind: 'look', from: 'gate', asked },
  });
  for (const nonce of [undefined, 7, '', 'a b', '"', 'x'.repeat(81)]) {
    expect(parse({ ...look, nonce })).toMatchObject({ ok: false, reason: expect.stringContaining('nonce') });
  }
});

describe('anything else is refused with its reason, and never guessed at', () => {
  const BAD: readonly (readonly [string, string, string])[] = [
    ['no JSON', '{', 'the message is not a JSON object'],
    ['nothing', '', 'the message is not a JSON object'],
    ['a list', '[]', 'the message is not a JSON object'],
    ['a text', '"hello"', 'the message is not a JSON object'],
    ['no detail-type', '{}', 'the message has no detail-type'],
    ['a detail-type that is no text', '{"detail-type":3}', 'the message has no detail-type'],
    [
      'a future version',
      '{"etcdAutopilot":2,"request":"look"}',
      'the request is of a version that this one does not know',
    ],
    [
      'a version as text',
      '{"etcdAutopilot":"1","request":"look"}',
      'the request is of a version that this one does not know',
    ],
    [
      'another request',
      '{"etcdAutopilot":1,"request":"remove"}',
      'requests that come by queue are "look" and "recover"',
    ],
    [
      'another source',
      JSON.stringify(event({ source: 'aws.ec2' })),
      'nobody here works with "EC2 Instance-launch Lifecycle Action" events',
    ],
    [
      'a forged schedule',
      '{"source":"me","detail-type":"Scheduled Event"}',
      'nobody here works with "Scheduled Event" events',
    ],
    [
      'another detail-type',
      JSON.stringify(event({ 'detail-type': 'EC2 Spot Instance Interruption Warning' })),
      'nobody here works with "EC2 Spot Instance Interruption Warning" events',
    ],
    ['no detail', JSON.stringify(event({ detail: null })), 'the event has no detail'],
    [
      'no group',
      JSON.stringify(event({ detail: { EC2InstanceId: 'i-12345678' } })),
      'the event names no Auto Scaling group',
    ],
    [
      'an empty group',
      JSON.stringify(event({ detail: { AutoScalingGroupName: '' } })),
      'the event names no Auto Scaling group',
    ],
    [
      'a group that is no text',
      JSON.stringify(event({ detail: { AutoScalingGroupName: 1 } })),
      'the event names no Auto Scaling group',
    ],
    [
      'an instance that is none',
      JSON.stringify(event({ detail: { ...DETAIL, EC2InstanceId: '; rm' } })),
      'the event carries an EC2InstanceId that is none',
    ],
    [
      'an instance that is no text',
      JSON.stringify(event({ detail: { ...DETAIL, EC2InstanceId: 7 } })),
      'the event carries an EC2InstanceId that is none',
    ],
  ];

  test.each(BAD)('%s', (_title, body, reason) => {
    expect(parseTrigger(body)).toEqual({ ok: false, reason });
  });

  test('and a long detail-type is shortened in the reason', () => {
    const parsed = parse(event({ 'detail-type': 'x'.repeat(9_000) }));
    expect(parsed.ok ? '' : parsed.reason).toHaveLength('nobody here works with "" events'.length + 80);
  });
});

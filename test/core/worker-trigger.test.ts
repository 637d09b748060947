import { describe, expect, test } from 'vitest';
import { parseWorkerTrigger } from '../../functions/core/worker-trigger.ts';

const parse = (value: unknown) => parseWorkerTrigger(JSON.stringify(value));
const look = { etcdAutopilot: 1, request: 'look', from: 'custom-resource' };

test('events of groups, the schedule and endings are triggers as everywhere', () => {
  const detail = { AutoScalingGroupName: 'web', EC2InstanceId: 'i-0123456789abcdef0' };
  const event = { source: 'aws.autoscaling', 'detail-type': 'EC2 Instance Launch Successful', detail };
  expect(parse(event)).toEqual({ ok: true, trigger: { kind: 'group', cluster: null, groupName: 'web' } });
  const tick = { source: 'aws.events', 'detail-type': 'Scheduled Event' };
  expect(parse(tick)).toEqual({ ok: true, trigger: { kind: 'schedule', cluster: null, groupName: null } });
});

test('a look may name a cluster and a zone', () => {
  expect(parse(look)).toMatchObject({ ok: true, trigger: { kind: 'look', cluster: null } });
  expect(parse({ ...look, cluster: 'core', zone: 'Z1' })).toMatchObject({
    ok: true,
    trigger: { kind: 'look', cluster: 'core' },
  });
  expect(parse({ ...look, cluster: 'core', zone: '', from: 'schedule' })).toMatchObject({
    ok: true,
    trigger: { kind: 'schedule', cluster: 'core' },
  });
});

test('S36 a spot interruption is a trigger as EC2 tells it, and as the rule of a group words it', () => {
  const warning = { source: 'aws.ec2', 'detail-type': 'EC2 Spot Instance Interruption Warning', detail: {} };
  expect(parse(warning)).toMatchObject({ ok: true, trigger: { kind: 'ending', cluster: null } });
  expect(parse({ ...look, cluster: 'core', from: 'ending' })).toMatchObject({
    ok: true,
    trigger: { kind: 'ending', cluster: 'core' },
  });
});

test('what membership tells names its cluster', () => {
  const event = { source: 'etcd-autopilot', 'detail-type': 'Member Joined', detail: { cluster: 'core' } };
  expect(parse(event)).toEqual({ ok: true, trigger: { kind: 'member', cluster: 'core', groupName: null } });
});

describe('what nobody can read is refused with its reason', () => {
  test.each([
    ['no JSON', /not a JSON object/],
    [JSON.stringify({ ...look, cluster: 'NO' }), /no name of one/],
    [JSON.stringify({ ...look, cluster: 3 }), /no name of one/],
    [JSON.stringify({ ...look, zone: 'example.com' }), /no id of a hosted zone/],
    [JSON.stringify({ ...look, request: 'plan' }), /requests that come by queue/],
    [JSON.stringify({ source: 'etcd-autopilot', detail: {} }), /names no cluster/],
    [JSON.stringify({ source: 'aws.s3', 'detail-type': 'Object Created' }), /nobody here/],
  ])('%s', (body, words) => {
    const parsed = parseWorkerTrigger(body);
    expect(parsed.ok ? '' : parsed.reason).toMatch(words);
  });
});

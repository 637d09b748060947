import { describe, expect, test } from 'vitest';
import { CAUSES, parseTermination } from '../../../functions/core/termination/request.ts';

/** As the documentation of custom termination policies shows it. */
const DOCUMENTED = {
  AutoScalingGroupARN:
    'arn:aws:autoscaling:us-east-1:111122223333:autoScalingGroup:d4738357-2d40-4038-ae7e-b00ae0227003:autoScalingGroupName/my-asg',
  AutoScalingGroupName: 'my-asg',
  CapacityToTerminate: [
    { AvailabilityZone: 'us-east-1b', Capacity: 2, InstanceMarketOption: 'on-demand' },
    { AvailabilityZone: 'us-east-1b', Capacity: 1, InstanceMarketOption: 'spot' },
    { AvailabilityZone: 'us-east-1c', Capacity: 3, InstanceMarketOption: 'on-demand' },
  ],
  Instances: [
    {
      AvailabilityZone: 'us-east-1b',
      InstanceId: 'i-0056faf8da3e1f75d',
      InstanceType: 't2.nano',
      InstanceMarketOption: 'on-demand',
    },
    {
      AvailabilityZone: 'us-east-1c',
      InstanceId: 'i-02e1c69383a3ed501',
      InstanceType: 't2.nano',
      InstanceMarketOption: 'on-demand',
    },
  ],
  Cause: 'SCALE_IN',
};

function read(event: unknown) {
  const parsed = parseTermination(event);
  if (!parsed.ok) throw new Error(parsed.reason);
  return parsed.request;
}

test('the documented event is read: whom, how many of each zone, and why', () => {
  const request = read(DOCUMENTED);
  expect(request).toEqual({
    groupName: 'my-asg',
    cause: 'SCALE_IN',
    capacity: [
      { zone: 'us-east-1b', count: 2 },
      { zone: 'us-east-1b', count: 1 },
      { zone: 'us-east-1c', count: 3 },
    ],
    suggested: [
      { instanceId: 'i-0056faf8da3e1f75d', zone: 'us-east-1b' },
      { instanceId: 'i-02e1c69383a3ed501', zone: 'us-east-1c' },
    ],
  });
});

test.each([...CAUSES])('the documented cause %s is known', (Cause) => {
  expect(read({ ...DOCUMENTED, Cause }).cause).toBe(Cause);
});

test('a cause that came later does not keep anybody from answering', () => {
  expect(read({ ...DOCUMENTED, Cause: 'MOON_PHASE' }).cause).toBe('OTHER');
});

describe('an event that is none', () => {
  test.each([
    [null, 'the event is not an object'],
    ['[]', 'the event is not an object'],
    [{}, 'the event names no Auto Scaling group'],
    [{ ...DOCUMENTED, AutoScalingGroupName: 7 }, 'the event names no Auto Scaling group'],
    [{ ...DOCUMENTED, Instances: 'all' }, 'the event has no list of Instances'],
  ])('%j is refused with its reason', (event, reason) => {
    expect(parseTermination(event)).toEqual({ ok: false, reason });
  });

  test('of entries that cannot be read only those are left out, and one instance is there once', () => {
    const good = { InstanceId: 'i-0056faf8da3e1f75d', AvailabilityZone: 'a' };
    const Instances = [null, { InstanceId: '../etc' }, { InstanceId: 5 }, good, good];
    expect(read({ ...DOCUMENTED, Instances }).suggested).toEqual([
      { instanceId: 'i-0056faf8da3e1f75d', zone: 'a' },
    ]);
  });

  test.each([
    [undefined],
    ['none'],
    [[]],
    [[{ AvailabilityZone: 'a', Capacity: -1 }]],
    [[{ AvailabilityZone: 'a', Capacity: 'two' }]],
    [[{ Capacity: 2 }]],
  ])('CapacityToTerminate %j names no zone', (CapacityToTerminate) => {
    expect(read({ ...DOCUMENTED, CapacityToTerminate }).capacity).toEqual([]);
  });
});

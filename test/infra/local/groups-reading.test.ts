import {
  CreateOrUpdateTagsCommand,
  DescribeAutoScalingGroupsCommand,
  DescribeScalingActivitiesCommand,
  ExecutePolicyCommand,
} from '@aws-sdk/client-auto-scaling';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { admit, type Fleet, makeGroup, openFleet } from './fixtures/fleet.ts';

let fleet: Fleet;

beforeEach(async () => {
  fleet = await openFleet();
});

afterEach(() => fleet.close());

test('groups are found by their tags', async () => {
  await makeGroup(fleet, { size: 0 });
  const tag = {
    ResourceId: 'g',
    ResourceType: 'auto-scaling-group',
    Key: 'extra',
    Value: 'yes',
    PropagateAtLaunch: false,
  };
  await fleet.scaling.send(new CreateOrUpdateTagsCommand({ Tags: [tag] }));
  const find = async (value: string) => {
    const Filters = [{ Name: 'tag:extra', Values: [value] }];
    const answer = await fleet.scaling.send(new DescribeAutoScalingGroupsCommand({ Filters }));
    return answer.AutoScalingGroups?.map((group) => group.AutoScalingGroupName);
  };
  expect([await find('yes'), await find('no')]).toEqual([['g'], []]);
});

test('an activity tells its instance, its course and its end', async () => {
  await makeGroup(fleet, { size: 1 });
  const [id = ''] = await admit(fleet, 1);
  const answer = await fleet.scaling.send(
    new DescribeScalingActivitiesCommand({ AutoScalingGroupName: 'g' }),
  );
  expect(answer.Activities).toHaveLength(1);
  expect(answer.Activities?.[0]).toMatchObject({
    Description: `Launching a new EC2 instance: ${id}`,
    StatusCode: 'Successful',
    StartTime: expect.any(Date),
    EndTime: expect.any(Date),
  });
});

test('an action that is not here is refused by name', async () => {
  const unknown = new ExecutePolicyCommand({ AutoScalingGroupName: 'g', PolicyName: 'none' });
  await expect(fleet.scaling.send(unknown)).rejects.toThrow('ExecutePolicy');
});

import {
  DeleteWarmPoolCommand,
  DescribeAutoScalingGroupsCommand,
  DescribeWarmPoolCommand,
  PutWarmPoolCommand,
  type PutWarmPoolCommandInput,
  SetDesiredCapacityCommand,
} from '@aws-sdk/client-auto-scaling';
import { DescribeInstancesCommand } from '@aws-sdk/client-ec2';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { admit, eventOf, type Fleet, makeGroup, openFleet } from './fixtures/fleet.ts';
import { answerHook, idsIn, instancesOf, until } from './fixtures/region.ts';

let fleet: Fleet;

beforeEach(async () => {
  fleet = await openFleet();
});

afterEach(() => fleet.close());

function putPool(more: Partial<PutWarmPoolCommandInput>) {
  return fleet.scaling.send(new PutWarmPoolCommand({ AutoScalingGroupName: 'g', ...more }));
}

function look() {
  return fleet.scaling.send(new DescribeWarmPoolCommand({ AutoScalingGroupName: 'g' }));
}

function resize(desired: number) {
  return fleet.scaling.send(
    new SetDesiredCapacityCommand({ AutoScalingGroupName: 'g', DesiredCapacity: desired }),
  );
}

/** The ids of the warm pool's instances, as soon as there are that many and all are in that state. */
function warmIn(state: string, count: number): Promise<readonly string[]> {
  return until(`${count} in ${state}`, async () => {
    const all = (await look()).Instances ?? [];
    const isSo = all.length === count && all.every((one) => one.LifecycleState === state);
    return isSo ? all.map((one) => one.InstanceId ?? '') : null;
  });
}

async function ec2StateOf(id: string): Promise<string | undefined> {
  const answer = await fleet.ec2.send(new DescribeInstancesCommand({ InstanceIds: [id] }));
  return answer.Reservations?.[0]?.Instances?.[0]?.State?.Name;
}

test('instances enter the pool through the launch hook, stop there, and stand beside their group', async () => {
  await makeGroup(fleet, { size: 1 });
  const [first = ''] = await admit(fleet, 1);
  await putPool({ MaxGroupPreparedCapacity: 2 });
  const [id = ''] = await warmIn('Warmed:Pending:Wait', 1);
  const entering = await eventOf(fleet, 'EC2 Instance-launch Lifecycle Action', id);
  expect(entering.detail).toMatchObject({ Origin: 'EC2', Destination: 'WarmPool' });
  await answerHook(fleet.clients, 'g', 'launch', id);
  await warmIn('Warmed:Stopped', 1);
  expect(await ec2StateOf(id)).toBe('stopped');
  const entered = await eventOf(fleet, 'EC2 Instance Launch Successful', id);
  expect(entered.detail).toMatchObject({ Origin: 'EC2', Destination: 'WarmPool' });
  expect((await instancesOf(fleet.clients, 'g')).map((one) => one.InstanceId)).toEqual([first]);
  const group = await fleet.scaling.send(
    new DescribeAutoScalingGroupsCommand({ AutoScalingGroupNames: ['g'] }),
  );
  expect(group.AutoScalingGroups?.[0]).toMatchObject({
    WarmPoolSize: 1,
    WarmPoolConfiguration: { MaxGroupPreparedCapacity: 2, MinSize: 0, PoolState: 'Stopped' },
  });
});

test('scale-out takes from the pool, through the launch hook once more, with the same machine', async () => {
  await makeGroup(fleet, { size: 1 });
  await admit(fleet, 1);
  await putPool({ MaxGroupPreparedCapacity: 2 });
  const [id = ''] = await warmIn('Warmed:Pending:Wait', 1);
  await answerHook(fleet.clients, 'g', 'launch', id);
  await warmIn('Warmed:Stopped', 1);
  await resize(2);
  expect(await idsIn(fleet.clients, 'g', 'Pending:Wait', 1)).toEqual([id]);
  const leaving = fleet.eventsOf('EC2 Instance-launch Lifecycle Action', id).at(-1);
  expect(leaving?.detail).toMatchObject({ Origin: 'WarmPool', Destination: 'AutoScalingGroup' });
  await admit(fleet, 2);
  expect(fleet.calls.filter((call) => call.includes(id))).toEqual([
    `start ${id} 1`,
    `stop ${id}`,
    `start ${id} 1`,
  ]);
  expect((await look()).Instances).toEqual([]);
});

test('without a prepared capacity the pool holds what is missing to the maximum, over the zones', async () => {
  await makeGroup(fleet, { size: 1, max: 4, hooks: false });
  await admit(fleet, 1);
  await putPool({});
  await warmIn('Warmed:Stopped', 3);
  const zones = ((await look()).Instances ?? []).map((one) => one.AvailabilityZone);
  expect(new Set(zones).size).toBe(3);
});

test.each(['Running', 'Hibernated'] as const)('a pool can keep its instances %s', async (PoolState) => {
  await makeGroup(fleet, { size: 0, hooks: false });
  await putPool({ MaxGroupPreparedCapacity: 0, MinSize: 1, PoolState });
  const [id = ''] = await warmIn(`Warmed:${PoolState}`, 1);
  expect(await ec2StateOf(id)).toBe(PoolState === 'Running' ? 'running' : 'stopped');
});

test('instances return to the pool at scale-in when it takes them back, through the terminate hook', async () => {
  await makeGroup(fleet, { size: 1 });
  const [id = ''] = await admit(fleet, 1);
  await putPool({ MaxGroupPreparedCapacity: 1, InstanceReusePolicy: { ReuseOnScaleIn: true } });
  await resize(0);
  await warmIn('Warmed:Pending:Wait', 1);
  const event = await eventOf(fleet, 'EC2 Instance-terminate Lifecycle Action', id);
  expect(event.detail).toMatchObject({ Origin: 'AutoScalingGroup', Destination: 'WarmPool' });
  await answerHook(fleet.clients, 'g', 'terminate', id);
  expect(await warmIn('Warmed:Stopped', 1)).toEqual([id]);
});

test('a deleted pool lets its instances go through the terminate hook, and is gone with the last', async () => {
  await makeGroup(fleet, { size: 0 });
  await putPool({ MaxGroupPreparedCapacity: 1 });
  const [id = ''] = await warmIn('Warmed:Pending:Wait', 1);
  await answerHook(fleet.clients, 'g', 'launch', id);
  await warmIn('Warmed:Stopped', 1);
  await fleet.scaling.send(new DeleteWarmPoolCommand({ AutoScalingGroupName: 'g' }));
  expect((await look()).WarmPoolConfiguration?.Status).toBe('PendingDelete');
  await warmIn('Warmed:Terminating:Wait', 1);
  const event = await eventOf(fleet, 'EC2 Instance-terminate Lifecycle Action', id);
  expect(event.detail).toMatchObject({ Origin: 'WarmPool', Destination: 'EC2' });
  await answerHook(fleet.clients, 'g', 'terminate', id);
  await until('the pool to go', async () =>
    (await look()).WarmPoolConfiguration === undefined ? true : null,
  );
  expect(await ec2StateOf(id)).toBe('terminated');
});

test('a launch into the pool that is abandoned ends, and another is launched', async () => {
  await makeGroup(fleet, { size: 0 });
  await putPool({ MaxGroupPreparedCapacity: 1 });
  const [id = ''] = await warmIn('Warmed:Pending:Wait', 1);
  await answerHook(fleet.clients, 'g', 'launch', id, 'ABANDON');
  await until('the next', async () => {
    const states = ((await look()).Instances ?? []).map((one) => one.LifecycleState).sort();
    return states.join() === 'Warmed:Pending:Wait,Warmed:Terminating:Wait' ? true : null;
  });
});

test('what is not there cannot be deleted', async () => {
  await makeGroup(fleet, { size: 0 });
  const drop = fleet.scaling.send(new DeleteWarmPoolCommand({ AutoScalingGroupName: 'g' }));
  await expect(drop).rejects.toThrow('No warm pool');
});

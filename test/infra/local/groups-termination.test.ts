import { setTimeout as sleep } from 'node:timers/promises';
import {
  SetDesiredCapacityCommand,
  SetInstanceProtectionCommand,
  TerminateInstanceInAutoScalingGroupCommand,
  UpdateAutoScalingGroupCommand,
} from '@aws-sdk/client-auto-scaling';
import { TerminateInstancesCommand } from '@aws-sdk/client-ec2';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  admit,
  type Fleet,
  letGo,
  makeGroup,
  openFleet,
  reportUnhealthy,
  stateOf,
  TWO_CHECKS_MS,
} from './fixtures/fleet.ts';
import { reach } from './fixtures/refresh.ts';
import { answerHook, idsIn, instancesOf, until } from './fixtures/region.ts';

const POLICY = 'arn:aws:lambda:us-east-1:000000000000:function:choose';

let fleet: Fleet;

beforeEach(async () => {
  fleet = await openFleet();
});

afterEach(() => fleet.close());

function resize(desired: number) {
  return fleet.scaling.send(
    new SetDesiredCapacityCommand({ AutoScalingGroupName: 'g', DesiredCapacity: desired }),
  );
}

/** A group that grew one instance at a time, each of another template version; oldest first. */
async function grow(
  size: number,
  zones: readonly string[],
  policies?: readonly string[],
): Promise<readonly string[]> {
  const more = policies === undefined ? {} : { TerminationPolicies: [...policies] };
  await makeGroup(fleet, { size: 0, hooks: false, zones, more });
  let ids: readonly string[] = [];
  for (let count = 1; count <= size; count += 1) {
    if (count > 1) fleet.newVersion();
    await resize(count);
    const now = await admit(fleet, count);
    ids = [...ids, ...now.filter((id) => !ids.includes(id))];
  }
  return ids;
}

async function leftOf(count: number): Promise<readonly string[]> {
  await resize(count);
  return admit(fleet, count);
}

describe('scale-in', () => {
  test('comes from the most populated zone, whatever the policy prefers', async () => {
    const [first = '', second = '', , newest = ''] = await grow(
      4,
      ['us-east-1a', 'us-east-1b'],
      ['NewestInstance'],
    );
    const order = { InstanceId: second, ShouldDecrementDesiredCapacity: true };
    await fleet.scaling.send(new TerminateInstanceInAutoScalingGroupCommand(order));
    await admit(fleet, 3);
    expect([...(await leftOf(2))].sort()).toEqual([first, newest].sort());
  });

  test('never takes a protected instance, and goes on when the protection is over', async () => {
    const ids = await grow(2, ['us-east-1a']);
    const protection = { AutoScalingGroupName: 'g', InstanceIds: [...ids] };
    await fleet.scaling.send(new SetInstanceProtectionCommand({ ...protection, ProtectedFromScaleIn: true }));
    await resize(0);
    await sleep(TWO_CHECKS_MS);
    expect(await admit(fleet, 2)).toEqual(ids);
    await fleet.scaling.send(
      new SetInstanceProtectionCommand({ ...protection, ProtectedFromScaleIn: false }),
    );
    await admit(fleet, 0);
  });

  test('new instances are protected when the group says so', async () => {
    await makeGroup(fleet, { size: 1, more: { NewInstancesProtectedFromScaleIn: true } });
    await admit(fleet, 1);
    expect((await instancesOf(fleet.clients, 'g'))[0]?.ProtectedFromScaleIn).toBe(true);
  });
});

describe("a function of the group's own", () => {
  test('is told what is to go and among whom, and its answer is obeyed', async () => {
    const asked: unknown[] = [];
    const ids = await grow(3, ['us-east-1a'], [POLICY, 'OldestInstance']);
    fleet.answers.invoke = (functionArn, payload) => {
      asked.push([functionArn, payload]);
      return { InstanceIDs: [ids[1]] };
    };
    const left = await leftOf(2);
    expect(left).toEqual([ids[0], ids[2]]);
    const Instances = ids.map((InstanceId) => ({
      AvailabilityZone: 'us-east-1a',
      InstanceId,
      InstanceType: 't3.micro',
      InstanceMarketOption: 'on-demand',
    }));
    const CapacityToTerminate = [
      { AvailabilityZone: 'us-east-1a', Capacity: 1, InstanceMarketOption: 'on-demand' },
    ];
    expect(asked[0]).toEqual([
      POLICY,
      {
        AutoScalingGroupARN: fleet.groups.get('g').arn,
        AutoScalingGroupName: 'g',
        CapacityToTerminate,
        Instances,
        Cause: 'SCALE_IN',
      },
    ]);
  });

  test('that names more than are to go has the other policies choose among them', async () => {
    const ids = await grow(3, ['us-east-1a'], [POLICY, 'NewestInstance']);
    fleet.answers.invoke = () => ({ InstanceIDs: [ids[0], ids[1]] });
    expect(await leftOf(2)).toEqual([ids[0], ids[2]]);
  });

  test('that names a stranger besides has the stranger ignored', async () => {
    const ids = await grow(3, ['us-east-1a'], [POLICY]);
    fleet.answers.invoke = () => ({ InstanceIDs: ['i-00000000000000000', ids[2]] });
    expect(await leftOf(2)).toEqual([ids[0], ids[1]]);
  });

  test('is told of the zones that have most, and may name an instance of another all the same', async () => {
    const asked: unknown[] = [];
    const ids = await grow(3, ['us-east-1a', 'us-east-1b'], [POLICY]);
    fleet.answers.invoke = (_, payload) => {
      asked.push(payload);
      return { InstanceIDs: [ids[1]] };
    };
    expect(await leftOf(2)).toEqual([ids[0], ids[2]]);
    expect(asked[0]).toMatchObject({
      CapacityToTerminate: [{ AvailabilityZone: 'us-east-1a', Capacity: 1 }],
      Instances: [{ InstanceId: ids[0] }, { InstanceId: ids[2] }],
    });
  });

  test('postpones with an empty list, as often as it wants', async () => {
    const ids = await grow(2, ['us-east-1a'], [POLICY]);
    let answers = 0;
    fleet.answers.invoke = () => {
      answers += 1;
      return { InstanceIDs: answers > 2 ? [ids[0]] : [] };
    };
    expect(await leftOf(1)).toEqual([ids[1]]);
    expect(answers).toBe(3);
  });

  test.each([
    [
      'fails',
      () => {
        throw new Error('Task timed out after 2.00 seconds');
      },
    ],
    ['answers nonsense', () => ({ Instances: 'all' })],
  ])('that %s keeps all, and is asked again', async (_, answer) => {
    const ids = await grow(2, ['us-east-1a'], [POLICY, 'NewestInstance']);
    let count = 0;
    fleet.answers.invoke = () => {
      count += 1;
      return count > 2 ? { InstanceIDs: [ids[0]] } : answer();
    };
    expect(await leftOf(1)).toEqual([ids[1]]);
  });
});

test('policies that do not exist are refused, and so is a function that does not come first, or named by $LATEST', async () => {
  await makeGroup(fleet, { size: 0 });
  const set = (TerminationPolicies: string[]) =>
    fleet.scaling.send(new UpdateAutoScalingGroupCommand({ AutoScalingGroupName: 'g', TerminationPolicies }));
  await expect(set(['Youngest'])).rejects.toThrow('Youngest');
  await expect(set(['Default', POLICY])).rejects.toThrow('choose');
  await expect(set([`${POLICY}:$LATEST`])).rejects.toThrow('$LATEST');
});

describe('an abandoned terminate hook', () => {
  const toGo = (InstanceId: string) =>
    fleet.scaling.send(
      new TerminateInstanceInAutoScalingGroupCommand({ InstanceId, ShouldDecrementDesiredCapacity: false }),
    );

  test.each([
    ['EC2', (id: string) => fleet.ec2.send(new TerminateInstancesCommand({ InstanceIds: [id] }))],
    ['its group', toGo],
  ])(
    'keeps the instance running beside a group that retains such instances, until it is ended in %s',
    async (_, end) => {
      const InstanceLifecyclePolicy = { RetentionTriggers: { TerminateHookAbandon: 'retain' as const } };
      await makeGroup(fleet, { size: 1, more: { InstanceLifecyclePolicy } });
      const [id = ''] = await admit(fleet, 1);
      await toGo(id);
      await idsIn(fleet.clients, 'g', 'Terminating:Wait', 1);
      await answerHook(fleet.clients, 'g', 'terminate', id, 'ABANDON');
      await admit(fleet, 1);
      await reach(fleet, 'InService Terminating:Retained');
      expect(fleet.calls).not.toContain(`stop ${id}`);
      await end(id);
      await until('the retained instance to go', async () =>
        (await stateOf(fleet, id)) === null ? true : null,
      );
    },
  );

  test('ends it all the same when nothing else is said', async () => {
    await makeGroup(fleet, { size: 1 });
    const [id = ''] = await admit(fleet, 1);
    await resize(0);
    await idsIn(fleet.clients, 'g', 'Terminating:Wait', 1);
    await answerHook(fleet.clients, 'g', 'terminate', id, 'ABANDON');
    await until('the instance to go', async () => ((await stateOf(fleet, id)) === null ? true : null));
  });
});

describe('an unhealthy instance under a maintenance policy', () => {
  const policy = (MinHealthyPercentage: number, MaxHealthyPercentage: number) => ({
    InstanceMaintenancePolicy: { MinHealthyPercentage, MaxHealthyPercentage },
  });

  test('stays until its replacement is in service, when all are to be healthy', async () => {
    await makeGroup(fleet, { size: 3, more: policy(100, 150) });
    const [id = ''] = await admit(fleet, 3);
    await reportUnhealthy(fleet, id);
    await reach(fleet, 'InService InService InService Pending:Wait');
    await sleep(TWO_CHECKS_MS);
    await reach(fleet, 'InService InService InService Pending:Wait');
    await admit(fleet, 3);
    expect(await letGo(fleet)).toBe(id);
    await reach(fleet, 'InService InService InService');
  });

  test('goes at once when enough others are healthy, or when EC2 has ended it', async () => {
    await makeGroup(fleet, { size: 3, more: policy(60, 150) });
    const [id = '', other = ''] = await admit(fleet, 3);
    await reportUnhealthy(fleet, id);
    await reach(fleet, 'InService InService Pending:Wait Terminating:Wait');
    await fleet.ec2.send(new TerminateInstancesCommand({ InstanceIds: [other] }));
    await reach(fleet, 'InService Pending:Wait Pending:Wait Terminating:Wait Terminating:Wait');
  });
});

import { SetInstanceProtectionCommand } from '@aws-sdk/client-auto-scaling';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { admit, type Fleet, letGo, makeGroup, openFleet, skipTime } from './fixtures/fleet.ts';
import { admitOne, reach } from './fixtures/refresh.ts';
import { answerHook, idsIn, instancesOf } from './fixtures/region.ts';
import { openStacks, type Stacks } from './fixtures/stack-work.ts';

let fleet: Fleet;
let stacks: Stacks;

beforeEach(async () => {
  fleet = await openFleet();
  stacks = openStacks(fleet);
});

afterEach(async () => {
  stacks.service.stop();
  await fleet.close();
});

const rolling = (more: Readonly<Record<string, unknown>> = {}) => ({
  AutoScalingRollingUpdate: { MinInstancesInService: '3', WaitOnResourceSignals: 'true', ...more },
});

async function begin(size: number, policy: Readonly<Record<string, unknown>>, hooks = true) {
  // One zone: three would be balanced again afterwards, which replaces one more.
  await makeGroup(fleet, { size, hooks, zones: ['us-east-1a'] });
  const before = await admit(fleet, size);
  fleet.newVersion();
  await stacks.update(policy);
  return before;
}

async function versions(): Promise<readonly string[]> {
  return (await instancesOf(fleet.clients, 'g')).map((one) => one.LaunchTemplate?.Version ?? '').sort();
}

function sizes(): readonly number[] {
  const { minSize, desired } = fleet.groups.get('g');
  return [minSize, desired];
}

describe('a rolling update', () => {
  test('launches first where that many must be in service, and ends the old ones one by one, oldest first', async () => {
    const before = await begin(3, rolling());
    const newcomers: string[] = [];
    for (const old of before) {
      await reach(fleet, 'InService InService InService Pending:Wait');
      expect(sizes()).toEqual([4, 4]);
      newcomers.push(await admitOne(fleet));
      expect(await stacks.signal(newcomers.at(-1) ?? '')).toBe(true);
      expect(await letGo(fleet)).toBe(old);
    }
    expect((await stacks.ended()).failure).toBe('');
    expect(await versions()).toEqual(['2', '2', '2']);
    expect(sizes()).toEqual([0, 3]);
    const [first, second, third] = before;
    const [a, b, c] = newcomers;
    const added =
      'New instance(s) added to autoscaling group - Waiting on 1 resource signal(s) with a timeout of PT5M.';
    expect((await stacks.course()).notes).toEqual([
      'Rolling update initiated. Terminating 3 obsolete instance(s) in batches of 1, while keeping at least 3 instance(s) in service. Waiting on resource signals with a timeout of PT5M when new instances are added to the autoscaling group.',
      'Temporarily setting autoscaling group MinSize and DesiredCapacity to 4.',
      added,
      `Received SUCCESS signal with UniqueId ${a}`,
      `Terminating instance(s) [${first}]; replacing with 1 new instance(s).`,
      added,
      `Successfully terminated instance(s) [${first}] (Progress 33%).`,
      `Received SUCCESS signal with UniqueId ${b}`,
      `Terminating instance(s) [${second}]; replacing with 1 new instance(s).`,
      added,
      `Successfully terminated instance(s) [${second}] (Progress 67%).`,
      `Received SUCCESS signal with UniqueId ${c}`,
      `Terminating instance(s) [${third}]; replacing with 0 new instance(s).`,
      `Successfully terminated instance(s) [${third}] (Progress 100%).`,
    ]);
  });

  test('goes on only when a signal came, counts each sender once, and takes one from whoever sends it', async () => {
    const [old = ''] = await begin(3, rolling());
    await admitOne(fleet);
    await reach(fleet, 'InService InService InService InService');
    expect(await stacks.signal(old)).toBe(true);
    await admitOne(fleet);
    await letGo(fleet);
    expect(await stacks.signal(old)).toBe(true);
    await reach(fleet, 'InService InService InService InService');
    expect((await stacks.course()).failure).toBeNull();
  });

  test('fails at the first FAILURE, whatever waits in its hook, and leaves the raised sizes', async () => {
    await begin(3, rolling());
    const [id = ''] = await idsIn(fleet.clients, 'g', 'Pending:Wait', 1);
    await stacks.signal(id, 'FAILURE');
    expect((await stacks.ended()).failure).toBe(
      'Received 1 FAILURE signal(s) out of 3.  Unable to satisfy 100% MinSuccessfulInstancesPercent requirement',
    );
    expect(sizes()).toEqual([4, 4]);
    expect(await stacks.signal(id)).toBe(false);
  });

  test('fails when no signal came in its PauseTime, and says so first', async () => {
    await begin(3, rolling({ PauseTime: 'PT1H' }));
    await stacks.told('Waiting on 1 resource signal(s) with a timeout of PT1H');
    skipTime(3_601_000);
    const { notes, failure } = await stacks.ended();
    expect(failure).toBe(
      'Received 0 SUCCESS signal(s) out of 3.  Unable to satisfy 100% MinSuccessfulInstancesPercent requirement',
    );
    expect(notes.at(-1)).toBe(
      'Failed to receive 1 resource signal(s) for the current batch.  Each resource signal timeout is counted as a FAILURE.',
    );
  });

  test('outlives as many failures as MinSuccessfulInstancesPercent allows', async () => {
    const policy = { MinSuccessfulInstancesPercent: '50', MinInstancesInService: '2' };
    await begin(2, rolling(policy), false);
    await stacks.told('Waiting on 1');
    await stacks.signal('one', 'FAILURE');
    await stacks.told('Progress 50%');
    await stacks.signal('two');
    expect((await stacks.ended()).failure).toBe('');
    expect(await versions()).toEqual(['2', '2']);
  });

  test('an abandoned newcomer is no failure: another one is launched, and its signal counts', async () => {
    await begin(3, rolling({ MaxBatchSize: '3' }));
    const ids = await idsIn(fleet.clients, 'g', 'Pending:Wait', 3);
    for (const id of ids) await answerHook(fleet.clients, 'g', 'launch', id, 'ABANDON');
    await letGoOfAll(3);
    const others = await idsIn(fleet.clients, 'g', 'Pending:Wait', 3);
    for (const id of others) {
      await answerHook(fleet.clients, 'g', 'launch', id);
      await stacks.signal(id);
    }
    await letGoOfAll(3);
    expect((await stacks.ended()).failure).toBe('');
    expect([...(await admit(fleet, 3))].sort()).toEqual([...others].sort());
  });

  test('neither protection nor a termination policy nor the maintenance policy keeps the old ones', async () => {
    const fn = 'arn:aws:lambda:us-east-1:000000000000:function:choose';
    const InstanceMaintenancePolicy = { MinHealthyPercentage: 100, MaxHealthyPercentage: 110 };
    await makeGroup(fleet, {
      size: 2,
      hooks: false,
      more: { TerminationPolicies: [fn], InstanceMaintenancePolicy },
    });
    const before = await admit(fleet, 2);
    const protection = { AutoScalingGroupName: 'g', InstanceIds: [...before], ProtectedFromScaleIn: true };
    await fleet.scaling.send(new SetInstanceProtectionCommand(protection));
    fleet.newVersion();
    await stacks.update({ AutoScalingRollingUpdate: { MaxBatchSize: '2' } });
    expect((await stacks.ended()).notes).toEqual([
      'Rolling update initiated. Terminating 2 obsolete instance(s) in batches of 2.',
      expect.stringMatching(
        /^Terminating instance\(s\) \[i-.*,i-.*\]; replacing with 2 new instance\(s\)\.$/,
      ),
      expect.stringContaining('(Progress 100%)'),
    ]);
    expect(await versions()).toEqual(['2', '2']);
  });

  test('without signals the newcomers are in service, hooks included, before the next ones go', async () => {
    await begin(2, { AutoScalingRollingUpdate: {} });
    await letGo(fleet);
    await reach(fleet, 'InService Pending:Wait');
    expect(await versions()).toEqual(['1', '2']);
    await admitOne(fleet);
    await letGo(fleet);
    await admitOne(fleet);
    expect((await stacks.ended()).failure).toBe('');
  });

  test('suspends the processes that it is told to, and resumes those that it suspended', async () => {
    await makeGroup(fleet, { size: 1 });
    await admit(fleet, 1);
    fleet.groups.get('g').suspended.add('HealthCheck');
    fleet.newVersion();
    const SuspendProcesses = ['AZRebalance', 'HealthCheck'];
    await stacks.update(rolling({ MinInstancesInService: '1', SuspendProcesses }));
    await stacks.told('Rolling update initiated');
    expect([...fleet.groups.get('g').suspended].sort()).toEqual(SuspendProcesses);
    await stacks.cancel();
    expect((await stacks.ended()).failure).toBe('Resource update cancelled');
    expect([...fleet.groups.get('g').suspended]).toEqual(['HealthCheck']);
  });

  test('replaces where the group has no place any more, and nothing where all is as it should be', async () => {
    await makeGroup(fleet, { size: 2, hooks: false, zones: ['us-east-1a', 'us-east-1b'] });
    await admit(fleet, 2);
    await stacks.update(rolling());
    expect(await stacks.ended()).toEqual({ notes: [], failure: '' });
    await stacks.update({ AutoScalingRollingUpdate: {} }, { AvailabilityZones: ['us-east-1b'] });
    expect((await stacks.ended()).notes[0]).toContain('Terminating 1 obsolete instance(s)');
    const zones = (await instancesOf(fleet.clients, 'g')).map((one) => one.AvailabilityZone);
    expect(zones).toEqual(['us-east-1b', 'us-east-1b']);
  });

  test('an old one that is retained has gone, as far as the update is concerned', async () => {
    const InstanceLifecyclePolicy = { RetentionTriggers: { TerminateHookAbandon: 'retain' as const } };
    await makeGroup(fleet, { size: 1, more: { InstanceLifecyclePolicy } });
    await admit(fleet, 1);
    fleet.newVersion();
    await stacks.update(rolling({ MinInstancesInService: '1' }));
    const id = await admitOne(fleet);
    await stacks.signal(id);
    const [old = ''] = await idsIn(fleet.clients, 'g', 'Terminating:Wait', 1);
    await answerHook(fleet.clients, 'g', 'terminate', old, 'ABANDON');
    expect((await stacks.ended()).failure).toBe('');
    await reach(fleet, 'InService Terminating:Retained');
  });
});

async function letGoOfAll(count: number): Promise<void> {
  for (const id of await idsIn(fleet.clients, 'g', 'Terminating:Wait', count))
    await answerHook(fleet.clients, 'g', 'terminate', id);
}

test('what a group cannot do while it keeps that many in service fails the update', async () => {
  await begin(2, rolling({ MinInstancesInService: '7' }), false);
  expect((await stacks.ended()).failure).toContain("must be less than the autoscaling group's MaxSize 7");
});

test.each([
  [{ AutoScalingRollingUpdate: {}, AutoScalingInstanceRefresh: { Strategy: 'Rolling' } }, 'cannot have both'],
  [{ AutoScalingRollingUpdate: { PauseTime: '10M' } }, 'no duration'],
  [{ AutoScalingRollingUpdate: { PauseTime: 'PT61M' } }, 'at most 1 hours'],
  [{ AutoScalingRollingUpdate: { MinSuccessfulInstancesPercent: '101' } }, 'from 0 to 100'],
  [{ AutoScalingInstanceRefresh: {} }, 'needs a Strategy'],
])('a policy that cannot be is refused before anything happens: %j', async (policy, words) => {
  await makeGroup(fleet, { size: 0 });
  await expect(stacks.update(policy)).rejects.toThrow(words);
});

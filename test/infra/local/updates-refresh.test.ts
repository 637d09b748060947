import { CancelInstanceRefreshCommand, RollbackInstanceRefreshCommand } from '@aws-sdk/client-auto-scaling';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { record } from '../../../infra/local/fleet/wire.ts';
import { admit, type Fleet, letGo, makeGroup, openFleet, skipTime } from './fixtures/fleet.ts';
import { admitOne, ended, reach, refreshOf, startRefresh } from './fixtures/refresh.ts';
import { answerHook, idsIn, instancesOf, until } from './fixtures/region.ts';
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

const refresh = (Preferences: Readonly<Record<string, unknown>> = {}) => ({
  AutoScalingInstanceRefresh: { Strategy: 'Rolling', Preferences: { InstanceWarmup: '0', ...Preferences } },
});

async function grow(size: number, hooks = true): Promise<readonly string[]> {
  await makeGroup(fleet, { size, hooks, zones: ['us-east-1a'] });
  return admit(fleet, size);
}

async function versions(): Promise<readonly string[]> {
  return (await instancesOf(fleet.clients, 'g')).map((one) => one.LaunchTemplate?.Version ?? '').sort();
}

describe('an instance refresh of a stack', () => {
  test('replaces one after the other, launching first, where its template says nothing of bounds', async () => {
    const before = await grow(2);
    fleet.newVersion();
    await stacks.update(refresh());
    for (const _ of before) {
      await reach(fleet, 'InService InService Pending:Wait');
      expect((await stacks.course()).failure).toBeNull();
      await admitOne(fleet);
      await letGo(fleet);
    }
    const { notes, failure } = await stacks.ended();
    const { InstanceRefreshId, Preferences, Status } = await refreshOf(fleet);
    expect([notes, failure]).toEqual([
      [`Instance refresh initiated with InstanceRefreshId ${InstanceRefreshId}.`],
      '',
    ]);
    const bounds = { MinHealthyPercentage: 100, MaxHealthyPercentage: 110 };
    expect(Preferences).toMatchObject({ ...bounds, SkipMatching: true });
    expect([Status, await versions()]).toEqual(['Successful', ['2', '2']]);
  });

  test('takes no signals', async () => {
    await grow(1);
    fleet.newVersion();
    await stacks.update(refresh());
    const [id = ''] = await idsIn(fleet.clients, 'g', 'Pending:Wait', 1);
    expect(await stacks.signal(id)).toBe(false);
  });

  test('that is cancelled fails the resource with its reason; the way back replaces only what is new', async () => {
    const before = await grow(2);
    await stacks.update(refresh(), { LaunchTemplate: { LaunchTemplateName: 'toy', Version: '1' } });
    expect((await stacks.ended()).failure).toBe('');
    expect(await admit(fleet, 2)).toEqual(before);
    fleet.newVersion();
    await stacks.update(refresh(), { LaunchTemplate: { LaunchTemplateName: 'toy', Version: '2' } });
    await admitOne(fleet);
    const first = await letGo(fleet);
    await reach(fleet, 'InService InService Pending:Wait');
    const group = { AutoScalingGroupName: 'g' };
    const back = fleet.scaling.send(new RollbackInstanceRefreshCommand(group));
    await expect(back).rejects.toMatchObject({ name: 'IrreversibleInstanceRefreshFault' });
    await fleet.scaling.send(new CancelInstanceRefreshCommand(group));
    const [bad = ''] = await idsIn(fleet.clients, 'g', 'Pending:Wait', 1);
    expect((await refreshOf(fleet)).Status).toBe('Cancelling');
    await answerHook(fleet.clients, 'g', 'launch', bad, 'ABANDON');
    expect((await stacks.ended()).failure).toMatch(
      /^Instance refresh .* ended with status Cancelled\. Cancelled due to user request\.$/,
    );
    expect(await letGo(fleet)).toBe(bad);
    await stacks.update(refresh(), { LaunchTemplate: { LaunchTemplateName: 'toy', Version: '1' } });
    await admitOne(fleet);
    await letGo(fleet);
    expect((await stacks.ended()).failure).toBe('');
    const [kept] = before.filter((id) => id !== first);
    expect([await versions(), await admit(fleet, 2)]).toEqual([['1', '1'], expect.arrayContaining([kept])]);
  });

  test('fails while another one runs', async () => {
    await grow(1);
    await startRefresh(fleet);
    fleet.newVersion();
    await stacks.update(refresh());
    expect((await stacks.ended()).failure).toContain('An Instance Refresh is already in progress');
  });

  test('is cancelled with the update of its stack, which waits for what is under way', async () => {
    await grow(1);
    fleet.newVersion();
    await stacks.update(refresh());
    await reach(fleet, 'InService Pending:Wait');
    await stacks.cancel();
    await ended(fleet, 'Cancelling');
    expect((await stacks.course()).failure).toBeNull();
    await admitOne(fleet);
    await letGo(fleet);
    expect((await stacks.ended()).failure).toBe('Resource update cancelled');
    expect((await refreshOf(fleet)).Status).toBe('Cancelled');
  });

  test('fails after an hour in which every newcomer was abandoned, not before', async () => {
    await grow(1);
    fleet.newVersion();
    await stacks.update(refresh());
    for (const _ of [1, 2]) {
      const [id = ''] = await idsIn(fleet.clients, 'g', 'Pending:Wait', 1);
      await answerHook(fleet.clients, 'g', 'launch', id, 'ABANDON');
      await letGo(fleet);
    }
    await reach(fleet, 'InService Pending:Wait');
    expect((await refreshOf(fleet)).Status).toBe('InProgress');
    skipTime(3_601_000);
    expect((await ended(fleet, 'Failed')).StatusReason).toContain(
      'For an hour no instance could be replaced',
    );
    expect((await stacks.ended()).failure).toContain('ended with status Failed. For an hour');
  });
});

test('a refresh fails when its termination policy names nobody for an hour; nobody is launched for it either', async () => {
  const policy = 'arn:aws:lambda:us-east-1:000000000000:function:choose';
  await makeGroup(fleet, { size: 1, hooks: false, more: { TerminationPolicies: [policy] } });
  const before = await admit(fleet, 1);
  const causes: unknown[] = [];
  fleet.answers.invoke = (_, payload) => {
    causes.push(record(payload)['Cause']);
    return { InstanceIDs: [] };
  };
  fleet.newVersion();
  await stacks.update(refresh());
  await until('two questions', () => (causes.length > 1 ? true : null));
  expect(new Set(causes)).toEqual(new Set(['INSTANCE_REFRESH']));
  skipTime(3_601_000);
  expect((await stacks.ended()).failure).toContain('For an hour no instance could be replaced');
  expect((await instancesOf(fleet.clients, 'g')).map((one) => one.InstanceId)).toEqual(before);
});

describe('the creation policy of a group', () => {
  const create = (
    ResourceSignal: Readonly<Record<string, unknown>>,
    more: Readonly<Record<string, unknown>> = {},
  ) =>
    stacks.begin('create-group', {
      properties: {
        MinSize: 0,
        MaxSize: 3,
        DesiredCapacity: 2,
        AvailabilityZones: ['us-east-1a'],
        LaunchTemplate: { LaunchTemplateName: 'toy', Version: '1' },
      },
      creationPolicy: { ResourceSignal, ...more },
      stackName: 's',
      stackId: 'arn:s',
      logicalId: 'Group',
    });

  test('has it complete when as many different senders as it counts said SUCCESS', async () => {
    await create({ Count: '2' });
    await stacks.signal('one');
    await stacks.signal('one');
    await stacks.told('Received SUCCESS signal with UniqueId one');
    expect((await stacks.course()).failure).toBeNull();
    await stacks.signal('two');
    expect(await stacks.ended()).toEqual({
      notes: [
        'Resource creation Initiated',
        'Received SUCCESS signal with UniqueId one',
        'Received SUCCESS signal with UniqueId two',
      ],
      failure: '',
    });
  });

  test('fails it with the first FAILURE, or when its time is over', async () => {
    await create({ Count: '2' });
    await stacks.signal('one', 'FAILURE');
    expect((await stacks.ended()).failure).toContain('Received 1 FAILURE signal(s) out of 2.');
    await fleet.groups.remove('g', false);
    await create({ Count: '2', Timeout: 'PT12H' });
    await stacks.told('Initiated');
    await stacks.signal('one');
    skipTime(12 * 3_600_000 + 1);
    expect((await stacks.ended()).failure).toBe(
      'Failed to receive 1 resource signal(s) within the specified duration',
    );
  });

  test('forgives as many as its percentage allows', async () => {
    await create({ Count: '2' }, { AutoScalingCreationPolicy: { MinSuccessfulInstancesPercent: '50' } });
    await stacks.signal('one', 'FAILURE');
    await stacks.signal('two');
    expect((await stacks.ended()).failure).toBe('');
  });
});

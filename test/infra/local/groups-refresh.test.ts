import { setTimeout as sleep } from 'node:timers/promises';
import {
  CancelInstanceRefreshCommand,
  DescribeAutoScalingGroupsCommand,
  SetInstanceProtectionCommand,
} from '@aws-sdk/client-auto-scaling';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { admit, eventOf, type Fleet, letGo, makeGroup, openFleet, TWO_CHECKS_MS } from './fixtures/fleet.ts';
import { admitOne, ended, reach, refreshOf, startRefresh } from './fixtures/refresh.ts';
import { idsIn, instancesOf, until } from './fixtures/region.ts';

const _PREFIX = 'EC2 Auto Scaling Instance Refresh';
let fleet: Fleet;

beforeEach(async () => {
  fleet = await openFleet();
});

afterEach(() => fleet.close());

describe('pace', () => {
  test('with both bounds a replacement is in service before its predecessor leaves, one after the other', async () => {
    await makeGroup(fleet, { size: 3 });
    const before = await admit(fleet, 3);
    await startRefresh(fleet, { MinHealthyPercentage: 100, MaxHealthyPercentage: 134 });
    for (const round of [1, 2, 3]) {
      await reach(fleet, 'InService InService InService Pending:Wait');
      expect(await refreshOf(fleet)).toMatchObject({ Status: 'InProgress', InstancesToUpdate: 4 - round });
      await admitOne(fleet);
      await reach(fleet, 'InService InService InService Terminating:Wait');
      const gone = await letGo(fleet);
      expect(before).toContain(gone);
    }
    expect(await ended(fleet, 'Successful')).toMatchObject({ PercentageComplete: 100, InstancesToUpdate: 0 });
    const zones = (await instancesOf(fleet.clients, 'g')).map((one) => one.AvailabilityZone);
    expect(new Set(zones).size).toBe(3);
  });

  test('with the defaults an instance is terminated while its replacement is launched', async () => {
    await makeGroup(fleet, { size: 3 });
    await admit(fleet, 3);
    await startRefresh(fleet);
    await reach(fleet, 'InService InService Pending:Wait Terminating:Wait');
    await admitOne(fleet);
    await reach(fleet, 'InService InService InService Terminating:Wait');
    // The terminate hook holds the next replacement up as the launch hook does.
    await sleep(TWO_CHECKS_MS * 3);
    await reach(fleet, 'InService InService InService Terminating:Wait');
    await letGo(fleet);
    await reach(fleet, 'InService InService Pending:Wait Terminating:Wait');
  });

  test('a maximum of 100 that is given launches first; one that is left out does not', async () => {
    await makeGroup(fleet, { size: 2 });
    await admit(fleet, 2);
    await startRefresh(fleet, { MinHealthyPercentage: 100, MaxHealthyPercentage: 100 });
    await reach(fleet, 'InService InService Pending:Wait');
    await fleet.scaling.send(
      new CancelInstanceRefreshCommand({ AutoScalingGroupName: 'g', WaitForTransitioningInstances: false }),
    );
    await admitOne(fleet);
    await letGo(fleet);
    await startRefresh(fleet, { MinHealthyPercentage: 100 });
    await reach(fleet, 'InService Pending:Wait Terminating:Wait');
  });

  test("the group's maintenance policy is the default of both bounds", async () => {
    const InstanceMaintenancePolicy = { MinHealthyPercentage: 100, MaxHealthyPercentage: 200 };
    await makeGroup(fleet, { size: 1, more: { InstanceMaintenancePolicy } });
    await admit(fleet, 1);
    await startRefresh(fleet);
    await reach(fleet, 'InService Pending:Wait');
    expect((await refreshOf(fleet)).Preferences).toMatchObject(InstanceMaintenancePolicy);
  });

  test('a replacement must have been in service for its warmup before its predecessor leaves', async () => {
    await makeGroup(fleet, { size: 1 });
    await admit(fleet, 1);
    await startRefresh(fleet, { MinHealthyPercentage: 100, MaxHealthyPercentage: 200, InstanceWarmup: 1 });
    const id = await admitOne(fleet);
    await idsIn(fleet.clients, 'g', 'InService', 2);
    await idsIn(fleet.clients, 'g', 'Terminating:Wait', 1);
    const launch = await eventOf(fleet, 'EC2 Instance Launch Successful', id);
    const [leaving] = await idsIn(fleet.clients, 'g', 'Terminating:Wait', 1);
    const terminate = await eventOf(fleet, 'EC2 Instance-terminate Lifecycle Action', leaving);
    expect(terminate.atMs - launch.atMs).toBeGreaterThanOrEqual(1_000);
  });
});

describe('what is replaced', () => {
  test('a desired configuration is launched from, and becomes the group its own when all is done', async () => {
    await makeGroup(fleet, {
      size: 1,
      hooks: false,
      more: { LaunchTemplate: { LaunchTemplateName: 'toy', Version: '1' } },
    });
    await admit(fleet, 1);
    fleet.newVersion();
    const LaunchTemplate = { LaunchTemplateName: 'toy', Version: '2' };
    await startRefresh(fleet, {}, { DesiredConfiguration: { LaunchTemplate } });
    await ended(fleet, 'Successful');
    const group = await fleet.scaling.send(
      new DescribeAutoScalingGroupsCommand({ AutoScalingGroupNames: ['g'] }),
    );
    expect(group.AutoScalingGroups?.[0]?.LaunchTemplate).toMatchObject(LaunchTemplate);
    expect((await instancesOf(fleet.clients, 'g')).map((one) => one.LaunchTemplate?.Version)).toEqual(['2']);
  });

  test('SkipMatching leaves instances alone that are as they should be', async () => {
    await makeGroup(fleet, { size: 2, hooks: false });
    const before = await admit(fleet, 2);
    await startRefresh(fleet, { SkipMatching: true });
    expect(await ended(fleet, 'Successful')).toMatchObject({ PercentageComplete: 100 });
    expect(await admit(fleet, 2)).toEqual(before);
    fleet.newVersion();
    await startRefresh(fleet, { SkipMatching: true });
    await ended(fleet, 'Successful');
    const after = await admit(fleet, 2);
    expect(after.filter((id) => before.includes(id))).toEqual([]);
  });

  test.each(['Refresh', 'Ignore', 'Wait'] as const)('protected instances: %s', async (what) => {
    await makeGroup(fleet, { size: 2, hooks: false });
    const [kept = '', other = ''] = await admit(fleet, 2);
    const protection = { AutoScalingGroupName: 'g', InstanceIds: [kept] };
    await fleet.scaling.send(new SetInstanceProtectionCommand({ ...protection, ProtectedFromScaleIn: true }));
    await startRefresh(fleet, { ScaleInProtectedInstances: what });
    if (what === 'Wait') {
      await until('one of two', async () =>
        (await refreshOf(fleet)).PercentageComplete === 50 ? true : null,
      );
      await sleep(TWO_CHECKS_MS);
      expect(await refreshOf(fleet)).toMatchObject({ Status: 'InProgress', InstancesToUpdate: 1 });
      await fleet.scaling.send(
        new SetInstanceProtectionCommand({ ...protection, ProtectedFromScaleIn: false }),
      );
    }
    await ended(fleet, 'Successful');
    const after = await admit(fleet, 2);
    expect([after.includes(kept), after.includes(other)]).toEqual([what === 'Ignore', false]);
  });
});

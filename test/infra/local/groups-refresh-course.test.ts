import { setTimeout as sleep } from 'node:timers/promises';
import {
  CancelInstanceRefreshCommand,
  ResumeProcessesCommand,
  RollbackInstanceRefreshCommand,
  SuspendProcessesCommand,
} from '@aws-sdk/client-auto-scaling';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  admit,
  eventOf,
  type Fleet,
  letGo,
  makeGroup,
  openFleet,
  skipTime,
  TWO_CHECKS_MS,
} from './fixtures/fleet.ts';
import { admitOne, ended, reach, refreshOf, startRefresh, statesOf } from './fixtures/refresh.ts';
import { answerHook, instancesOf, until } from './fixtures/region.ts';

const PREFIX = 'EC2 Auto Scaling Instance Refresh';
let fleet: Fleet;

beforeEach(async () => {
  fleet = await openFleet();
});

afterEach(() => fleet.close());

describe('its course', () => {
  test('it says when it starts, reaches its checkpoints and succeeds; and rests at each checkpoint', async () => {
    await makeGroup(fleet, { size: 2, hooks: false });
    await admit(fleet, 2);
    const id = await startRefresh(fleet, { CheckpointPercentages: [50, 100], CheckpointDelay: 1 });
    await ended(fleet, 'Successful');
    const told = fleet.events.filter((put) => put.type.startsWith(PREFIX));
    expect(told.map((put) => put.type.slice(PREFIX.length + 1))).toEqual([
      'Started',
      'Checkpoint Reached',
      'Checkpoint Reached',
      'Succeeded',
    ]);
    expect(told.every((put) => put.detail['InstanceRefreshId'] === id)).toBe(true);
    expect(told[1]?.detail).toMatchObject({ CheckpointPercentage: '50', CheckpointDelay: '1' });
    expect((told[2]?.atMs ?? 0) - (told[1]?.atMs ?? 0)).toBeGreaterThanOrEqual(1_000);
  });

  test('a second one is refused while one runs; a cancelled one lets what is under way come to its end', async () => {
    await makeGroup(fleet, { size: 2 });
    await admit(fleet, 2);
    await startRefresh(fleet);
    await reach(fleet, 'InService Pending:Wait Terminating:Wait');
    await expect(startRefresh(fleet)).rejects.toMatchObject({ name: 'InstanceRefreshInProgressFault' });
    const cancel = () => fleet.scaling.send(new CancelInstanceRefreshCommand({ AutoScalingGroupName: 'g' }));
    await cancel();
    await sleep(TWO_CHECKS_MS);
    expect((await refreshOf(fleet)).Status).toBe('Cancelling');
    await admitOne(fleet);
    await letGo(fleet);
    expect(await ended(fleet, 'Cancelled')).toMatchObject({ InstancesToUpdate: 1, PercentageComplete: 50 });
    await eventOf(fleet, `${PREFIX} Cancelled`);
    expect(await statesOf(fleet)).toBe('InService InService');
    await expect(cancel()).rejects.toMatchObject({ name: 'ActiveInstanceRefreshNotFoundFault' });
  });

  test('a rollback replaces what was launched by what was there before', async () => {
    const LaunchTemplate = { LaunchTemplateName: 'toy', Version: '1' };
    await makeGroup(fleet, { size: 2, more: { LaunchTemplate } });
    await admit(fleet, 2);
    fleet.newVersion();
    await startRefresh(
      fleet,
      {},
      { DesiredConfiguration: { LaunchTemplate: { ...LaunchTemplate, Version: '2' } } },
    );
    await admitOne(fleet);
    await letGo(fleet);
    await reach(fleet, 'InService Pending:Wait Terminating:Wait');
    await fleet.scaling.send(new RollbackInstanceRefreshCommand({ AutoScalingGroupName: 'g' }));
    await until('the rollback', async () => {
      for (const one of await instancesOf(fleet.clients, 'g')) {
        if (one.LifecycleState === 'Pending:Wait')
          await answerHook(fleet.clients, 'g', 'launch', one.InstanceId ?? '');
        if (one.LifecycleState === 'Terminating:Wait')
          await answerHook(fleet.clients, 'g', 'terminate', one.InstanceId ?? '');
      }
      return (await refreshOf(fleet)).Status === 'RollbackSuccessful' ? true : null;
    });
    const versions = (await instancesOf(fleet.clients, 'g')).map((one) => one.LaunchTemplate?.Version);
    expect(versions).toEqual(['1', '1']);
  });

  test('it stands still while the process InstanceRefresh is suspended', async () => {
    await makeGroup(fleet, { size: 1, hooks: false });
    const before = await admit(fleet, 1);
    const processes = { AutoScalingGroupName: 'g', ScalingProcesses: ['InstanceRefresh'] };
    await fleet.scaling.send(new SuspendProcessesCommand(processes));
    await startRefresh(fleet);
    await sleep(TWO_CHECKS_MS * 3);
    expect([(await refreshOf(fleet)).Status, await admit(fleet, 1)]).toEqual(['Pending', before]);
    await fleet.scaling.send(new ResumeProcessesCommand(processes));
    await ended(fleet, 'Successful');
  });

  test('it fails when a protected instance stays protected for an hour', async () => {
    await makeGroup(fleet, { size: 1, hooks: false, more: { NewInstancesProtectedFromScaleIn: true } });
    const before = await admit(fleet, 1);
    await startRefresh(fleet);
    await until('the start', () => fleet.eventsOf(`${PREFIX} Started`).at(-1) ?? null);
    await sleep(TWO_CHECKS_MS * 3);
    skipTime(3_601_000);
    expect((await ended(fleet, 'Failed')).StatusReason).toContain('protected from scale in');
    await eventOf(fleet, `${PREFIX} Failed`);
    expect(await admit(fleet, 1)).toEqual(before);
  });

  test('there is no way back to a template version that is not a number', async () => {
    await makeGroup(fleet, { size: 1 });
    await admit(fleet, 1);
    await startRefresh(
      fleet,
      {},
      { DesiredConfiguration: { LaunchTemplate: { LaunchTemplateName: 'toy', Version: '1' } } },
    );
    const back = fleet.scaling.send(new RollbackInstanceRefreshCommand({ AutoScalingGroupName: 'g' }));
    await expect(back).rejects.toMatchObject({ name: 'IrreversibleInstanceRefreshFault' });
  });

  test.each([
    [{ MinHealthyPercentage: 101 }, 'MinHealthyPercentage must be from 0 to 100'],
    [{ MinHealthyPercentage: 10, MaxHealthyPercentage: 150 }, 'at most 100 apart'],
    [{ MaxHealthyPercentage: 150 }, 'MaxHealthyPercentage needs MinHealthyPercentage'],
    [{ CheckpointPercentages: [50, 20] }, 'CheckpointPercentages must ascend'],
    [{ CheckpointDelay: 5 }, 'CheckpointDelay needs CheckpointPercentages'],
  ])('preferences that cannot be are refused: %j', async (preferences, words) => {
    await makeGroup(fleet, { size: 0 });
    await expect(startRefresh(fleet, preferences)).rejects.toMatchObject({
      name: 'ValidationError',
      message: expect.stringContaining(words),
    });
  });
});

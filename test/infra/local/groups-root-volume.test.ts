import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { admit, eventOf, type Fleet, makeGroup, openFleet } from './fixtures/fleet.ts';
import { ended, reach, startRefresh } from './fixtures/refresh.ts';
import { answerHook, idsIn } from './fixtures/region.ts';

const _PREFIX = 'EC2 Auto Scaling Instance Refresh';
let fleet: Fleet;

beforeEach(async () => {
  fleet = await openFleet();
});

afterEach(() => fleet.close());

describe('the root volume strategy', () => {
  test('keeps the instance, takes its disk, and passes both hooks as a replacement within the group', async () => {
    await makeGroup(fleet, { size: 2 });
    const before = await admit(fleet, 2);
    fleet.newVersion();
    await startRefresh(fleet, {}, { Strategy: 'ReplaceRootVolume' });
    for (let count = 0; count < 2; count += 1) {
      await reach(fleet, 'InService ReplacingRootVolume:Wait');
      const [id = ''] = await idsIn(fleet.clients, 'g', 'ReplacingRootVolume:Wait', 1);
      const within = {
        Action: 'ReplaceRootVolume',
        Origin: 'AutoScalingGroup',
        Destination: 'AutoScalingGroup',
      };
      const leaving = await eventOf(fleet, 'EC2 Instance-terminate Lifecycle Action', id);
      expect(leaving.detail).toMatchObject(within);
      const since = fleet.calls.length;
      await answerHook(fleet.clients, 'g', 'terminate', id);
      await reach(fleet, 'InService Pending:Wait');
      expect(fleet.calls.slice(since)).toEqual([`stop ${id}`, `clear ${id}`, `start ${id} 2`]);
      const coming = await eventOf(fleet, 'EC2 Instance-launch Lifecycle Action', id);
      expect(coming.detail).toMatchObject(within);
      await answerHook(fleet.clients, 'g', 'launch', id);
    }
    await ended(fleet, 'Successful');
    expect(await admit(fleet, 2)).toEqual(before);
    expect(fleet.eventsOf('EC2 Instance Terminate Successful')).toEqual([]);
  });

  test('an abandoned replacement of a root volume ends the instance, which is replaced', async () => {
    await makeGroup(fleet, { size: 2 });
    await admit(fleet, 2);
    await startRefresh(fleet, {}, { Strategy: 'ReplaceRootVolume' });
    const [id = ''] = await idsIn(fleet.clients, 'g', 'ReplacingRootVolume:Wait', 1);
    await answerHook(fleet.clients, 'g', 'terminate', id, 'ABANDON');
    await reach(fleet, 'InService Pending:Wait Terminating:Wait');
    expect(await idsIn(fleet.clients, 'g', 'Terminating:Wait', 1)).toEqual([id]);
  });
});

import {
  SetDesiredCapacityCommand,
  TerminateInstanceInAutoScalingGroupCommand,
} from '@aws-sdk/client-auto-scaling';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { parseJson } from '../../functions/core/json.ts';
import { type Clients, openClients } from './clients.ts';
import { openTheatre, type Theatre } from './stage.ts';
import { storyOf, tellStory } from './story.ts';

/** What an operator does and reads with clients that know nothing of this project. */
const CLUSTER = 'core';
const GROUP = 'etcd-autopilot-core';
/** Each change is whole within this. */
const WHOLE_MS = 30_000;

let theatre: Theatre;
let clients: Clients;

beforeAll(async () => {
  theatre = await openTheatre();
  clients = openClients(theatre);
  const cluster = await theatre.cluster(CLUSTER, 3);
  await cluster.untilWhole(3, 60);
});

afterAll(async () => {
  clients?.close();
  await theatre?.stop();
});

/** Waits until group, parameters and etcd tell of the same `count` voters; returns their instances. */
function untilOneStory(count: number, gone: readonly string[] = []): Promise<readonly string[]> {
  return vi.waitFor(
    async () => {
      const told = await tellStory(clients, CLUSTER);
      expect(told.inService).toHaveLength(count);
      expect(told).toEqual(storyOf(told.inService, told));
      expect(told.published).toHaveLength(count);
      expect(told.inService.filter((id) => gone.includes(id))).toEqual([]);
      return told.inService;
    },
    { timeout: WHOLE_MS, interval: 200 },
  );
}

const setDesired = (DesiredCapacity: number) =>
  clients.scaling.send(new SetDesiredCapacityCommand({ AutoScalingGroupName: GROUP, DesiredCapacity }));

/** The operator's command line must tell the same, and that nothing is left to do. */
async function expectCommandLineAgrees(instanceIds: readonly string[]): Promise<void> {
  const status = await clients.cli('status', '--cluster', CLUSTER, '--json');
  expect(status).toMatchObject({ code: 0, err: '' });
  const { leaders } = await tellStory(clients, CLUSTER);
  expect(parseJson(status.out)).toMatchObject({
    health: 'healthy',
    leader: leaders[0],
    group: { name: GROUP, desiredCapacity: instanceIds.length },
    hooks: [],
    waits: [],
    members: expect.toSatisfy((members) => members.length === instanceIds.length, 'as many members'),
  });
  for (const id of instanceIds) expect(status.out).toContain(id);
  const plan = await clients.cli('plan', '--cluster', CLUSTER, '--json');
  expect(plan).toMatchObject({ code: 0, err: '' });
  expect(parseJson(plan.out)).toMatchObject({ cluster: CLUSTER, actions: [], waits: [] });
}

test('three voters: group, parameters, etcd and the command line tell one story', async () => {
  await expectCommandLineAgrees(await untilOneStory(3));
});

test('the desired capacity is set to five: two more vote, and all tell of it', async () => {
  const before = await untilOneStory(3);
  await setDesired(5);
  const after = await untilOneStory(5);
  expect(after).toEqual(expect.arrayContaining([...before]));
  await expectCommandLineAgrees(after);
});

test('the desired capacity is set back to three: two leave, and all tell of it', async () => {
  const before = await untilOneStory(5);
  await setDesired(3);
  const after = await untilOneStory(3);
  expect(before).toEqual(expect.arrayContaining([...after]));
  await expectCommandLineAgrees(after);
});

test('the leader is terminated: leadership moves, a replacement votes, and all tell of it', async () => {
  const before = await untilOneStory(3);
  const [leader = ''] = (await tellStory(clients, CLUSTER)).leaders;
  expect(before).toContain(leader);
  await clients.scaling.send(
    new TerminateInstanceInAutoScalingGroupCommand({
      InstanceId: leader,
      ShouldDecrementDesiredCapacity: false,
    }),
  );
  await expectCommandLineAgrees(await untilOneStory(3, [leader]));
});

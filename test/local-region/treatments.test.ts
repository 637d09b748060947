import { setTimeout as sleep } from 'node:timers/promises';
import {
  DetachInstancesCommand,
  EnterStandbyCommand,
  ExitStandbyCommand,
  SetInstanceProtectionCommand,
} from '@aws-sdk/client-auto-scaling';
import { EC2Client, TerminateInstancesCommand } from '@aws-sdk/client-ec2';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Clients, openClients } from './clients.ts';
import { type Load, openLoad } from './load.ts';
import { stepsOf } from './logs.ts';
import { openTheatre, type TestCluster, type Theatre, until } from './stage.ts';

/** What Auto Scaling does with the instances of three voters, with a write every 20 ms from the first to the last. */
const CLUSTER = 'core';
const GAP_MS_MAX = 1_000;
const SECONDS_MAX = 120;

let theatre: Theatre;
let clients: Clients;
let cluster: TestCluster;
let load: Load;
let group: { readonly AutoScalingGroupName: string };

beforeAll(async () => {
  theatre = await openTheatre();
  clients = openClients(theatre);
  cluster = await theatre.cluster(CLUSTER, 3);
  await cluster.untilWhole(3, 60);
  group = { AutoScalingGroupName: cluster.group };
  load = openLoad(cluster);
});

afterAll(async () => {
  await load?.close();
  clients?.close();
  await theatre?.stop();
});

const idsNow = async (): Promise<readonly string[]> =>
  (await cluster.stage.see()).instances.map(({ id }) => id).sort();
const leaderNow = async (): Promise<string> => (await cluster.stage.see()).status?.leader ?? '';
const votersNow = async (): Promise<readonly string[]> =>
  (await cluster.members())
    .filter(({ isLearner }) => !isLearner)
    .map(({ name }) => name)
    .sort();

async function follower(): Promise<string> {
  const leader = await leaderNow();
  return (await idsNow()).find((id) => id !== leader) ?? '';
}

const zoneOf = (id: string): string => theatre.region.groups.instance(id).place.zone;

const isWhole = async () => {
  const { instances } = await cluster.stage.see();
  return instances.length === 3 && instances.every(({ lifecycle }) => lifecycle === 'InService');
};

const untilState = (id: string, state: string) =>
  until(`${id} is ${state}`, 30, async () => {
    const { instances } = await cluster.stage.see();
    return instances.some((one) => one.id === id && one.lifecycle === state);
  });

/** As the schedule would within a minute. */
async function look(): Promise<void> {
  const nonce = `test ${performance.now()}`;
  const body = { etcdAutopilot: 1, request: 'look', cluster: CLUSTER, from: 'operator', nonce };
  await clients.send(CLUSTER, JSON.stringify(body));
  await clients.untilIdle();
}

/** Under load: no write waits for an election, and at the end those vote who are in the group. Answers with the steps. */
async function treat(desired: number, act: () => Promise<unknown>): Promise<readonly string[]> {
  const stepCount = (await stepsOf(theatre.region, CLUSTER)).length;
  const { longestGapMs, ackedWrites } = await load.during(
    desired,
    async () => {
      await act();
      return null;
    },
    SECONDS_MAX,
  );
  expect(ackedWrites).toBeGreaterThan(10);
  expect(longestGapMs).toBeLessThan(GAP_MS_MAX);
  expect(await votersNow()).toEqual(await idsNow());
  await clients.untilIdle(); // a pass logs its steps when it ends
  return (await stepsOf(theatre.region, CLUSTER)).slice(stepCount);
}

/** Of three voters and what they came to by these steps. */
function fewestVoters(steps: readonly string[]): number {
  let count = 3;
  const counts = steps.map((kind) => {
    count += kind === 'promoteLearner' ? 1 : kind === 'removeMember' ? -1 : 0;
    return count;
  });
  return Math.min(3, ...counts);
}

test('S11 a second instance is terminated a second after the first: both are replaced, without a gap', async () => {
  const [before, leader] = [await idsNow(), await leaderNow()];
  const [second = ''] = before.filter((id) => id !== leader);
  const steps = await treat(3, async () => {
    await cluster.stage.terminate(leader);
    await sleep(1_000);
    await cluster.stage.terminate(second);
    await until('both are gone', SECONDS_MAX, async () => {
      const now = await idsNow();
      return !now.includes(leader) && !now.includes(second);
    });
  });
  expect(steps.filter((kind) => kind === 'removeMember')).toHaveLength(2);
  expect(fewestVoters(steps)).toBe(3);
});

test('S30 an instance refresh replaces all of them one by one, without a gap', async () => {
  const before = await idsNow();
  const steps = await treat(3, async () => {
    const refresh = await cluster.stage.startRefresh();
    const isOver = async () => (await cluster.stage.refreshStatus(refresh)) === 'Successful';
    await until('the refresh is successful', SECONDS_MAX, isOver);
  });
  expect((await idsNow()).filter((id) => before.includes(id))).toEqual([]);
  expect(fewestVoters(steps)).toBe(3);
});

test('S34 a voter in standby keeps its vote, and comes back with it', async () => {
  const aside = await follower();
  const input = { ...group, InstanceIds: [aside] };
  const members = await cluster.members();
  const steps = await treat(3, async () => {
    await clients.scaling.send(new EnterStandbyCommand({ ...input, ShouldDecrementDesiredCapacity: true }));
    await untilState(aside, 'Standby');
    await look();
    expect(await votersNow()).toContain(aside);
    await clients.scaling.send(new ExitStandbyCommand(input));
    await untilState(aside, 'InService');
  });
  expect(steps).toEqual([]);
  expect(await cluster.members()).toEqual(members);
});

test('S34 a detached voter keeps its vote beside its replacement, until its machine has ended', async () => {
  const detached = await follower();
  const input = { ...group, InstanceIds: [detached], ShouldDecrementDesiredCapacity: false };
  await treat(3, async () => {
    await clients.scaling.send(new DetachInstancesCommand(input));
    await until('the replacement votes', 60, async () => (await votersNow()).length === 4);
    await look();
    expect(await votersNow()).toContain(detached);
    const { endpoint, region } = theatre.region;
    const credentials = { accessKeyId: 'local', secretAccessKey: 'local' };
    const ec2 = new EC2Client({ endpoint, region, credentials });
    await ec2.send(new TerminateInstancesCommand({ InstanceIds: [detached] }));
    ec2.destroy();
    await until('EC2 says terminated', 20, async () => {
      return theatre.region.groups.instance(detached).ec2State === 'terminated';
    });
    await look();
  });
});

test('S31, S32 a zone is lost: its voter is replaced in another, and comes back when there is room again', async () => {
  const lost = await follower();
  const zone = zoneOf(lost);
  const steps = await treat(3, async () => {
    await theatre.region.fault({ kind: 'no-capacity', target: zone });
    await theatre.region.fault({ kind: 'kill-instance', target: lost });
    await cluster.untilWhole(3, 60, lost);
    expect((await idsNow()).map(zoneOf)).not.toContain(zone);
    await theatre.region.fault({ kind: 'restore-capacity', target: zone });
    const isSpread = async () => new Set((await idsNow()).map(zoneOf)).size === 3 && (await isWhole());
    await until('one is in each zone again', 60, isSpread);
  });
  expect(steps.filter((kind) => kind === 'removeMember')).toHaveLength(2);
  expect(steps.filter((kind) => kind === 'promoteLearner')).toHaveLength(2);
});

test('S34 of three voters the protected one stays when the group shrinks to one', async () => {
  const kept = await leaderNow();
  const input = { ...group, InstanceIds: [kept], ProtectedFromScaleIn: true };
  await clients.scaling.send(new SetInstanceProtectionCommand(input));
  await treat(1, () => cluster.stage.setDesired(1));
  expect(await votersNow()).toEqual([kept]);
});

test('nothing that was acknowledged meanwhile is lost', async () => {
  const { acked, lost } = await load.end();
  expect(acked).toBeGreaterThan(500);
  expect(lost).toBe(0);
});

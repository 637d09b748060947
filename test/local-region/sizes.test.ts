import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { type Clients, openClients } from './clients.ts';
import { type Load, openLoad } from './load.ts';
import { stepsOf } from './logs.ts';
import { openTheatre, type TestCluster, type Theatre } from './stage.ts';
import { storyOf, tellStory } from './story.ts';

/** One cluster through all its sizes, with a write every 20 ms from the first to the last. The tests build on each other. */
const CLUSTER = 'core';
/** An election takes this long and more: none was needed. */
const GAP_MS_MAX = 1_000;

let theatre: Theatre;
let clients: Clients;
let cluster: TestCluster;
let load: Load;

beforeAll(async () => {
  theatre = await openTheatre();
  clients = openClients(theatre);
  cluster = await theatre.cluster(CLUSTER, 1);
  await cluster.untilWhole(1, 60);
  load = openLoad(cluster);
});

afterAll(async () => {
  await load?.close();
  clients?.close();
  await theatre?.stop();
});

test.each([3, 5, 7, 5, 3, 1])('under load the cluster follows its group to %i voters', async (size) => {
  const { longestGapMs, ackedWrites } = await load.during(size, async () => {
    await cluster.stage.setDesired(size);
    return null;
  });
  expect(ackedWrites).toBeGreaterThan(10);
  expect(longestGapMs).toBeLessThan(GAP_MS_MAX);
  await expectOneStory(cluster);
});

test('the only voter is terminated: its replacement votes and leads before it goes', async () => {
  const [only] = (await cluster.stage.see()).instances;
  const stepCount = (await stepsSoFar()).length;
  const { longestGapMs } = await load.during(1, async () => {
    await cluster.stage.terminate(only?.id ?? '');
    return only?.id ?? '';
  });
  expect(longestGapMs).toBeLessThan(GAP_MS_MAX);
  await expectOneStory(cluster);
  const steps = (await stepsSoFar()).slice(stepCount);
  expect(steps).toEqual(['addLearner', 'promoteLearner', 'moveLeader', 'removeMember']);
});

test('nothing that was acknowledged meanwhile is lost', async () => {
  const { acked, lost } = await load.end();
  expect(acked).toBeGreaterThan(500);
  expect(lost).toBe(0);
});

test.each([
  ['five', 5],
  ['seven', 7],
])('a cluster of %s is founded in one go, by one claim', async (name, size) => {
  const founded = await theatre.cluster(name, size);
  await founded.untilWhole(size, 60);
  await expectOneStory(founded);
  expect(await stepsSoFar(name)).toEqual(['claimCluster']);
});

/** A pass logs its steps when it ends. */
async function stepsSoFar(name = CLUSTER): Promise<readonly string[]> {
  await clients.untilIdle();
  return stepsOf(theatre.region, name);
}

/** Soon group, parameters, status and etcd name the same voters; the ticket of who left goes with its machine. */
async function expectOneStory({ name, stage }: TestCluster): Promise<void> {
  const compare = async () => {
    const told = await tellStory(clients, name);
    expect(told).toEqual(storyOf((await stage.see()).instances.map(({ id }) => id).sort(), told));
  };
  await vi.waitFor(compare, { timeout: 15_000, interval: 200 });
}

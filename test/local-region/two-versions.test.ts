import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { archiveOf, unpack } from '../../infra/build/archive.ts';
import { CREATE_TEMPLATE, UPDATE_TEMPLATE } from '../../infra/build/package.ts';
import { ROOT } from '../../infra/cli/local-options.ts';
import { openControl } from '../../infra/local/control-client.ts';
import { deployAutopilot } from '../../infra/local/deploy.ts';
import { type Clients, openClients } from './clients.ts';
import { type Load, openLoad } from './load.ts';
import { logOf, stepsOf } from './logs.ts';
import { openTheatre, STACK, type TestCluster, type Theatre, until } from './stage.ts';
import { workersOn } from './workers.ts';

/**
 * A deploy of the autopilot while a join is under way: the first version ends its pass beside the second one's.
 * The queue lets no two passes of a cluster run side by side, so the test goes past it: the permit alone must do.
 */
const CLUSTER = 'core';
const FIRST = 'pass.finished';
/** What the second version logs instead: that is all by which the two differ. */
const SECOND = 'pass.finished.second';
const GAP_MS_MAX = 1_000;

let theatre: Theatre;
let clients: Clients;
let cluster: TestCluster;
let load: Load;
let control: ReturnType<typeof openControl>;

beforeAll(async () => {
  theatre = await openTheatre();
  clients = openClients(theatre);
  control = openControl(theatre.region.endpoint);
  cluster = await theatre.cluster(CLUSTER, 3);
  await cluster.untilWhole(3, 60);
  load = openLoad(cluster);
});

afterAll(async () => {
  await load?.close();
  clients?.close();
  await theatre?.stop();
});

/** Packages as of another day and with another bundle; returns the folder. */
function packageSecondVersion(): string {
  const dir = join(theatre.region.dir, 'second');
  for (const folder of ['.serverless', '.build']) mkdirSync(join(dir, folder), { recursive: true });
  for (const template of [CREATE_TEMPLATE, UPDATE_TEMPLATE]) {
    const text = readFileSync(join(ROOT, template), 'utf8');
    writeFileSync(join(dir, template), text.replaceAll(/(main\/)[^/"]+(?=\/[a-z-]+\.zip)/g, '$1second'));
  }
  const archives = readdirSync(join(ROOT, '.build')).filter((name) => name.endsWith('.zip'));
  for (const name of archives) {
    const file = unpack(readFileSync(join(ROOT, '.build', name)));
    const code = Buffer.from(file.content).toString('utf8').replaceAll(FIRST, SECOND);
    writeFileSync(join(dir, '.build', name), archiveOf(file.name, Buffer.from(code)));
  }
  return dir;
}

async function deploySecondVersion(dir: string): Promise<void> {
  const { subnetIds, vpcId } = theatre.network;
  const parameters = { VpcId: vpcId, SubnetIds: subnetIds.join(',') };
  await deployAutopilot(theatre.region, {
    packageDir: join(dir, '.serverless'),
    stackName: STACK,
    parameters,
  });
}

/** A pass past the queue, which would wait for the one that is under way. */
async function passAtOnce(): Promise<void> {
  const { endpoint, region } = theatre.region;
  const credentials = { accessKeyId: 'local', secretAccessKey: 'local' };
  const client = new LambdaClient({ endpoint, region, credentials });
  const look = {
    etcdAutopilot: 1,
    request: 'look',
    cluster: CLUSTER,
    from: 'operator',
    nonce: `${Date.now()}`,
  };
  const record = { attributes: { MessageGroupId: CLUSTER }, body: JSON.stringify(look) };
  const Payload = JSON.stringify({ Records: [record] });
  await client.send(new InvokeCommand({ FunctionName: `${STACK}-membership`, Payload }));
  client.destroy();
}

interface Pass {
  readonly requestId: unknown;
  readonly beginMs: number;
  readonly endMs: number;
}

async function passesOf(event: string): Promise<readonly Pass[]> {
  const lines = (await logOf(theatre.region, CLUSTER)).filter((line) => line['event'] === event);
  return lines.map(({ at, durationMs, requestId }) => {
    const endMs = Date.parse(String(at));
    return { requestId, beginMs: endMs - Number(durationMs), endMs };
  });
}

/** The functions that hold connections to members of the cluster. */
const askers = (): ReadonlySet<number> => workersOn(theatre.region, cluster.group);

const hasLearner = async () => (await cluster.members()).some(({ isLearner }) => isLearner);

test('S69 two versions work at once: one change at a time, and nothing is lost', async () => {
  const dir = packageSecondVersion();
  const { longestGapMs } = await load.during(5, async () => {
    // Nobody gets a ticket yet: the first version's pass follows the learner until the second is at work.
    await control.fault({ kind: 'throttle-api', target: 'ssm:GetParameter' });
    await cluster.stage.setDesired(5);
    await until('a learner is in the list', 60, hasLearner);
    await deploySecondVersion(dir);
    const second = passAtOnce();
    await until('both versions ask the etcds', 30, async () => askers().size > 1);
    await control.clear(null);
    await second;
    return null;
  });
  await clients.untilIdle();
  expect(longestGapMs).toBeLessThan(GAP_MS_MAX);
  expect(await stepsOf(theatre.region, CLUSTER)).toEqual([
    'claimCluster',
    'addLearner',
    'promoteLearner',
    'addLearner',
    'promoteLearner',
  ]);
  const [second] = await passesOf(SECOND);
  const beside = (await passesOf(FIRST)).filter((pass) => pass.endMs > (second?.beginMs ?? Number.NaN));
  expect(beside).toHaveLength(1);
  expect(beside[0]?.beginMs).toBeLessThan(second?.beginMs ?? 0);
});

test('whatever comes after the deploy is done by the second version', async () => {
  const firstCount = (await passesOf(FIRST)).length;
  await load.during(3, async () => {
    await cluster.stage.setDesired(3);
    return null;
  });
  await clients.untilIdle();
  expect((await stepsOf(theatre.region, CLUSTER)).filter((kind) => kind === 'removeMember')).toHaveLength(2);
  expect(await passesOf(FIRST)).toHaveLength(firstCount);
  expect(await load.end()).toMatchObject({ lost: 0 });
});

import { GetParameterCommand, SSMClient } from '@aws-sdk/client-ssm';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { isRecord, parseJson } from '../../functions/core/json.ts';
import { putStack } from '../../infra/local/stacks.ts';
import { messagesOf } from './logs.ts';
import { shortenPasses } from './shortened.ts';
import { openTheatre, STACK, type TestCluster, type Theatre, until } from './stage.ts';
import { signalWorkers, workersOn } from './workers.ts';

/**
 * The function's process dies in the middle of its work. Its message comes back only
 * after the queue's visibility timeout, so each of these takes more than half a minute;
 * they share it by running side by side, each with a cluster of its own.
 */
let theatre: Theatre;
let parameters: SSMClient;

let joining: TestCluster;
let leaving: TestCluster;

beforeAll(async () => {
  theatre = await openTheatre();
  await shortenPasses(theatre, 30);
  [joining, leaving] = await Promise.all([theatre.cluster('join', 1), theatre.cluster('leave', 3)]);
  await Promise.all([joining.untilWhole(1, 60), leaving.untilWhole(3, 60)]);
  const { endpoint, region } = theatre.region;
  parameters = new SSMClient({
    endpoint,
    region,
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
  });
});

afterAll(async () => {
  parameters.destroy();
  await theatre.stop();
});

/** A dead function takes its message with it for this long, and the permit for its lease. */
const RECOVERY_SECONDS = 170;

async function read(name: string): Promise<string> {
  const answer = await parameters.send(new GetParameterCommand({ Name: name })).catch(() => null);
  return answer?.Parameter?.Value ?? '';
}

async function expectOneStory(cluster: TestCluster, count: number): Promise<void> {
  const members = await cluster.members();
  const { instances, endpoints, status } = await cluster.stage.see();
  expect(members.map(({ name }) => name).sort()).toEqual(instances.map(({ id }) => id).sort());
  expect(members.filter(({ isLearner }) => isLearner)).toEqual([]);
  expect(members).toHaveLength(count);
  expect(endpoints).toHaveLength(count);
  const claim = JSON.parse(await read(`/etcd-autopilot/${cluster.name}/bootstrap`));
  expect(claim.number).toBe(1);
  expect(claim.clusterId).toBe(status?.clusterId);
}

/** As a host failure would. Another test's kill may have come a moment before: then the next invocation is hit. */
const kill = (): Promise<void> =>
  until('a function is killed', 90, async () => signalWorkers(theatre.region, 'SIGKILL') > 0);

/** Only what works on this cluster, which is seen by its connections: another story would have to wait for its message, too. */
const killWorkOn = ({ group }: TestCluster): Promise<void> =>
  until('a function that works on the cluster is killed', 90, async () => {
    const pids = workersOn(theatre.region, group);
    for (const pid of pids) process.kill(pid, 'SIGKILL');
    return pids.size > 0;
  });
const LIMIT_MS = 400_000;

/** Side by side. Before a cluster has members nobody is connected to them: that kill hits whatever works, the others too. */
describe.concurrent('a function that is killed in the middle', () => {
  test('of a bootstrap is followed by one that ends it: one cluster, one claim', {
    timeout: LIMIT_MS,
  }, async () => {
    const creation = theatre.cluster('boot', 3);
    await until(
      'the claim is written',
      RECOVERY_SECONDS,
      async () => (await read('/etcd-autopilot/boot/bootstrap')) !== '',
    );
    await kill();
    const claim = JSON.parse(await read('/etcd-autopilot/boot/bootstrap'));
    const cluster = await creation;
    await cluster.untilWhole(3, RECOVERY_SECONDS);
    await expectOneStory(cluster, 3);
    expect(JSON.parse(await read('/etcd-autopilot/boot/bootstrap')).token).toBe(claim.token);
  });

  test('of a join is followed by one that promotes the same learner', { timeout: LIMIT_MS }, async () => {
    const cluster = joining;
    await cluster.stage.setDesired(3);
    const isLearning = async () => (await cluster.members()).some(({ isLearner }) => isLearner);
    await until('a learner is in the list', RECOVERY_SECONDS, isLearning);
    const learner = (await cluster.members()).find(({ isLearner }) => isLearner);
    await killWorkOn(cluster);
    await cluster.untilWhole(3, RECOVERY_SECONDS);
    await expectOneStory(cluster, 3);
    expect((await cluster.members()).map(({ id }) => id)).toContain(learner?.id);
  });

  test('S55 of a wait at a gate is followed by one that answers the stack', {
    timeout: LIMIT_MS,
  }, async () => {
    const Properties = {
      ServiceToken: { 'Fn::ImportValue': `${STACK}-CustomResourcesArn` },
      Cluster: 'join',
      Serial: '1',
      TimeoutSeconds: '45',
      Require: { Voters: '9' },
    };
    const templateText = JSON.stringify({ Resources: { Gate: { Type: 'Custom::EtcdGate', Properties } } });
    const request = { name: 'gated', templateText, timeoutMs: 150_000 };
    const nonces = async (): Promise<readonly string[]> => {
      const status = parseJson(await read('/etcd-autopilot/join/status'));
      return (isRecord(status) && Array.isArray(status['asked']) ? status['asked'] : []).map(String);
    };
    const before = await nonces();
    const ended = putStack(theatre.region, request).then(String, String);
    // It goes on watching for ten seconds after its first look was answered.
    await until('a look of the gate is answered', 40, async () =>
      (await nonces()).some((nonce) => nonce.startsWith('gate-') && !before.includes(nonce)),
    );
    expect(signalWorkers(theatre.region, 'SIGKILL', 'gate')).toBeGreaterThan(0);
    expect(await ended).toMatch(
      /ROLLBACK_COMPLETE: Gate: .*after 45 seconds cluster 'join' was not as required/,
    );
    const lines = (await messagesOf(theatre.region, 'gate')).map(parseJson).filter(isRecord);
    expect(lines.filter(({ outcome }) => outcome === 'FAILED')).toHaveLength(1);
  });

  test('of a leave is followed by one that lets the leaver go', { timeout: LIMIT_MS }, async () => {
    const cluster = leaving;
    await cluster.stage.setDesired(1);
    await until('a member was removed', RECOVERY_SECONDS, async () => (await cluster.members()).length < 3);
    await killWorkOn(cluster);
    await cluster.untilWhole(1, RECOVERY_SECONDS);
    await expectOneStory(cluster, 1);
  });
});

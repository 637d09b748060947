import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { TerminateInstanceInAutoScalingGroupCommand } from '@aws-sdk/client-auto-scaling';
import { DescribeStacksCommand } from '@aws-sdk/client-cloudformation';
import { DeleteParametersCommand, PutParameterCommand } from '@aws-sdk/client-ssm';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { isRecord, parseJson } from '../../functions/core/json.ts';
import { renderClusterTemplate } from '../../infra/build/render-cluster.ts';
import { ROOT } from '../../infra/cli/local-options.ts';
import { defaultNetwork } from '../../infra/local/deploy.ts';
import { cloudFormation, deleteStack, putStack, StackFailedError } from '../../infra/local/stacks.ts';
import { type Clients, openClients } from './clients.ts';
import { openCluster, openTheatre, STACK, type Theatre } from './stage.ts';

/** Everything that is waited for ends within this. */
const STACK_MS = 120_000;
const TEST_MS = 300_000;

const SOURCE = readFileSync(join(ROOT, 'infra', 'cluster.yml'), 'utf8');
const TEMPLATE = renderClusterTemplate(SOURCE);

let theatre: Theatre;
let clients: Clients;
let place: Readonly<Record<string, string>>;
/** An instance that runs all the time. */
let strangerId: string;

beforeAll(async () => {
  theatre = await openTheatre();
  clients = openClients(theatre);
  const network = await defaultNetwork(theatre.region);
  place = { VpcId: network.vpcId, SubnetIds: network.subnetIds.join(',') };
  await create({ name: 'stranger', cluster: 'stranger' });
  [strangerId = ''] = await instancesOf('stranger');
});

afterAll(async () => {
  clients?.close();
  await theatre?.stop();
});

/** The template with a change of a user's copy, which must apply. */
function copyWith(find: string | RegExp, replacement: string): string {
  const copy = SOURCE.replace(find, replacement);
  expect(copy).not.toBe(SOURCE);
  return renderClusterTemplate(copy);
}

/**
 * A cluster of somebody else, whose deletion does not end, for an instance of it still runs:
 * to register its name waits, up to a minute.
 */
const busy = (story: string): string => `busy-${story}`;

/** A resource of the user's own, made after `dependsOn`, that fails as soon as {@link letFail} says so. */
const withFailing = (dependsOn: string, story: string): string =>
  copyWith(
    /^ {2}# Deleted first: records the intent/m,
    `  Failing:
    Type: Custom::EtcdCluster
    DependsOn: ${dependsOn}
    Properties:
      ServiceToken: { 'Fn::ImportValue': !Sub '\${AutopilotStack}-CustomResourcesArn' }
      Cluster: ${busy(story)}

  # Deleted first: records the intent`,
  );

async function prepareFailing(story: string): Promise<void> {
  const put = (name: string, Value: string) =>
    clients.parameters.send(
      new PutParameterCommand({
        Name: `/etcd-autopilot/${busy(story)}/${name}`,
        Value,
        Type: 'String',
        Overwrite: true,
      }),
    );
  await put(`members/${strangerId}`, 'of somebody else');
  await put('config', JSON.stringify({ stackId: 'of somebody else' }));
  await put('teardown', JSON.stringify({ at: '2026-01-01T00:00:00Z', stackId: 'of somebody else' }));
}

const letFail = (story: string) =>
  clients.parameters.send(
    new DeleteParametersCommand({ Names: [`/etcd-autopilot/${busy(story)}/teardown`] }),
  );

interface Creation {
  readonly name: string;
  readonly cluster: string;
  readonly size?: number;
  readonly templateText?: string;
}

const create = ({ name, cluster, size = 1, templateText = TEMPLATE }: Creation) =>
  putStack(theatre.region, {
    name,
    templateText,
    parameters: {
      ...place,
      Cluster: cluster,
      Size: String(size),
      AutopilotStack: STACK,
      GateStableSeconds: '0',
    },
    timeoutMs: STACK_MS,
  });

/** Why the creation failed. */
async function failureOf(creation: Creation): Promise<StackFailedError> {
  const error = await create(creation).then(
    () => null,
    (reason: unknown) => reason,
  );
  if (!(error instanceof StackFailedError)) throw error ?? new Error(`${creation.name} did not fail`);
  return error;
}

const remove = (name: string) => deleteStack(theatre.region, { name, timeoutMs: STACK_MS });

async function stackReason(name: string): Promise<string> {
  const client = cloudFormation(theatre.region);
  const answer = await client.send(new DescribeStacksCommand({ StackName: name }));
  client.destroy();
  return answer.Stacks?.[0]?.StackStatusReason ?? '';
}

async function clusterId(cluster: string): Promise<string> {
  const claim = parseJson((await clients.parametersOf(cluster)).get('bootstrap')?.value ?? '');
  return isRecord(claim) ? String(claim['clusterId']) : 'none';
}

/** No parameter, no group and no process is left of a cluster whose instances are known. */
async function expectNothingLeft(cluster: string, instanceIds: readonly string[] = []): Promise<void> {
  expect([...(await clients.parametersOf(cluster)).keys()]).toEqual([]);
  expect(await clients.group(`etcd-autopilot-${cluster}`)).toBeNull();
  for (const id of instanceIds) expect(processesOf(id), id).toEqual([]);
}

/** Processes with a file or argument of the instance, etcd among them. */
const processesOf = (instanceId: string): readonly string[] =>
  readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((pid) => {
      try {
        return `${readFileSync(`/proc/${pid}/cmdline`, 'utf8')} ${readFileSync(`/proc/${pid}/environ`, 'utf8')}`;
      } catch {
        return ''; // it ended meanwhile
      }
    })
    .filter((text) => text.includes(instanceId));

/** Asks for looks, which the schedule would bring within a minute: to an instance that waits already nothing happens. */
const lookUntilGone = (cluster: string) =>
  vi.waitFor(
    async () => {
      const nonce = `test ${Date.now()}`;
      const body = { etcdAutopilot: 1, request: 'look', cluster, from: 'operator', nonce };
      await clients.send(cluster, JSON.stringify(body));
      expect(await clients.group(`etcd-autopilot-${cluster}`)).toBeNull();
    },
    { timeout: STACK_MS, interval: 500 },
  );

const instancesOf = async (cluster: string): Promise<readonly string[]> =>
  ((await clients.group(`etcd-autopilot-${cluster}`))?.Instances ?? []).map(
    ({ InstanceId = '' }) => InstanceId,
  );

/** Side by side, each with a stack and a cluster of its own: most of each is waiting for machines. */
describe('a stack', () => {
  test.concurrent('settings with several mistakes fail the stack with all of them, and its name can be used again', {
    timeout: TEST_MS,
  }, async () => {
    const templateText = copyWith(
      /^ {8}size: !Ref Size\n {8}frozen: !Ref Frozen\n/m,
      "        size: 4\n        frozen: perhaps\n        sise: '3'\n",
    );
    const failure = await failureOf({ name: 'mistakes', cluster: 'wrong', templateText });
    expect(failure.status).toBe('ROLLBACK_COMPLETE');
    const reason = await stackReason('mistakes');
    for (const part of ['size must be 1, 3, 5 or 7, got 4', 'frozen must be', 'perhaps', 'sise']) {
      expect(reason).toContain(part);
    }
    expect(reason).toContain('3 problems');
    await expectNothingLeft('wrong');
    await remove('mistakes');

    await create({ name: 'mistakes', cluster: 'wrong' });
    const cluster = openCluster(theatre.region, 'wrong');
    await cluster.untilWhole(1, 60);
    const instanceIds = await instancesOf('wrong');
    await remove('mistakes');
    await expectNothingLeft('wrong', instanceIds);
  });

  test.concurrent('S57 a gate opens for a cluster that is whole, refuses one that is not there, and lets the rollback pass', {
    timeout: TEST_MS,
  }, async () => {
    const token = { 'Fn::ImportValue': `${STACK}-CustomResourcesArn` };
    const put = (name: string, Type: string, Properties: Readonly<Record<string, string>>) => {
      const Resources = { Own: { Type, Properties: { ServiceToken: token, ...Properties } } };
      return putStack(theatre.region, {
        name,
        templateText: JSON.stringify({ Resources }),
        timeoutMs: STACK_MS,
      });
    };
    const gate = (Cluster: string, Serial: string) => put('gate', 'Custom::EtcdGate', { Cluster, Serial });

    await gate('stranger', '1');
    await put('idle', 'Custom::EtcdCluster', { Cluster: 'idle' });
    await gate('idle', '1'); // not founded: nothing to protect
    await remove('idle');
    const refused = await gate('idle', '2').then(
      () => '',
      (error: unknown) => String(error),
    );
    expect(refused).toContain('UPDATE_ROLLBACK_COMPLETE');
    expect(refused).toContain("there is no cluster 'idle' in this account and region");
    await gate('stranger', '3');
    await remove('gate');
  });

  test.concurrent('S77 a stack is deleted with its instances running, and created again as a new cluster', {
    timeout: TEST_MS,
  }, async () => {
    await create({ name: 'running', cluster: 'running', size: 3 });
    const cluster = openCluster(theatre.region, 'running');
    await cluster.untilWhole(3, 60);
    const [idBefore, instanceIds] = [await clusterId('running'), await instancesOf('running')];
    expect(instanceIds).toHaveLength(3);
    for (const id of instanceIds) expect(processesOf(id), id).not.toEqual([]);
    await remove('running');
    await expectNothingLeft('running', instanceIds);

    await create({ name: 'running', cluster: 'running', size: 3 });
    await cluster.untilWhole(3, 60);
    expect(await clusterId('running')).not.toBe(idBefore);
    expect(await clusterId('running')).toMatch(/^\d+$/);
    await remove('running');
    await expectNothingLeft('running');
  });
});

/** The same, and after the others: so many machines at a time are enough for a small computer. */
describe('of a stack', () => {
  test.concurrent.each([
    ['Teardown', 'after-teardown'],
    ['MemberGroup', 'after-group'],
  ])(
    'a creation that fails after %s, when its voters vote, is rolled back, and its name can be used again',
    {
      timeout: TEST_MS,
    },
    async (dependsOn, name) => {
      await prepareFailing(name);
      const failing = failureOf({ name, cluster: name, size: 3, templateText: withFailing(dependsOn, name) });
      const cluster = openCluster(theatre.region, name);
      await cluster.untilWhole(3, 60);
      const instanceIds = await instancesOf(name);
      await letFail(name);
      const failure = await failing;
      expect(failure).toMatchObject({
        status: 'ROLLBACK_COMPLETE',
        reasons: [expect.stringMatching(/^Failing: .*belongs to stack/)],
      });
      await expectNothingLeft(name, instanceIds);
      await remove(name);

      await create({ name, cluster: name });
      await cluster.untilWhole(1, 60);
      await remove(name);
      await expectNothingLeft(name);
    },
  );

  test.concurrent('the last voter is held while its stack stands, and let go when that deletes the group without an intent', {
    timeout: TEST_MS,
  }, async () => {
    const templateText = copyWith(/^ {2}# Deleted first[\s\S]*?(?=^Outputs:)/m, '');
    await create({ name: 'held', cluster: 'held', templateText });
    const cluster = openCluster(theatre.region, 'held');
    const { instances } = await cluster.untilWhole(1, 60);
    const [{ id = '' } = {}] = instances;
    // By hand: of itself the group takes nobody whom the termination policy does not name.
    await clients.scaling.send(
      new TerminateInstanceInAutoScalingGroupCommand({
        InstanceId: id,
        ShouldDecrementDesiredCapacity: true,
      }),
    );
    await vi.waitFor(
      async () => {
        const { status } = await cluster.stage.see();
        expect(status).toMatchObject({
          waits: [{ kind: 'lastVoter', subject: id }],
          voters: [{ answers: true }],
        });
      },
      { timeout: 30_000, interval: 100 },
    );
    expect((await cluster.stage.see()).instances).toEqual([{ id, lifecycle: 'Terminating:Wait' }]);
    const told = await clients.cli('status', '--cluster', 'held', '--json');
    expect(parseJson(told.out)).toMatchObject({
      waits: [{ kind: 'lastVoter' }],
      hooks: [{ transition: 'terminate' }],
    });
    await Promise.all([remove('held'), lookUntilGone('held')]);
    await expectNothingLeft('held', [id]);
  });

  test.concurrent('a second stack with the name of a cluster is refused, and the first is not touched by it', {
    timeout: TEST_MS,
  }, async () => {
    await create({ name: 'first', cluster: 'shared' });
    const cluster = openCluster(theatre.region, 'shared');
    await cluster.untilWhole(1, 60);
    const before = await clients.recordsOf('shared');
    const [instanceIds, group] = [await instancesOf('shared'), await clients.group('etcd-autopilot-shared')];

    // As the template is, the names of its rules are taken; in a copy with others, so is the name of the cluster.
    const other = copyWith(
      /(Name: !Sub 'etcd-autopilot-\$\{Cluster\})-(events|endings|members|schedule)'/g,
      "$1-other-$2'",
    );
    for (const [templateText, reason] of [
      [TEMPLATE, /etcd-autopilot-shared-(events|endings|members) already exists/],
      [other, /cluster 'shared' belongs to stack/],
    ] as const) {
      const failure = await failureOf({ name: 'second', cluster: 'shared', templateText });
      expect(failure.status).toBe('ROLLBACK_COMPLETE');
      expect(await stackReason('second')).toMatch(reason);
      await remove('second');
    }

    expect(await clients.recordsOf('shared')).toEqual(before);
    expect(await instancesOf('shared')).toEqual(instanceIds);
    expect((await clients.group('etcd-autopilot-shared'))?.AutoScalingGroupARN).toBe(
      group?.AutoScalingGroupARN,
    );
    await cluster.stage.setDesired(3);
    await cluster.untilWhole(3, 60);
    await remove('first');
    await expectNothingLeft('shared', instanceIds);
  });
});

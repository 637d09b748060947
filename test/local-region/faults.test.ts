import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { openControl } from '../../infra/local/control-client.ts';
import { openTheatre, type TestCluster, type Theatre } from './stage.ts';

/** The platform at its worst while an instance is replaced: the packaged functions must end with a whole cluster. */
let theatre: Theatre;
let cluster: TestCluster;
let control: ReturnType<typeof openControl>;

beforeAll(async () => {
  theatre = await openTheatre();
  control = openControl(theatre.region.endpoint);
  cluster = await theatre.cluster('core', 3);
});

afterAll(() => theatre?.stop());
afterEach(() => control.clear(null));

/** How often each fault has struck, by its id. */
async function strikes(): Promise<ReadonlyMap<string, number>> {
  const { faults, ended } = await control.faults();
  return new Map([...faults, ...ended].map(({ id, struck }) => [id, struck]));
}

async function inflict(...faults: readonly object[]): Promise<readonly string[]> {
  const ids: string[] = [];
  for (const fault of faults) ids.push((await control.fault(fault)).id ?? '');
  return ids;
}

test('S38, S40, S50 a replacement ends whole when replies are lost, and events are lost, doubled and reordered', async () => {
  const { status } = await cluster.untilWhole(3, 60);
  const [leaver = ''] = (status?.voters ?? [])
    .map(({ name }) => name)
    .filter((name) => name !== status?.leader);
  const ids = await inflict(
    { kind: 'lose-reply', target: 'ssm:PutParameter', count: 4 },
    { kind: 'lose-reply', target: 'autoscaling:CompleteLifecycleAction', count: 2 },
    { kind: 'throttle-api', target: 'ec2:DescribeInstances', count: 3 },
    { kind: 'break-api', target: 'autoscaling:DescribeAutoScalingGroups', count: 2 },
    { kind: 'drop-events', type: 'launch lifecycle', count: 1 },
    { kind: 'duplicate-events', type: 'terminate lifecycle', count: 1 },
    { kind: 'reorder-events', type: 'successful', count: 2 },
  );
  await cluster.stage.terminate(leaver);
  await cluster.untilWhole(3, 90, leaver);

  const members = await cluster.members();
  expect(members.filter(({ isLearner }) => isLearner)).toEqual([]);
  expect(members).toHaveLength(3);
  expect(members.map(({ name }) => name)).not.toContain(leaver);
  const struck = await strikes();
  expect(ids.filter((id) => (struck.get(id) ?? 0) === 0)).toEqual([]);
});

test('S36 a leader with a spot interruption has given its place to another before it ends', async () => {
  const { status } = await cluster.untilWhole(3, 60);
  const leader = status?.leader ?? '';
  const { text } = await theatre.region.fault({ kind: 'interrupt', target: 'leader', seconds: 120 });
  expect(text).toContain(`announced a spot interruption of ${leader} `);
  // Well before the two minutes of the notice are over.
  await cluster.untilWhole(3, 60, leader);
  expect(theatre.region.groups.instance(leader)).toMatchObject({ ec2State: 'terminated', actions: [] });
  expect((await cluster.members()).map(({ name }) => name)).not.toContain(leader);
});

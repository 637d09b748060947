import { describe, expect, test } from 'vitest';
import { OperationError } from '../../../functions/core/errors.ts';
import type { GroupInstance } from '../../../functions/core/ports.ts';
import { RegistryScene } from '../../simulation/fronts/registry-world.ts';
import { AUTH } from '../../support/secrets.ts';

/** Two instances are registered; one of them leaves. */
async function leaving(): Promise<RegistryScene> {
  const scene = new RegistryScene();
  const [first = ''] = scene.serve('web', 2);
  await scene.run();
  scene.fleet.terminate(scene.fleet.instance(first));
  scene.pass(2);
  return scene;
}

const codes = ({ findings }: Awaited<ReturnType<RegistryScene['run']>>): readonly string[] =>
  findings.map(({ code }) => code);

/** Nothing is written to etcd, and nobody let go, before the first bound of any hold. */
async function expectStill(scene: RegistryScene, code: string, detail: string): Promise<void> {
  const before = new Map(scene.keys.values);
  const report = await scene.run();
  expect(report).toMatchObject({ heldCount: 1, completedCount: 0, commitCount: 0 });
  expect(report.findings.find((one) => one.code === code)?.detail).toContain(detail);
  expect(scene.keys.values).toEqual(before);
}

describe('a cluster that cannot be asked', () => {
  test('without a voter that answers holds hooks, tells so, and goes on when one answers', async () => {
    const scene = await leaving();
    scene.keys.hasQuorum = false;
    await expectStill(scene, 'notReadable', 'no voter');
    expect(scene.status).toMatchObject({
      machines: 5,
      services: { web: 2 },
      findings: [{ code: 'notReadable' }],
    });
    scene.keys.hasQuorum = true;
    expect(await scene.run()).toMatchObject({ completedCount: 1 });
    expect(scene.status).toMatchObject({ findings: [] });
  });

  test('for longer than a quarter of an hour lets hooks go, with the reason', async () => {
    const scene = await leaving();
    scene.keys.members = [];
    await scene.runFor(14);
    expect(scene.fleet.ends).toEqual([]);
    await scene.runFor(2);
    expect(scene.fleet.ends).toMatchObject([{ by: 'completed' }]);
  });

  test('is asked at the addresses of today, and only where its pinned id is shown', async () => {
    const scene = await leaving();
    scene.keys.clusterId = '42';
    await expectStill(scene, 'frozen', 'an etcd of another cluster answers: 42');
    scene.keys.members = scene.keys.members.map((url) => url.replace('10.0.0.', '10.9.9.'));
    await expectStill(scene, 'notReadable', 'no voter');
  });

  test('is not asked before it is founded', async () => {
    const scene = await leaving();
    scene.parameters.delete(scene.path('bootstrap'));
    await expectStill(scene, 'notReadable', 'not founded yet');
  });

  test('with secrets that are missing holds hooks and names them', async () => {
    const scene = await leaving();
    scene.configure(AUTH);
    await expectStill(scene, 'notReadable', AUTH.auth.password);
  });

  test('whose records a newer version wrote is only looked at', async () => {
    const scene = await leaving();
    scene.parameters.set(scene.path('status'), '{"version":2}');
    await expectStill(scene, 'notReadable', 'newer version of the autopilot wrote status');
  });
});

describe('a cluster that is frozen', () => {
  test.each([
    ['by its configuration', (scene: RegistryScene) => scene.configure({ frozen: true }), 'says frozen'],
    [
      'by a configuration that cannot be read',
      (scene: RegistryScene) => scene.parameters.set(scene.path('config'), '{"version":1}'),
      'not valid',
    ],
    [
      'because its configuration is gone while its records stand',
      (scene: RegistryScene) => scene.parameters.delete(scene.path('config')),
      'config is missing',
    ],
    [
      'because its settings contradict how it was founded',
      (scene: RegistryScene) =>
        scene.configure({ dns: { domain: 'x.test' }, tls: { ca: '/a', cert: '/b', key: '/c' } }),
      'founded with http',
    ],
  ])('%s gets heartbeats and nothing else, however long', async (_, freeze, detail) => {
    const scene = await leaving();
    freeze(scene);
    const told = scene.parameters.get(scene.path('registry'));
    await expectStill(scene, 'frozen', detail);
    await scene.runFor(20);
    expect(scene.fleet.ends).toEqual([]);
    expect(scene.parameters.get(scene.path('registry'))).toBe(told);
  });
});

describe('a cluster that is gone', () => {
  test('by its teardown holds nobody, and nothing is written or published any more (S54)', async () => {
    const scene = await leaving();
    scene.parameters.set(scene.path('teardown'), '{}');
    const before = new Map(scene.parameters);
    const keys = new Map(scene.keys.values);
    expect(await scene.run()).toMatchObject({ outcome: 'settled', completedCount: 1, commitCount: 0 });
    scene.parameters.clear();
    expect(await scene.run()).toMatchObject({ completedCount: 0, commitCount: 0 });
    expect(scene.parameters.size).toBe(0);
    expect(before.has(scene.path('registry'))).toBe(true);
    expect(scene.keys.values).toEqual(keys);
  });

  test('or never was: its groups are told so, and only what DNS and registry wrote is no sign of it', async () => {
    const scene = await leaving();
    scene.parameters.clear();
    scene.parameters.set(scene.path('registry'), '{}');
    scene.parameters.set(scene.path('dns/Z1'), '{}');
    const report = await scene.run();
    expect(report).toMatchObject({ completedCount: 1, commitCount: 0 });
    expect(report.findings).toMatchObject([
      { code: 'unknownCluster', subject: 'members' },
      { code: 'unknownCluster', subject: 'web' },
    ]);
    expect(scene.parameters.get(scene.path('registry'))).toBe('{}');
  });
});

describe('what cannot be read', () => {
  test('groups: nothing is done, and the schedule comes again', async () => {
    const scene = await leaving();
    let askedCount = 0;
    scene.gate = (call, given) => {
      if (call.name !== 'joined.listByCluster') return call.send(...given);
      askedCount += 1;
      return Promise.reject(new OperationError('AWS_THROTTLED', 'nextLook', 'slow down'));
    };
    expect(await scene.run()).toMatchObject({
      outcome: 'failed',
      sawAll: false,
      error: { code: 'AWS_THROTTLED' },
    });
    expect(askedCount).toBe(3);
  });

  test('parameters, denied for good: hooks are held, but not for ever, and no parameter is written', async () => {
    const scene = await leaving();
    const told = scene.parameters.get(scene.path('registry'));
    scene.gate = (call, given) =>
      call.name === 'parameters.readAll'
        ? Promise.reject(new OperationError('AWS_DENIED', 'never', 'ask an administrator'))
        : call.send(...given);
    const report = await scene.run();
    expect(report).toMatchObject({ outcome: 'failed', heldCount: 1, lookCount: 1, sawAll: false });
    expect(codes(report)).toEqual(['notReadable']);
    await scene.runFor(16);
    expect(scene.fleet.ends).toMatchObject([{ by: 'completed' }]);
    expect(scene.parameters.get(scene.path('registry'))).toBe(told);
  });

  test('hosts, for one look: the pass looks again, and nobody is taken for dead', async () => {
    const scene = new RegistryScene();
    scene.serve('web', 2);
    await scene.run();
    let failures = 1;
    scene.gate = (call, given) =>
      call.name === 'hosts.describeHosts' && failures-- > 0
        ? Promise.reject(new OperationError('AWS_UNAVAILABLE', 'nextLook', 'no answer'))
        : call.send(...given);
    expect(await scene.run()).toMatchObject({ outcome: 'settled', commitCount: 0, lookCount: 2 });
  });

  test('a status that a newer version wrote: nothing is changed by the older one', async () => {
    const scene = await leaving();
    scene.parameters.set(scene.path('registry'), '{"version":2}');
    expect(await scene.run()).toMatchObject({ outcome: 'dryRun', commitCount: 0 });
    expect(scene.status).toEqual({ version: 2 });
  });
});

test('an instance of a warm pool that ends is let go too, and a warmed one is registered nowhere (S35)', async () => {
  const scene = new RegistryScene();
  scene.serve('web', 1);
  const warm = (id: string, lifecycle: string): GroupInstance => ({
    id,
    lifecycle,
    health: 'Healthy',
    zone: 'zone-a',
  });
  const pool = [warm('i-0000aaaa', 'Warmed:Running'), warm('i-0000bbbb', 'Warmed:Terminating:Wait')];
  const completed: unknown[] = [];
  scene.gate = async (call, given) => {
    if (call.name === 'joined.listWarmPool') return pool;
    if (call.name === 'joined.complete') {
      completed.push(given[0]);
      return 'completed';
    }
    const answer: unknown = await call.send(...given);
    if (call.name !== 'joined.listByCluster' || !Array.isArray(answer)) return answer;
    return answer.map((group) => ({ ...group, hasWarmPool: group.name === 'web' }));
  };
  await scene.run();
  expect(completed).toEqual([
    { groupName: 'web', hookName: 'etcd-autopilot-registry', instanceId: 'i-0000bbbb' },
  ]);
  expect(Object.keys(scene.keys.under('/')).filter((key) => key.includes('aaaa'))).toEqual([]);
});

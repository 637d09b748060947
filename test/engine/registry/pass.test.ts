import { describe, expect, test } from 'vitest';
import { OperationError } from '../../../functions/core/errors.ts';
import { TAG, WORKER_HOOK } from '../../../functions/core/names.ts';
import { RegistryMemory } from '../../../functions/engine/registry/memory.ts';
import type { Gate } from '../../simulation/fronts/gate.ts';
import { RegistryScene } from '../../simulation/fronts/registry-world.ts';

const throttled = () => new OperationError('AWS_THROTTLED', 'nextLook', 'slow down');

/** Every call by its name, and what stands in the way of some. */
function heard(scene: RegistryScene, trouble: (name: string) => Error | null = () => null): string[] {
  const calls: string[] = [];
  const gate: Gate = (call, given) => {
    const error = trouble(call.name);
    if (error !== null) return Promise.reject(error);
    calls.push(call.name);
    return call.send(...given);
  };
  scene.gate = gate;
  return calls;
}

const endsOf = (scene: RegistryScene): readonly string[] =>
  scene.fleet.ends.map(({ hook, by }) => `${by} ${hook.hookName} ${hook.instanceId}`);

async function replacing(wish = {}): Promise<{ readonly scene: RegistryScene; readonly leaver: string }> {
  const scene = new RegistryScene();
  const [leaver = ''] = scene.serve('web', 2, wish);
  await scene.run();
  scene.fleet.terminate(scene.fleet.instance(leaver));
  scene.pass(2);
  return { scene, leaver };
}

describe('a group that comes into service', () => {
  test('is registered by one pass, with the members, and told in the status', async () => {
    const scene = new RegistryScene();
    const ids = scene.serve('web', 2);
    expect(await scene.run()).toMatchObject({
      outcome: 'settled',
      commitCount: 1,
      findings: [],
      sawAll: true,
    });
    const machines = scene.keys.under('/etcd-autopilot/machines/');
    expect(Object.keys(machines)).toHaveLength(5);
    expect(JSON.parse(machines[`/etcd-autopilot/machines/${ids[0]}`] ?? '')).toMatchObject({
      group: 'web',
      metadata: { role: 'web' },
      addresses: { private: '10.0.0.4', public: '198.18.0.4' },
    });
    expect(scene.services('web')).toEqual(['10.0.0.4:80', '10.0.0.5:80']);
    expect(scene.status).toEqual({ version: 1, machines: 5, services: { web: 2 }, findings: [] });
  });

  test('costs no write, no heartbeat and few calls when nothing changed since', async () => {
    const scene = new RegistryScene();
    scene.serve('web', 2);
    await scene.run();
    const calls = heard(scene);
    expect(await scene.run()).toMatchObject({ outcome: 'settled', commitCount: 0, lookCount: 1 });
    expect(calls.sort()).toEqual(
      [
        'etcd.members',
        'etcd.members',
        'etcd.members',
        'etcd.probe',
        'etcd.range',
        'etcd.read',
        'etcd.read',
        'hosts.describeHosts',
        'joined.listByCluster',
        'parameters.readAll',
      ].sort(),
    );
  });
});

describe('an instance that leaves', () => {
  test('is taken out, held while its services drain, and let go in the same pass', async () => {
    const { scene, leaver } = await replacing();
    const startedAtMs = scene.fleet.nowMs;
    scene.fleet.onComplete = () => {
      expect(scene.keys.under(`/etcd-autopilot/machines/${leaver}`)).toEqual({});
      expect(scene.fleet.nowMs - startedAtMs).toBeGreaterThanOrEqual(15_000);
    };
    const report = await scene.run();
    expect(report).toMatchObject({ completedCount: 1, heldCount: 0, error: null });
    expect(endsOf(scene)).toEqual([`completed ${WORKER_HOOK.registry} ${leaver}`]);
    expect(scene.fleet.nowMs - startedAtMs).toBeLessThan(21_000);
    expect(scene.keys.under('/etcd-autopilot/leaving/')).toEqual({});
  });

  test('with a long drain is held by heartbeats and let go by a later pass', async () => {
    const { scene, leaver } = await replacing({
      heartbeatSeconds: 120,
      tags: { [TAG.drainSeconds]: '200' },
    });
    const sinceMs = scene.fleet.nowMs;
    await scene.runFor(3);
    expect(endsOf(scene)).toEqual([]);
    await scene.runFor(1);
    expect(endsOf(scene)).toEqual([`completed ${WORKER_HOOK.registry} ${leaver}`]);
    expect(scene.fleet.nowMs - sinceMs).toBeLessThan(300_000);
  });

  test('is no reason to end somebody else’s hook, which goes on holding it', async () => {
    const { scene, leaver } = await replacing({ hooks: [WORKER_HOOK.registry, WORKER_HOOK.dns] });
    const calls = heard(scene);
    await scene.run();
    await scene.run();
    expect(endsOf(scene)).toEqual([`completed ${WORKER_HOOK.registry} ${leaver}`]);
    expect(scene.fleet.instance(leaver).lifecycle).toBe('Terminating:Wait');
    expect(calls.filter((name) => name === 'joined.complete')).toHaveLength(1);
  });

  test('sends no heartbeat in the first quarter of its hook, and then one in each', async () => {
    const { scene } = await replacing({ heartbeatSeconds: 400, tags: { [TAG.drainSeconds]: '600' } });
    const calls = heard(scene);
    const beats = () => calls.filter((name) => name === 'joined.heartbeat').length;
    const counts: number[] = [];
    for (let pass = 0; pass < 6; pass += 1) {
      await scene.run();
      counts.push(beats());
      scene.pass(60);
    }
    expect(counts).toEqual([0, 0, 1, 1, 2, 2]);
  });

  test('gets its heartbeat although its hooks cannot be read, and everything else fails', async () => {
    const { scene } = await replacing();
    const calls = heard(scene, (name) =>
      name === 'joined.listByCluster' || name === 'joined.heartbeat' ? null : throttled(),
    );
    expect(await scene.run()).toMatchObject({ heldCount: 1, completedCount: 0, sawAll: false });
    expect(calls).toContain('joined.heartbeat');
  });

  test('is let go although another one’s hook cannot be answered', async () => {
    const scene = new RegistryScene();
    const ids = scene.serve('web', 3);
    await scene.run();
    for (const id of ids.slice(0, 2)) scene.fleet.terminate(scene.fleet.instance(id));
    scene.pass(2);
    let refusals = 0;
    scene.gate = (call, given) => {
      const [hook] = given;
      const isFirst = call.name === 'joined.complete' && JSON.stringify(hook).includes(ids[0] ?? '');
      if (!isFirst || refusals > 0) return call.send(...given);
      refusals += 1;
      return Promise.reject(throttled());
    };
    const report = await scene.run();
    expect(report).toMatchObject({ completedCount: 1, error: { code: 'AWS_THROTTLED' }, sawAll: false });
    await scene.run();
    expect(endsOf(scene)).toHaveLength(2);
  });
});

describe('an instance that ends without a word', () => {
  test('is taken out as soon as EC2 says so, before its group knows', async () => {
    const scene = new RegistryScene();
    const [first = ''] = scene.serve('web', 2);
    await scene.run();
    scene.fleet.kill(first);
    await scene.run();
    expect(scene.services('web')).toEqual(['10.0.0.5:80']);
    expect(scene.fleet.instance(first).lifecycle).toBe('InService');
    await scene.runFor(4);
    expect(scene.services('web')).toEqual(['10.0.0.5:80', '10.0.0.6:80']);
    expect(endsOf(scene)).toEqual([`completed ${WORKER_HOOK.registry} ${first}`]);
  });

  test('and was the last one stays, with the reason, until somebody takes its place', async () => {
    const scene = new RegistryScene();
    const [only = ''] = scene.serve('web', 1);
    await scene.run();
    scene.fleet.kill(only);
    const report = await scene.run();
    expect(scene.services('web')).toEqual(['10.0.0.4:80']);
    expect(report.findings).toMatchObject([{ code: 'nothingToPublish', subject: '/services/web/' }]);
    await scene.runFor(5);
    expect(scene.services('web')).toEqual(['10.0.0.5:80']);
  });

  test('from the list while it runs keeps its keys for a minute', async () => {
    const scene = new RegistryScene();
    scene.serve('web', 2);
    await scene.run();
    scene.fleet.hidden.add('web');
    await scene.run();
    scene.pass(59);
    await scene.run();
    expect(scene.services('web')).toHaveLength(2);
    scene.pass(1);
    await scene.run();
    expect(scene.services('web')).toEqual([]);
  });
});

describe('a crash', () => {
  test('after any effect, or before any call, leads to the same end', async () => {
    let crashCount = 0;
    for (let at = 1; at < 40; at += 1) {
      const { scene, leaver } = await replacing();
      let count = 0;
      scene.gate = async (call, given) => {
        count += 1;
        if (count === at) throw new Error('killed before a call');
        const answer = await call.send(...given);
        if (count === at + 1) throw new Error('killed after a call');
        return answer;
      };
      const crashed = await scene.run().catch(() => null);
      if (crashed === null) crashCount += 1;
      scene.memory = new RegistryMemory();
      scene.gate = (call, given) => call.send(...given);
      await scene.runFor(2);
      expect(endsOf(scene), `killed at call ${at}`).toEqual([`completed ${WORKER_HOOK.registry} ${leaver}`]);
      expect(scene.services('web')).toEqual(['10.0.0.5:80', '10.0.0.6:80']);
      expect(scene.keys.under('/etcd-autopilot/leaving/')).toEqual({});
    }
    expect(crashCount).toBeGreaterThan(20);
  });

  test('whose reply was lost is looked at again, and nothing is done twice', async () => {
    const scene = new RegistryScene();
    scene.serve('web', 2);
    let isLost = false;
    scene.gate = async (call, given) => {
      const answer = await call.send(...given);
      if (call.name !== 'etcd.commit' || isLost) return answer;
      isLost = true;
      throw new OperationError('ETCD_UNAVAILABLE', 'nextLook', 'it may have happened all the same');
    };
    expect(await scene.run()).toMatchObject({ outcome: 'settled', lookCount: 2, error: null });
    expect(scene.keys.commits).toHaveLength(1);
  });
});

describe('two that write at once', () => {
  test('do not undo each other: who was overtaken looks again', async () => {
    const scene = new RegistryScene();
    const [first = ''] = scene.serve('web', 1);
    let isDone = false;
    scene.gate = (call, given) => {
      if (call.name === 'etcd.commit' && !isDone) {
        isDone = true;
        scene.keys.put(`/services/web/${first}:80`, 'somebody else');
      }
      return call.send(...given);
    };
    expect(await scene.run()).toMatchObject({ outcome: 'settled', lookCount: 2 });
    expect(scene.services('web')).toEqual(['10.0.0.4:80']);
  });

  test('are told apart from one that stood still: what it saw long ago is not done any more', async () => {
    const scene = new RegistryScene();
    scene.serve('web', 1);
    let isStill = true;
    scene.gate = (call, given) => {
      if (call.name === 'etcd.range' && isStill) {
        isStill = false;
        scene.pass(21);
      }
      return call.send(...given);
    };
    expect(await scene.run()).toMatchObject({ lookCount: 2, commitCount: 1 });
  });
});

describe('what somebody wrote by hand', () => {
  test('is repaired by the next pass, and told as long as it takes to read it', async () => {
    const scene = new RegistryScene();
    const [first = ''] = scene.serve('web', 2);
    await scene.run();
    scene.keys.delete(`/services/web/${first}:80`);
    scene.keys.put('/services/web/mine', '10.9.9.9:80');
    const report = await scene.run();
    expect(report.findings.map(({ code }) => code)).toEqual(['edited', 'keysForeign']);
    expect(scene.services('web')).toEqual(['10.0.0.4:80', '10.0.0.5:80', '10.9.9.9:80']);
    expect(scene.status).toMatchObject({ findings: [{ code: 'edited' }, { code: 'keysForeign' }] });
    expect((await scene.run()).findings.map(({ code }) => code)).toEqual(['keysForeign']);
  });
});

describe('a dry run', () => {
  test('sends heartbeats and changes nothing', async () => {
    const { scene } = await replacing({ heartbeatSeconds: 30 });
    scene.pass(10);
    const before = new Map(scene.keys.values);
    const calls = heard(scene);
    expect(await scene.run({ dryRun: true })).toMatchObject({ outcome: 'dryRun', heldCount: 1 });
    expect(calls).toContain('joined.heartbeat');
    expect(scene.keys.values).toEqual(before);
    expect(calls.filter((name) => /complete|commit|write/.test(name))).toEqual([]);
  });
});

import { expect, test } from 'vitest';
import type { Status } from '../../../functions/core/status.ts';
import type { EtcdHttp } from '../../../infra/demo/etcd-http.ts';
import { isWhole, type Sighting, type Stage } from '../../../infra/demo/stage.ts';
import { runStory } from '../../../infra/demo/story.ts';
import { describeChanges } from '../../../infra/demo/watch.ts';
import { Writer } from '../../../infra/demo/writer.ts';

function statusOf(names: readonly string[], learners: readonly string[] = []): Status {
  const member = (name: string) => ({ name, id: name, answers: true });
  const voters = names.map(member);
  const leader = names[0] ?? null;
  const rest = { learners: learners.map(member), waits: [], at: '' };
  return { generation: 1, clusterId: '1', health: 'healthy', leader, voters, ...rest };
}

function sightOf(names: readonly string[], status: Status | null = statusOf(names)): Sighting {
  const instances = names.map((id) => ({ id, lifecycle: 'InService' }));
  return { desired: names.length, instances, endpoints: names.map((name) => `http://${name}`), status };
}

const whole = sightOf(['a', 'b', 'c']);

test('a cluster is whole when as many voters as wanted answer, are published, and nobody waits', () => {
  expect(isWhole(whole, 3)).toBe(true);
});

test.each<[string, Sighting]>([
  ['without a status', sightOf(['a', 'b', 'c'], null)],
  ['with a voter less', sightOf(['a', 'b', 'c'], statusOf(['a', 'b']))],
  ['with a voter of a dead instance', sightOf(['a', 'b', 'c'], statusOf(['a', 'b', 'x']))],
  ['with a learner', sightOf(['a', 'b', 'c'], statusOf(['a', 'b', 'c'], ['d']))],
  ['with an endpoint less', { ...whole, endpoints: ['http://a'] }],
  [
    'with an instance in its hook',
    { ...whole, instances: whole.instances.map((one) => ({ ...one, lifecycle: 'Pending:Wait' })) },
  ],
  ['without a leader', sightOf(['a', 'b', 'c'], { ...statusOf(['a', 'b', 'c']), leader: null })],
])('a cluster %s is not whole', (_name, sight) => {
  expect(isWhole(sight, 3)).toBe(false);
});

test('what changed between two sightings is told in words', () => {
  const before = sightOf(['a', 'b'], statusOf(['a', 'b'], ['c']));
  const waits = [{ kind: 'leaveQueued', subject: 'b' } as const];
  const lines = describeChanges(before, sightOf(['a', 'c'], { ...statusOf(['a', 'c']), waits }));
  expect(lines).toContain('instance c is InService');
  expect(lines).toContain('instance b is gone');
  expect(lines).toContain('member c was promoted: it votes');
  expect(lines).toContain('member b left the cluster');
  expect(lines).toContain('waiting: leaveQueued (b)');
});

test('a step is over only when the instance that must go is gone', async () => {
  const sights = [whole, whole, sightOf(['b', 'c', 'd'])];
  const stage: Stage = {
    see: async () => sights.shift() ?? sightOf(['b', 'c', 'd']),
    setDesired: async () => undefined,
    terminate: async () => undefined,
    close: () => undefined,
  };
  const silent: EtcdHttp = {
    put: async () => undefined,
    readAll: async () => new Map(),
    members: async () => [],
    close: () => undefined,
  };
  const said: string[] = [];
  const writer = new Writer(silent, async () => []);
  const steps = [{ name: 'a leaves', desired: 3, act: async () => 'a' }];
  const [result] = await runStory({ stage, writer, say: (line) => said.push(line) }, steps);
  expect(result?.secondsToFullStrength).not.toBeNull();
  expect(said).toContain('   instance a is gone');
});

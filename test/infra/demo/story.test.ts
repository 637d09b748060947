import { expect, test } from 'vitest';
import type { Status } from '../../../functions/core/status.ts';
import type { EtcdHttp } from '../../../infra/demo/etcd-http.ts';
import { isWhole, type Sighting, type Stage } from '../../../infra/demo/stage.ts';
import { runStory, type StoryStep, type ToldStep } from '../../../infra/demo/story.ts';
import { describeChanges } from '../../../infra/demo/watch.ts';
import { Writer } from '../../../infra/demo/writer.ts';
import { FINE, TOLD } from '../../support/samples.ts';

function statusOf(names: readonly string[], learners: readonly string[] = []): Status {
  const member = (name: string) => ({ name, id: name, answers: true, ...FINE });
  const voters = names.map(member);
  const leader = names[0] ?? null;
  const rest = { learners: learners.map(member), waits: [], at: '', ...TOLD };
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

/** A stage that shows one sighting after the other, and the last for ever. */
function stageOf(sights: readonly Sighting[], last: Sighting): Stage {
  const left = [...sights];
  return {
    see: async () => left.shift() ?? last,
    setDesired: async () => undefined,
    terminate: async () => undefined,
    startRefresh: async () => '',
    refreshStatus: async () => 'Successful',
    close: () => undefined,
  };
}

const silent: EtcdHttp = {
  put: async () => undefined,
  readAll: async () => new Map(),
  members: async () => [],
  close: () => undefined,
};

const stepOf = (step: Partial<StoryStep>): StoryStep => ({
  name: 'a leaves',
  about: '',
  desired: 3,
  limits: { gapMsMax: null, keepsQuorum: false },
  act: async () => ['a'],
  ...step,
});

test('a step is over only when the instances that must go are gone', async () => {
  const said: string[] = [];
  let changes = 0;
  const stage = stageOf([whole, whole], sightOf(['b', 'c', 'd']));
  const options = {
    stage,
    writer: new Writer(silent, async () => []),
    say: (line: string) => said.push(line),
  };
  const [told] = await runStory({ ...options, onChange: () => (changes += 1) }, [stepOf({})]);
  expect(told?.wholeMs).not.toBeNull();
  expect(said).toContain('   instance a is gone');
  expect(changes).toBe(1);
});

test('a step is over only when what else it waits for is true', async () => {
  const answers = [false, false, true];
  const asked: boolean[] = [];
  const isOver = async () => {
    const answer = answers.shift() ?? true;
    asked.push(answer);
    return answer;
  };
  const options = {
    stage: stageOf([], whole),
    writer: new Writer(silent, async () => []),
    say: () => undefined,
    calmMs: 1,
  };
  await runStory(options, [stepOf({ act: async () => [], isOver })]);
  expect(asked).toEqual([false, false, true]);
});

test('a step that breaks is told as one that did not converge, and ends the story', async () => {
  const told: ToldStep[] = [];
  const options = {
    stage: stageOf([], whole),
    writer: new Writer(silent, async () => []),
    say: () => undefined,
    onStep: (step: ToldStep) => void told.push(step),
  };
  const broken = stepOf({ name: 'broken', act: async () => Promise.reject(new Error('refused')) });
  await expect(runStory(options, [broken, stepOf({ name: 'never told' })])).rejects.toThrow('refused');
  expect(told.map(({ step, wholeMs }) => [step.name, wholeMs])).toEqual([['broken', null]]);
});

test('a step that does not become whole in its time ends the story', async () => {
  const options = {
    stage: stageOf([], sightOf(['a', 'b'])),
    writer: new Writer(silent, async () => []),
    say: () => undefined,
  };
  const late = stepOf({ act: async () => [], limitMs: 300 });
  const told = await runStory(options, [late, stepOf({ name: 'never told' })]);
  expect(told.map(({ wholeMs }) => wholeMs)).toEqual([null]);
});

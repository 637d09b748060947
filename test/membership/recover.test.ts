import { expect, test } from 'vitest';
import { parseTrigger } from '../../functions/core/trigger.ts';
import type { RecoverAnswer } from '../../functions/membership/answer-recovery.ts';
import { answerRequest } from '../../functions/membership/request.ts';
import type { Room } from '../../functions/membership/room.ts';
import { workOn } from '../../functions/membership/work.ts';
import { expectRecovered, kept, lose, minutesOn, recordsOf } from '../engine/recovery-world.ts';
import type { FakeWorld } from '../simulation/world/fake-world.ts';

const roomOf = (world: FakeWorld, dryRun = false): Room => ({
  ports: world.ports(),
  dryRun,
  logger: { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined },
  metrics: { emit: () => undefined },
  takeCalls: () => ({}),
});

async function ask(world: FakeWorld, request: object, dryRun = false): Promise<RecoverAnswer> {
  const event = { etcdAutopilot: 1, request: 'recover', cluster: 'core', ...request };
  const context = { awsRequestId: 'request', getRemainingTimeInMillis: () => 60_000 };
  const answer = await answerRequest(roomOf(world, dryRun), event, Object(context));
  if (!answer.ok || answer.request !== 'recover') throw new Error(JSON.stringify(answer));
  return answer;
}

const chosen = (answer: RecoverAnswer, instanceId: string, nonce = 'one') => ({
  choice: { how: 'from-survivor', instanceId },
  confirm: answer.confirm,
  by: 'me',
  nonce,
});

async function lost(): Promise<readonly [FakeWorld, string]> {
  const world = await kept(3, 'manual');
  const [first = '', second = '', third = ''] = world.voters();
  lose(world, first, second);
  return [world, third];
}

test('a question changes nothing and is answered with the evidence, the choices and the loss of each', async () => {
  const [world, survivor] = await lost();
  const before = structuredClone([...world.parameters.keys()]);
  const answer = await ask(world, {});
  expect(answer).toMatchObject({
    quorum: 'permanent',
    obstacles: [],
    taken: false,
    recovery: null,
    done: null,
  });
  expect(answer.voters.map(({ fate }) => fate).sort()).toEqual(['shown', 'terminated', 'terminated']);
  expect(answer.options.map(({ how }) => how)).toContain('from-snapshot');
  expect(answer.options[0]).toMatchObject({ how: 'from-survivor', instanceId: survivor });
  for (const { loss } of answer.options) expect(loss).toMatch(/may be lost|not known/);
  expect(answer.fenced).toEqual([survivor]);
  expect([...world.parameters.keys()]).toEqual(before);
});

test('a choice is handed to the one that changes the cluster, which judges it again and does it', async () => {
  const [world, survivor] = await lost();
  world.operatorRecovers = true;
  const looks = world.looks.length;
  const answer = await ask(world, chosen(await ask(world, {}), survivor));
  expect(answer.taken).toBe(true);
  expect(recordsOf(world)).toEqual([]);
  const [body = ''] = world.looks.slice(looks);
  expect(parseTrigger(body)).toMatchObject({
    ok: true,
    trigger: { kind: 'recover', choice: { nonce: 'one' } },
  });
  const owner = world.nextOwner();
  const options = { deadlineMs: world.nowMs + 48_000, owner, dryRun: false, onStep: () => undefined };
  await workOn(world.ports(owner), { cluster: 'core', body }, options);
  expect(recordsOf(world)).toContain('2');
  await minutesOn(world, 8);
  expectRecovered(world, 3);
  expect(await ask(world, {})).toMatchObject({ quorum: 'has', done: { number: 2, outcome: 'recovered' } });
});

test('a choice that is not what was shown is not handed on', async () => {
  const [world, survivor] = await lost();
  const looks = world.looks.length;
  const shown = await ask(world, {});
  const answer = await ask(world, { ...chosen(shown, survivor), confirm: '0123456789abcdef' });
  expect(answer.taken).toBe(false);
  expect(answer.waits.map(({ kind }) => kind)).toContain('choiceRefused');
  expect((await ask(world, chosen(shown, survivor), true)).taken).toBe(false); // DRY_RUN
  expect(world.looks).toHaveLength(looks);
});

test('of a cluster that nobody can plan for, what stands against it is told', async () => {
  const [world] = await lost();
  world.parameters.set('/etcd-autopilot/core/config', 'rubbish');
  expect(await ask(world, {})).toMatchObject({
    quorum: 'unknown',
    at: null,
    options: [],
    obstacles: [expect.any(String)],
  });
});

test('where neither a survivor nor a snapshot is left, that is told', async () => {
  const [world, survivor] = await lost();
  lose(world, survivor);
  world.bucket.objects.clear();
  const { options, obstacles } = await ask(world, {});
  expect([options, obstacles]).toEqual([[], [expect.stringContaining('nothing to recover from')]]);
});

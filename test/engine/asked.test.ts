import { expect, test } from 'vitest';
import { decodeStatus } from '../../functions/core/status.ts';
import { judgeTolerance, requireOf } from '../../functions/core/tolerance.ts';
import { sightOfParameters } from '../../functions/core/tolerance-sight.ts';
import { workOn } from '../../functions/membership/work.ts';
import { CLUSTER, type FakeWorld, PATH } from '../simulation/world/fake-world.ts';
import { CONFIG } from '../support/observations.ts';
import { effectsOf, grown } from '../support/story.ts';

const statusIn = (world: FakeWorld) => decodeStatus(world.parameters.get(`${PATH}status`) ?? '');

/** A look that somebody outside the VPC asks for, as it comes by queue. */
async function ask(world: FakeWorld, nonce: string): Promise<void> {
  const body = JSON.stringify({
    ...{ etcdAutopilot: 1, request: 'look', cluster: CLUSTER },
    ...{ from: 'gate', nonce, answer: true },
  });
  const owner = `owner-${nonce}`;
  const options = { deadlineMs: world.nowMs + 50_000, owner, dryRun: false, onStep: () => undefined };
  await workOn(world.ports(owner), { cluster: CLUSTER, body }, options);
}

const toldOf = (world: FakeWorld): ReadonlyMap<string, string> =>
  new Map([...world.parameters].map(([name, text]) => [name.slice(PATH.length), text]));

test('a look that is asked for is answered in the status, once, although nothing else changed', async () => {
  const world = await grown(3);
  const before = statusIn(world);
  const writes = effectsOf(world, /write status/).length;
  await ask(world, 'request-1/1');
  const answered = statusIn(world);
  expect(answered?.asked).toEqual(['request-1/1']);
  expect(answered?.generation).toBe((before?.generation ?? 0) + 1);
  await ask(world, 'request-1/1');
  await world.pass();
  expect(effectsOf(world, /write status/)).toHaveLength(writes + 1);
  expect(statusIn(world)).toEqual(answered);
});

test('the newest four that asked are told, and stay told when something else changes', async () => {
  const world = await grown(3);
  for (const nonce of ['a', 'b', 'c', 'd', 'e']) await ask(world, nonce);
  expect(statusIn(world)?.asked).toEqual(['b', 'c', 'd', 'e']);
  world.desired = 4;
  await world.settle();
  expect(statusIn(world)).toMatchObject({ desired: 4, asked: ['b', 'c', 'd', 'e'] });
});

test('a look is answered without quorum, too, and then says that no voter answers', async () => {
  const world = await grown(3);
  for (const id of world.voters()) world.processOf(id).up = false;
  await ask(world, 'lost');
  expect(statusIn(world)).toMatchObject({
    ...{ asked: ['lost'], health: 'quorumLost', steadySince: null },
    shortfalls: [{ code: 'noVoterAnswers', subject: null }],
  });
  const told = judgeTolerance(sightOfParameters(toldOf(world)), requireOf(CONFIG), world.nowMs);
  expect(told.map(({ code }) => code)).toEqual(['noVoterAnswers']);
});

test('a cluster that is frozen answers nobody, and its parameters say why', async () => {
  const world = await grown(3, { frozen: false });
  const config = JSON.parse(world.parameters.get(`${PATH}config`) ?? '{}');
  world.parameters.set(`${PATH}config`, JSON.stringify({ ...config, frozen: true }));
  const before = statusIn(world);
  await ask(world, 'frozen');
  expect(statusIn(world)).toEqual(before);
  const told = judgeTolerance(sightOfParameters(toldOf(world)), requireOf(CONFIG), world.nowMs);
  expect(told.map(({ code }) => code)).toEqual(['frozen']);
});

test('the window begins when the cluster is whole, and a voter that was silent meanwhile begins it anew', async () => {
  const world = await grown(3);
  const judge = () => judgeTolerance(sightOfParameters(toldOf(world)), requireOf(CONFIG), world.nowMs);
  expect(judge().map(({ code }) => code)).toEqual(['unstable']);
  for (let second = 0; second < 11; second += 1) world.tick();
  expect(judge()).toEqual([]);
  const [id = ''] = world.voters().filter((name) => name !== world.leaderName);
  world.processOf(id).up = false;
  await world.pass();
  expect(judge().map(({ code, subject }) => [code, subject])).toContainEqual(['voterSilent', id]);
  world.processOf(id).up = true;
  await world.pass();
  expect(judge().map(({ code }) => code)).toEqual(['unstable']);
  for (let second = 0; second < 11; second += 1) world.tick();
  await world.pass();
  expect(judge()).toEqual([]);
});

test('a quorum that was lost and is back begins the window anew, though nobody could write it into etcd', async () => {
  const world = await grown(3);
  const voters = world.voters();
  for (const id of voters) world.processOf(id).denies = true;
  for (let second = 0; second < 60; second += 1) world.tick();
  await world.pass();
  for (const id of voters) world.processOf(id).denies = false;
  await world.pass();
  const since = Date.parse(statusIn(world)?.steadySince ?? '');
  expect(world.nowMs - since).toBeLessThan(10_000);
});

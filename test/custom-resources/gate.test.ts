import { describe, expect, test } from 'vitest';
import { OperationError } from '../../functions/core/errors.ts';
import { answerRequest } from '../../functions/custom-resources/answer.ts';
import { clusterEvent, gateEvent, RESPONSE_URL, STACK, World } from './world.ts';

const ID = `core@${STACK}#gate/BeforeGate`;
const busy = () => new OperationError('AWS_UNAVAILABLE', 'nextLook', 'no reply');
const denied = () => new OperationError('AWS_DENIED', 'never', 'denied');

async function registered(): Promise<World> {
  const world = new World();
  await world.answer(clusterEvent('Create'));
  world.lines.length = 0;
  world.answers.length = 0;
  return world;
}

/** Runs a request that is expected to be handed on. */
async function handOn(world: World, event: Readonly<Record<string, unknown>>): Promise<void> {
  await answerRequest(world.room(), event, 120_000);
  expect(world.answers).toEqual([]);
}

describe('a request to a gate', () => {
  test.each(['Create', 'Update'] as const)(
    '%s is put into its queue, and not answered here',
    async (kind) => {
      const world = await registered();
      await handOn(world, gateEvent(kind));
      expect([...world.gates.values()]).toHaveLength(1);
      expect(world.lines.map((line) => JSON.parse(line))).toEqual([
        expect.objectContaining({ event: 'gate.waiting', outcome: 'asked', cluster: 'core' }),
      ]);
      expect(world.lines.join('')).not.toContain(RESPONSE_URL);
      expect(world.lines.join('')).not.toContain('secret');
    },
  );

  test('S56 that comes twice is one request', async () => {
    const world = await registered();
    for (let time = 0; time < 2; time += 1) await handOn(world, gateEvent('Create'));
    expect(world.gates.size).toBe(1);
  });

  test('is put in again when the reply was lost, under the same key', async () => {
    const world = await registered();
    world.failures.gate.push(busy(), busy());
    await handOn(world, gateEvent('Create'));
    expect(world.gates.size).toBe(1);
  });

  test('that cannot be put in is refused: nobody else would answer it', async () => {
    const world = await registered();
    world.failures.gate.push(...Array.from({ length: 9 }, busy));
    expect(await world.answer(gateEvent('Create'))).toMatchObject({ status: 'FAILED', reason: 'no reply' });
    const forbidden = await registered();
    forbidden.failures.gate.push(denied());
    expect(await forbidden.answer(gateEvent('Create'))).toMatchObject({ status: 'FAILED', reason: 'denied' });
  });

  test('with mistakes is refused at once, all of them told', async () => {
    const world = await registered();
    const answer = await world.answer(gateEvent('Create', { Serial: undefined, Require: { Voters: '0' } }));
    expect(answer).toMatchObject({ status: 'FAILED', physicalId: 'failed-request-Create' });
    expect(answer.reason).toMatch(/^2 problems: Require\.Voters must be .*; Serial is missing$/);
    expect(world.gates.size).toBe(0);
  });

  test('for a cluster that nobody registered, or that is being deleted, is refused at once', async () => {
    expect((await new World().answer(gateEvent('Create'))).reason).toContain("there is no cluster 'core'");
    const world = await registered();
    world.set('teardown', JSON.stringify({ at: 'now', stackId: STACK }));
    expect((await world.answer(gateEvent('Create'))).reason).toContain(
      "cluster 'core' is being deleted since now",
    );
  });

  test('for a cluster that cannot be read now waits at the gate, which can wait', async () => {
    const world = await registered();
    world.failures.readAll.push(busy());
    await handOn(world, gateEvent('Create'));
    world.failures.readAll.push(denied());
    expect((await world.answer(gateEvent('Create'))).status).toBe('FAILED');
  });
});

describe('S57 in a rollback', () => {
  async function goingBack(): Promise<World> {
    const world = await registered();
    world.stackStatus = 'UPDATE_ROLLBACK_IN_PROGRESS';
    return world;
  }
  const update = (properties: Readonly<Record<string, unknown>>) =>
    gateEvent('Update', properties, { PhysicalResourceId: ID });

  test('properties of a form that is no longer known pass', async () => {
    const answer = await (await goingBack()).answer(
      update({ Serial: undefined, Timeout: '9', Require: 'all' }),
    );
    expect(answer).toMatchObject({ status: 'SUCCESS', physicalId: ID });
    expect(answer.reason).toContain('the stack is rolled back or deleted, which no gate holds up');
    expect(Object.keys(answer.attributes)).toEqual(['Cluster', 'Voters', 'Since']);
  });

  test('properties without a cluster keep the id that the gate had', async () => {
    const answer = await (await goingBack()).answer(update({ Cluster: '' }));
    expect(answer).toMatchObject({ status: 'SUCCESS', physicalId: ID });
  });

  test('a cluster that is gone, or a queue that is out of reach, holds up nothing', async () => {
    const world = await goingBack();
    world.parameters.clear();
    expect((await world.answer(update({}))).status).toBe('SUCCESS');
    const unreachable = await goingBack();
    unreachable.failures.gate.push(denied());
    expect((await unreachable.answer(update({}))).status).toBe('SUCCESS');
  });

  test('another cluster than the one before is another id, so that the other gate is deleted', async () => {
    const world = await goingBack();
    const answer = await world.answer(update({ Cluster: 'edge', Extra: 'x' }));
    expect(answer).toMatchObject({ status: 'SUCCESS', physicalId: `edge@${STACK}#gate/BeforeGate` });
  });

  test.each(['UPDATE_IN_PROGRESS', 'UPDATE_ROLLBACK_COMPLETE', null])(
    'what is wrong is refused all the same while the stack is in %s',
    async (stackStatus) => {
      const world = await goingBack();
      world.stackStatus = stackStatus;
      expect(await world.answer(update({ Extra: 'x' }))).toMatchObject({ status: 'FAILED', physicalId: ID });
    },
  );

  test('what CloudFormation does not say lets nothing pass', async () => {
    const world = await goingBack();
    world.failures.stackStatus.push(busy());
    expect((await world.answer(update({ Extra: 'x' }))).reason).toContain('Extra is not a known setting');
  });
});

describe('the deletion of a gate', () => {
  test.each([ID, 'failed-request-Create', 'core-BeforeGate-1ABC', undefined])(
    'of id %s succeeds at once, whether there was one or not',
    async (PhysicalResourceId) => {
      const world = new World();
      const answer = await world.answer(gateEvent('Delete', { Serial: undefined }, { PhysicalResourceId }));
      expect(answer).toMatchObject({
        status: 'SUCCESS',
        physicalId: PhysicalResourceId ?? 'failed-request-Delete',
      });
      expect(world.gates.size).toBe(0);
    },
  );
});

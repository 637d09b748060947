import { afterEach, describe, expect, test, vi } from 'vitest';
import { OperationError } from '../../functions/core/errors.ts';
import { answerRequest, type Room } from '../../functions/custom-resources/answer.ts';
import { createHandler } from '../../functions/custom-resources/handler.ts';
import { clusterEvent, lambdaContext, RESPONSE_URL, World } from './world.ts';

afterEach(() => vi.useRealTimers());

describe('a request of CloudFormation', () => {
  test('is answered when the work dies of a bug', async () => {
    const world = new World();
    world.failures.readAll.push(new TypeError('x is undefined'));
    const answer = await world.answer(clusterEvent('Create'));
    expect(answer).toMatchObject({
      status: 'FAILED',
      reason: 'x is undefined',
      physicalId: 'failed-request-Create',
    });
    expect(world.lines.join('')).toContain('"errorCode":"UNEXPECTED"');
  });

  test('is answered when the deployment is broken', async () => {
    const world = new World();
    const connect = () => {
      throw new OperationError('CONFIG_INVALID', 'never', 'QUEUE_URL is not set');
    };
    await answerRequest(world.room({ connect }), clusterEvent('Create'), 120_000);
    expect(world.answers).toMatchObject([{ status: 'FAILED', reason: 'QUEUE_URL is not set' }]);
  });

  test('is answered well before the function times out, when the work hangs, and only once', async () => {
    vi.useFakeTimers();
    const world = new World();
    const parameters = { ...world.room().connect().parameters };
    let finish: (value: ReadonlyMap<string, string>) => void = () => {};
    parameters.readAll = () =>
      new Promise((resolve) => {
        finish = resolve;
      });
    const room = world.room({ connect: () => ({ ...world.room().connect(), parameters }) });
    const done = answerRequest(room, clusterEvent('Create'), 120_000);
    await vi.advanceTimersByTimeAsync(110_000);
    await done;
    expect(world.answers).toHaveLength(1);
    expect(world.answers[0]).toMatchObject({ status: 'FAILED', physicalId: 'failed-request-Create' });
    expect(world.answers[0]?.reason).toContain('not done within 105 seconds');

    finish(new Map()); // Lambda thaws what was given up
    await vi.advanceTimersByTimeAsync(10_000);
    expect(world.answers).toHaveLength(1);
    expect(world.names()).toEqual([]);
  });

  test('leaves no timer behind that would keep the process alive', async () => {
    vi.useFakeTimers();
    await new World().answer(clusterEvent('Create'));
    expect(vi.getTimerCount()).toBe(0);
  });

  test('for an unknown type of resource fails, and its deletion succeeds', async () => {
    const world = new World();
    const changes = { ResourceType: 'Custom::Other', PhysicalResourceId: 'x' };
    expect((await world.answer(clusterEvent('Create', changes))).status).toBe('FAILED');
    expect(await world.answer(clusterEvent('Delete', changes))).toMatchObject({
      status: 'SUCCESS',
      physicalId: 'x',
    });
  });

  test('leaves one log line, without the signed URL', async () => {
    const world = new World();
    await world.answer(clusterEvent('Create'));
    expect(world.lines).toHaveLength(1);
    expect(JSON.parse(world.lines[0] ?? '')).toMatchObject({
      event: 'resource.answered',
      cluster: 'core',
      kind: 'Create Custom::EtcdCluster',
      outcome: 'SUCCESS',
      requestId: 'request-Create',
    });
    expect(world.lines.join('')).not.toContain('secret');
    expect(world.lines.join('')).not.toContain(RESPONSE_URL);
  });
});

describe('the room', () => {
  const run = (world: World, event: unknown, changes: Partial<Room> = {}): Promise<unknown> =>
    Promise.resolve(createHandler(world.room(changes))(event, lambdaContext(120_000)));

  test.each([
    undefined,
    null,
    'text',
    {},
    { RequestType: 'Create' },
    { ...clusterEvent('Create'), ResponseURL: 'ftp://x' },
  ])('rejects what is no request of CloudFormation, and logs it: %j', async (event) => {
    const world = new World();
    await expect(run(world, event)).rejects.toMatchObject({ code: 'EVENT_MALFORMED' });
    expect(world.answers).toEqual([]);
    expect(world.lines).toHaveLength(1);
    expect(JSON.parse(world.lines[0] ?? '')).toMatchObject({
      event: 'room.failed',
      errorCode: 'EVENT_MALFORMED',
    });
  });

  test('answers through the wrapped function', async () => {
    const world = new World();
    await run(world, clusterEvent('Create'));
    expect(world.answers).toMatchObject([{ status: 'SUCCESS' }]);
  });

  test('rejects when nobody took the answer, so that Lambda runs the request again', async () => {
    const world = new World();
    const postAnswer = async () => {
      throw new OperationError(
        'ANSWER_UNDELIVERED',
        'now',
        'CloudFormation did not take the answer: status 503',
      );
    };
    await expect(run(world, clusterEvent('Create'), { postAnswer })).rejects.toMatchObject({
      code: 'ANSWER_UNDELIVERED',
    });
    expect(world.lines.join('')).toContain('"errorCode":"ANSWER_UNDELIVERED"');
  });
});

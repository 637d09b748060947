import { describe, expect, test } from 'vitest';
import { OperationError } from '../../functions/core/errors.ts';
import { clusterEvent, OTHER_STACK, PATH, STACK, teardownEvent, World } from './world.ts';

const ID = `core@${STACK}`;
const deleteCluster = (changes = {}) => clusterEvent('Delete', { PhysicalResourceId: ID, ...changes });
const deleteTeardown = (changes = {}) =>
  teardownEvent('Delete', { PhysicalResourceId: `${ID}#teardown`, ...changes });

async function registered(isFounded: boolean): Promise<World> {
  const world = new World();
  await world.answer(clusterEvent('Create'));
  if (isFounded) for (const name of ['bootstrap', 'endpoints', 'members/i-0a']) world.set(name, 'x');
  world.looks.length = 0;
  return world;
}

describe('deleting a registration', () => {
  test.each([
    ['that failed to be created', 'failed-request-Create'],
    ['with an id that CloudFormation invented', 'core-Registration-1ABC'],
    ['of another stack', `core@${OTHER_STACK}`],
    ['of another name', `edge@${STACK}`],
    ['that was never answered', undefined],
  ])('%s succeeds and touches nothing', async (_, PhysicalResourceId) => {
    const world = await registered(true);
    const before = [...world.parameters];
    const answer = await world.answer(clusterEvent('Delete', { PhysicalResourceId }));
    expect(answer.status).toBe('SUCCESS');
    expect(answer.physicalId).toBe(PhysicalResourceId ?? 'failed-request-Delete');
    expect([...world.parameters]).toEqual(before);
    expect(world.looks).toEqual([]);
  });

  test('of a cluster that meanwhile belongs to another stack touches nothing', async () => {
    const world = await registered(true);
    world.set('config', JSON.stringify({ version: 1, stackId: OTHER_STACK }));
    const before = [...world.parameters];
    expect((await world.answer(deleteCluster())).status).toBe('SUCCESS');
    expect([...world.parameters]).toEqual(before);
  });

  test('of which nothing is recorded succeeds at once', async () => {
    const world = new World();
    expect((await world.answer(deleteCluster())).status).toBe('SUCCESS');
    expect(world.looks).toEqual([]);
  });

  test('of a cluster that was never founded deletes what is recorded, without a pass', async () => {
    const world = await registered(false);
    world.set('teardown', JSON.stringify({ at: 'now', stackId: STACK }));
    world.set('reports/i-0a', 'x');
    expect((await world.answer(deleteCluster())).status).toBe('SUCCESS');
    expect(world.names()).toEqual([]);
  });

  test('of a founded cluster lets a pass delete, and ends when it has', async () => {
    const world = await registered(true);
    world.set('teardown', JSON.stringify({ at: 'now', stackId: STACK }));
    world.onLook = (lookCount) => {
      if (lookCount === 3) world.parameters.clear();
    };
    const answer = await world.answer(deleteCluster());
    expect(answer).toMatchObject({
      status: 'SUCCESS',
      reason: 'everything recorded of the cluster is deleted',
    });
    expect(world.looks).toHaveLength(3);
  });

  test('of a founded cluster without a recorded intent records it, or the name would be lost for ever', async () => {
    const world = await registered(true);
    let intent: string | undefined;
    world.onLook = () => {
      intent = world.get('teardown');
      world.parameters.clear();
    };
    expect((await world.answer(deleteCluster())).status).toBe('SUCCESS');
    expect(JSON.parse(intent ?? '')).toEqual({ at: '2026-11-20T12:00:00.000Z', stackId: STACK });
  });

  test('of a cluster that still has instances succeeds after a minute, and deletes nothing itself', async () => {
    const world = await registered(true);
    const startedAtMs = world.nowMs;
    const answer = await world.answer(deleteCluster());
    expect(answer.status).toBe('SUCCESS');
    expect(answer.reason).toContain('still has instances');
    expect(world.nowMs - startedAtMs).toBeLessThanOrEqual(60_000);
    expect(world.names()).toEqual(['bootstrap', 'config', 'endpoints', 'members/i-0a', 'teardown']);
  });

  test('does not mind a reading that fails while it waits', async () => {
    const world = await registered(true);
    world.onLook = (lookCount) => {
      world.failures.readAll.push(new OperationError('AWS_THROTTLED', 'nextLook', 'slow down'));
      if (lookCount === 2) world.parameters.clear();
    };
    expect((await world.answer(deleteCluster())).reason).toBe(
      'everything recorded of the cluster is deleted',
    );
  });

  test.each(['{"version":1,"stackId":"?"', '{"stackId" : "?", "size": 99}'])(
    'works with settings that were damaged by hand: %s',
    async (damaged) => {
      const world = await registered(false);
      world.set('config', damaged.replace('?', STACK));
      await world.answer(deleteCluster());
      expect(world.names()).toEqual([]);
    },
  );

  test('waits no longer than Lambda lets it', async () => {
    const world = await registered(true);
    const startedAtMs = world.nowMs;
    expect((await world.answer(deleteCluster(), 30_000)).status).toBe('SUCCESS');
    expect(world.nowMs - startedAtMs).toBeLessThanOrEqual(15_000);
  });
});

describe('deleting a cluster with records in a zone', () => {
  const withZone = async (isFounded: boolean): Promise<World> => {
    const world = await registered(isFounded);
    world.set('dns/Z1', '{"version":1,"names":["etcd.example.com"],"digests":["x"]}');
    return world;
  };

  test('waits for membership and for dns, and asks each for what it has to do', async () => {
    const world = await withZone(true);
    world.onLook = () => {
      for (const name of world.names()) if (name !== 'dns/Z1') world.parameters.delete(`${PATH}${name}`);
    };
    world.onTold = () => {
      if (world.told.length === 2) world.parameters.clear();
    };
    const answer = await world.answer(deleteCluster());
    expect(answer).toMatchObject({
      status: 'SUCCESS',
      reason: 'everything recorded of the cluster is deleted',
    });
    expect(world.looks).toHaveLength(1);
    expect(world.told).toMatchObject([
      { to: 'dns', messageGroup: 'Z1' },
      { to: 'dns', messageGroup: 'Z1' },
    ]);
  });

  test.each([true, false])('never deletes what only dns can use (founded: %s)', async (isFounded) => {
    const world = await withZone(isFounded);
    world.onLook = () => {
      for (const name of world.names()) if (name !== 'dns/Z1') world.parameters.delete(`${PATH}${name}`);
    };
    const answer = await world.answer(deleteCluster());
    expect(answer.status).toBe('SUCCESS');
    expect(world.names()).toEqual(['dns/Z1']);
    expect(world.told.length).toBeGreaterThan(1);
    if (isFounded) expect(answer.reason).toContain('dns has not removed its records in Z1 yet');
  });

  test('of which nothing else is recorded any more records no new intent, which would stand in the way', async () => {
    const world = await withZone(false);
    world.parameters.delete(`${PATH}config`);
    await world.answer(deleteTeardown());
    expect(world.names()).toEqual(['dns/Z1']);
    world.onTold = () => world.parameters.delete(`${PATH}dns/Z1`);
    expect((await world.answer(deleteCluster())).status).toBe('SUCCESS');
    expect(world.names()).toEqual([]);
  });

  test('has the records given up with the intent, before the group goes', async () => {
    const world = await withZone(true);
    await world.answer(deleteTeardown());
    expect(world.told).toMatchObject([{ to: 'dns', messageGroup: 'Z1' }]);
  });

  test('leaves the zones of a cluster of another stack alone', async () => {
    const world = await withZone(true);
    world.set('config', JSON.stringify({ version: 1, stackId: OTHER_STACK }));
    await world.answer(deleteCluster());
    expect(world.told).toEqual([]);
  });
});

describe('the teardown resource', () => {
  test.each(['Create', 'Update'] as const)('does nothing on %s', async (kind) => {
    const world = await registered(true);
    const before = [...world.parameters];
    const answer = await world.answer(teardownEvent(kind));
    expect(answer).toMatchObject({ status: 'SUCCESS', physicalId: `${ID}#teardown` });
    expect([...world.parameters]).toEqual(before);
    expect(world.looks).toEqual([]);
  });

  test.each([false, true])(
    'records the intent on Delete and asks for a look (founded: %s)',
    async (isFounded) => {
      const world = await registered(isFounded);
      expect((await world.answer(deleteTeardown())).status).toBe('SUCCESS');
      expect(JSON.parse(world.get('teardown') ?? '')).toEqual({
        at: '2026-11-20T12:00:00.000Z',
        stackId: STACK,
      });
      expect(world.looks).toHaveLength(1);
    },
  );

  test('keeps an intent that stands already', async () => {
    const world = await registered(true);
    const text = JSON.stringify({ at: 'earlier', stackId: STACK });
    world.set('teardown', text);
    await world.answer(deleteTeardown());
    expect(world.get('teardown')).toBe(text);
    expect(world.looks).toHaveLength(1);
  });

  test('records no intent for a cluster of another stack', async () => {
    const world = await registered(true);
    const PhysicalResourceId = `core@${OTHER_STACK}#teardown`;
    const answer = await world.answer(deleteTeardown({ StackId: OTHER_STACK, PhysicalResourceId }));
    expect(answer.status).toBe('SUCCESS');
    expect(world.get('teardown')).toBeUndefined();
  });

  test.each(['failed-request-Create', 'core-Teardown-1ABC', `${ID}`, undefined])(
    'records no intent when its creation failed (%s)',
    async (PhysicalResourceId) => {
      const world = await registered(true);
      const answer = await world.answer(teardownEvent('Delete', { PhysicalResourceId }));
      expect(answer.status).toBe('SUCCESS');
      expect(world.get('teardown')).toBeUndefined();
    },
  );

  test('records no intent where nothing is recorded: it would stand in the way of the next cluster', async () => {
    const world = new World();
    expect((await world.answer(deleteTeardown())).status).toBe('SUCCESS');
    expect(world.names()).toEqual([]);
  });

  test('fails when the intent cannot be recorded, for the group could not be deleted without it', async () => {
    const world = await registered(true);
    world.failures.create.push(new OperationError('AWS_UNAVAILABLE', 'nextLook', 'not answered'));
    expect((await world.answer(deleteTeardown())).status).toBe('FAILED');
  });

  test('needs a cluster name', async () => {
    const answer = await new World().answer(teardownEvent('Create', { ResourceProperties: {} }));
    expect(answer).toMatchObject({ status: 'FAILED', physicalId: 'failed-request-Create' });
  });
});

test('a whole life: created, torn down, deleted, and the name is free for another stack', async () => {
  const world = await registered(true);
  await world.answer(deleteTeardown());
  world.onLook = () => world.parameters.clear();
  await world.answer(deleteCluster());
  world.onLook = () => {};
  expect((await world.answer(clusterEvent('Create', { StackId: OTHER_STACK }))).status).toBe('SUCCESS');
});

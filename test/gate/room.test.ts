import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { parseCfnRequest } from '../../functions/core/cfn.ts';
import { OperationError } from '../../functions/core/errors.ts';
import { encodeGateMessage } from '../../functions/core/gate/message.ts';
import type { Status } from '../../functions/core/status.ts';
import type { GatePorts } from '../../functions/edge/wiring-gate.ts';
import { type GateRoom, workOnBatch } from '../../functions/gate/room.ts';
import { gateEvent, lambdaContext, RESPONSE_URL, STACK } from '../custom-resources/world.ts';
import { founded, WEAK, WHOLE } from './cluster.ts';
import { fieldsOf, GateWorld, recordOf } from './world.ts';

let world: GateWorld;
beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  world = new GateWorld();
  vi.stubGlobal('fetch', world.fetch);
  for (const [name, text] of founded(WHOLE)) world.texts.set(name, text);
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

const bodyOf = (properties = {}, changes = {}): string => {
  const parsed = parseCfnRequest(gateEvent('Update', properties, { PhysicalResourceId: 'old', ...changes }));
  if (!parsed.ok) throw new Error(parsed.reason);
  return encodeGateMessage(parsed.request);
};

interface Receiving {
  readonly properties?: object;
  readonly changes?: object;
  readonly receiveCount?: number;
  readonly agoSeconds?: number;
  readonly room?: Partial<GateRoom>;
}

/** One receive of one request; whether the queue is done with it. */
async function receive(options: Receiving = {}): Promise<boolean> {
  const sentAtMs = world.nowMs - (options.agoSeconds ?? 0) * 1_000;
  const body = bodyOf(options.properties, options.changes);
  const record = recordOf({ id: 'm1', body, sentAtMs, receiveCount: options.receiveCount ?? 1 });
  const { batchItemFailures } = await workOnBatch(world.room(options.room), [record], lambdaContext(20_000));
  expect([[], [{ itemIdentifier: 'm1' }]]).toContainEqual(batchItemFailures);
  return batchItemFailures.length === 0;
}

const answer = () => fieldsOf(world.answers[0]?.body ?? '{}');

describe('a gate', () => {
  test('answers within a second and a half when its cluster is whole', async () => {
    const startedAtMs = world.nowMs;
    expect(await receive()).toBe(true);
    expect(answer()).toEqual({
      Status: 'SUCCESS',
      Reason: `cluster 'core' is whole: 3 voters, since ${WHOLE.steadySince}`,
      PhysicalResourceId: `core@${STACK}#gate/BeforeGate`,
      StackId: STACK,
      RequestId: 'request-Update',
      LogicalResourceId: 'BeforeGate',
      Data: { Cluster: 'core', Voters: '3', Since: WHOLE.steadySince },
    });
    expect(world.nowMs - startedAtMs).toBeLessThanOrEqual(1_500);
  });

  test('asks membership for a look that is to be answered, each time under another nonce', async () => {
    world.cluster = () => WEAK;
    await receive();
    await receive({ receiveCount: 2 });
    const asks = world.asks.map((body) => fieldsOf(body));
    expect(asks[0]).toEqual({
      etcdAutopilot: 1,
      request: 'look',
      cluster: 'core',
      from: 'gate',
      nonce: expect.stringMatching(/^gate-[0-9a-f]{16}\/1\.1$/),
      answer: true,
    });
    expect(new Set(asks.map(({ nonce }) => nonce)).size).toBe(asks.length);
  });

  test('watches for some seconds while the cluster is weak, and comes back', async () => {
    world.cluster = () => WEAK;
    const startedAtMs = world.nowMs;
    expect(await receive()).toBe(false);
    expect(world.answers).toEqual([]);
    expect(world.nowMs - startedAtMs).toBeLessThanOrEqual(12_000);
    expect(world.asks.length).toBeLessThanOrEqual(3);
    expect(world.lines.join('')).toContain('voterSilent');
  });

  test('looks again when the window is over, and not before', async () => {
    const since = new Date(world.nowMs - 4_000).toISOString();
    world.cluster = () => ({ ...WHOLE, steadySince: since });
    const startedAtMs = world.nowMs;
    expect(await receive()).toBe(true);
    expect(answer()).toMatchObject({ Status: 'SUCCESS' });
    expect(world.nowMs - startedAtMs).toBeLessThanOrEqual(8_000);
    expect(world.asks).toHaveLength(2);
  });

  test('does not watch for a window that is over later', async () => {
    const since = new Date(world.nowMs).toISOString();
    world.cluster = () => ({ ...WHOLE, steadySince: since });
    const startedAtMs = world.nowMs;
    expect(await receive({ properties: { Require: { StableSeconds: '60' } } })).toBe(false);
    expect(world.nowMs - startedAtMs).toBeLessThanOrEqual(2_000);
  });
});

test('S66 a version that may not follow is refused at once, not when the time is over', async () => {
  world.cluster = () => ({
    ...WHOLE,
    voters: WHOLE.voters.map((voter) => ({ ...voter, version: '3.5.20' })),
  });
  expect(await receive({ properties: { Require: { EtcdVersion: '3.6.14' } } })).toBe(true);
  expect(answer()).toMatchObject({ Status: 'FAILED', PhysicalResourceId: 'old' });
  expect(answer()['Reason']).toMatch(/^cluster 'core' cannot be as required, .*must run 3\.5\.26 or later/);
});

describe('where CloudFormation does not say whether the stack goes back', () => {
  const connect = (more: Partial<GatePorts> = {}) => ({
    ...world.ports(),
    ...more,
    stackStatus: {
      statusOf: () => Promise.reject(new OperationError('AWS_THROTTLED', 'nextLook', 'slower')),
    },
  });
  const properties = { Require: { EtcdVersion: '3.6.14' } };

  test('S66 a version that may not follow is refused when the time is over: it may be the one to go back to', async () => {
    world.cluster = () => ({
      ...WHOLE,
      voters: WHOLE.voters.map((voter) => ({ ...voter, version: '3.7.0' })),
    });
    expect(await receive({ properties, room: { connect } })).toBe(false);
    expect(world.answers).toEqual([]);
    expect(await receive({ properties, room: { connect }, receiveCount: 25, agoSeconds: 600 })).toBe(true);
    expect(answer()).toMatchObject({ Status: 'FAILED' });
  });

  test('an autopilot that only looks on says so when the time is over', async () => {
    const room = { connect: () => connect({ isDry: true }) };
    expect(await receive({ room })).toBe(false);
    expect(world.answers).toEqual([]);
    expect(await receive({ room, receiveCount: 25, agoSeconds: 600 })).toBe(true);
    expect(answer()['Reason']).toContain('runs with DryRun');
  });
});

describe('a status', () => {
  test('that nobody renews opens nothing: membership is dead, and a refusal says that nothing is known', async () => {
    world.cluster = null;
    expect(await receive()).toBe(false);
    expect(await receive({ receiveCount: 25, agoSeconds: 600 })).toBe(true);
    expect(answer()).toMatchObject({ Status: 'FAILED', PhysicalResourceId: 'old' });
    expect(answer()['Reason']).toContain('statusOld');
  });

  test('that answers an earlier receive proves nothing about now', async () => {
    const [nonce] = await noncesOf();
    const old: Status = { ...WHOLE, asked: [nonce ?? ''] };
    for (const [name, text] of founded(old)) world.texts.set(name, text);
    world.cluster = null;
    expect(await receive({ receiveCount: 2 })).toBe(false);
    expect(world.answers).toEqual([]);
  });

  test('that is written while it watches, for a look that it asked for before, is as good', async () => {
    const [nonce] = await noncesOf();
    world.cluster = null;
    const slow = founded({ ...WHOLE, asked: [nonce ?? ''], generation: 8 });
    const named = world.ports().named;
    let reads = 0;
    const connect = () => ({
      ...world.ports(),
      named: {
        read: (names: readonly string[]) => {
          reads += 1;
          if (reads === 4) for (const [name, text] of slow) world.texts.set(name, text);
          return named.read(names);
        },
      },
    });
    expect(await receive({ receiveCount: 2, room: { connect } })).toBe(true);
    expect(answer()).toMatchObject({ Status: 'SUCCESS' });
  });

  /** What a first receive asks. */
  async function noncesOf(): Promise<readonly string[]> {
    const before = world.cluster;
    world.cluster = () => WEAK;
    await receive();
    world.cluster = before;
    world.answers.length = 0;
    return world.asks.map((body) => String(fieldsOf(body)['nonce']));
  }
});

describe('when the time is over', () => {
  test('a weak cluster is refused, with the reasons and what to do', async () => {
    world.cluster = () => WEAK;
    expect(await receive({ agoSeconds: 600 })).toBe(true);
    expect(answer()).toMatchObject({ Status: 'FAILED', PhysicalResourceId: 'old' });
    expect(answer()['Reason']).toMatch(/^after 600 seconds cluster 'core' .*voterSilent: look at etcd/);
  });

  test('a cluster that is whole by now is let through all the same', async () => {
    expect(await receive({ agoSeconds: 620 })).toBe(true);
    expect(answer()).toMatchObject({ Status: 'SUCCESS' });
  });

  test('of a Create it gets the marker of a failed one', async () => {
    world.cluster = () => WEAK;
    const changes = { RequestType: 'Create', PhysicalResourceId: undefined };
    await receive({ agoSeconds: 600, changes });
    expect(answer()).toMatchObject({ Status: 'FAILED', PhysicalResourceId: 'failed-request-Update' });
  });

  test('an hour is cut short, so that CloudFormation hears the reason', async () => {
    world.cluster = () => WEAK;
    expect(await receive({ properties: { TimeoutSeconds: '3600' }, agoSeconds: 3_540 })).toBe(true);
    expect(world.answers).toHaveLength(1);
  });

  test('it is refused before the queue would give it to the dead', async () => {
    world.cluster = () => WEAK;
    expect(await receive({ receiveCount: 900 })).toBe(true);
    expect(answer()).toMatchObject({ Status: 'FAILED' });
  });
});

describe('nothing is held up', () => {
  test('in a rollback, with the cluster without quorum and membership dead', async () => {
    world.stackStatus = 'UPDATE_ROLLBACK_IN_PROGRESS';
    world.cluster = null;
    world.texts.clear();
    const startedAtMs = world.nowMs;
    expect(await receive()).toBe(true);
    expect(answer()).toMatchObject({ Status: 'SUCCESS', Reason: expect.stringContaining('was not judged') });
    expect(world.nowMs).toBe(startedAtMs);
  });

  test('in a rollback that begins while it waits', async () => {
    world.cluster = () => WEAK;
    expect(await receive()).toBe(false);
    world.stackStatus = 'UPDATE_ROLLBACK_IN_PROGRESS';
    expect(await receive({ receiveCount: 2, agoSeconds: 25 })).toBe(true);
    expect(answer()).toMatchObject({ Status: 'SUCCESS' });
  });

  test('by a cluster that is not founded, unless its voters are asked for', async () => {
    for (const name of ['bootstrap', 'endpoints', 'peers', 'status']) world.texts.delete(name);
    world.cluster = null;
    expect(await receive({ properties: { Require: { Voters: '3' } } })).toBe(false);
    expect(await receive()).toBe(true);
    expect(answer()).toMatchObject({ Status: 'SUCCESS', Data: { Voters: '0' } });
  });

  test.each([
    ['that CloudFormation does not tell of', new OperationError('AWS_THROTTLED', 'nextLook', 'slow down')],
    ['that may not be asked for', new OperationError('AWS_DENIED', 'never', 'denied')],
  ])('but a stack %s is not taken for one that goes back', async (_, error) => {
    world.cluster = () => WEAK;
    const stackStatus = { statusOf: () => Promise.reject(error) };
    expect(await receive({ room: { connect: () => ({ ...world.ports(), stackStatus }) } })).toBe(false);
    expect(world.lines.join('')).toContain('gate.troubled');
  });
});

describe('a frozen cluster', () => {
  test('is waited for, and the refusal says that it is frozen', async () => {
    world.texts.set(
      'config',
      JSON.stringify({ version: 1, size: 3, stackId: 'arn:stack/core', frozen: true }),
    );
    world.cluster = null;
    expect(await receive()).toBe(false);
    await receive({ agoSeconds: 600 });
    expect(answer()['Reason']).toContain('the cluster is frozen by its configuration (frozen: correct');
  });
});

describe('an autopilot that only looks on', () => {
  const connect = () => ({ ...world.ports(), isDry: true });

  test('publishes nothing, so a gate says that at once and does not wait for it', async () => {
    world.cluster = null;
    const startedAtMs = world.nowMs;
    expect(await receive({ room: { connect } })).toBe(true);
    expect(answer()).toMatchObject({ Status: 'FAILED', Reason: expect.stringContaining('runs with DryRun') });
    expect(world.nowMs).toBe(startedAtMs);
  });

  test('holds up no rollback', async () => {
    world.cluster = null;
    world.stackStatus = 'UPDATE_ROLLBACK_IN_PROGRESS';
    await receive({ room: { connect } });
    expect(answer()).toMatchObject({ Status: 'SUCCESS' });
  });
});

describe('an answer that nobody takes', () => {
  test.each([null, 403, 503])(
    'is offered again, and given up a minute after the time is over: %s',
    async (says) => {
      world.urlSays = says;
      expect(await receive()).toBe(false);
      expect(await receive({ agoSeconds: 640 })).toBe(false);
      expect(await receive({ agoSeconds: 660 })).toBe(true);
      expect(world.lines.join('')).toContain('gate.abandoned');
      expect(world.lines.join('')).toContain('ANSWER_UNDELIVERED');
    },
  );

  test('is told without the URL, as everything is', async () => {
    world.urlSays = null;
    await receive();
    world.urlSays = 200;
    await receive();
    world.cluster = () => WEAK;
    await receive();
    expect(world.lines.join('')).not.toContain(RESPONSE_URL);
    expect(world.lines.join('')).not.toContain('bucket.s3');
    expect(world.lines.join('')).not.toContain('secret');
  });
});

describe('what should not be', () => {
  const broken = () => {
    throw new OperationError('CONFIG_INVALID', 'never', 'QUEUE_URL is not set');
  };

  test('a broken deployment is told, and answered when the time is over', async () => {
    expect(await receive({ room: { connect: broken } })).toBe(false);
    expect(world.lines.join('')).toContain('"event":"room.failed"');
    expect(await receive({ agoSeconds: 600, room: { connect: broken } })).toBe(true);
    expect(answer()).toMatchObject({ Status: 'FAILED', Reason: 'the gate failed: QUEUE_URL is not set' });
  });

  test('properties of another version of the functions are refused, or pass in a rollback', async () => {
    expect(await receive({ properties: { Extra: 'x' } })).toBe(true);
    expect(answer()).toMatchObject({ Status: 'FAILED', Reason: 'Extra is not a known setting' });
    world.answers.length = 0;
    world.stackStatus = 'UPDATE_ROLLBACK_IN_PROGRESS';
    await receive({ properties: { Extra: 'x' } });
    expect(answer()).toMatchObject({
      Status: 'SUCCESS',
      PhysicalResourceId: `core@${STACK}#gate/BeforeGate`,
    });
  });

  test('a reading that hangs does not outlive the function', async () => {
    const named = { read: () => new Promise<never>(() => {}) };
    const done = receive({ room: { connect: () => ({ ...world.ports(), named }) } });
    await vi.advanceTimersByTimeAsync(15_000);
    expect(await done).toBe(false);
  });

  test('a reading that fails is told, and no status', async () => {
    const error = new OperationError('AWS_DENIED', 'never', 'denied');
    const named = { read: () => Promise.reject(error) };
    await receive({ agoSeconds: 600, room: { connect: () => ({ ...world.ports(), named }) } });
    expect(answer()['Reason']).toContain('the status cannot be read: denied');
  });

  test('a message that nobody can read is kept apart, once', async () => {
    const record = {
      messageId: 'm1',
      body: JSON.stringify({ etcdAutopilot: 1, request: 'gate' }),
      attributes: {},
    };
    const result = await workOnBatch(world.room(), [record], lambdaContext(20_000));
    expect(result).toEqual({ batchItemFailures: [] });
    expect(world.kept).toEqual([expect.stringContaining('the event is not an object')]);
  });
});

test('of several requests each is answered for itself: nobody waits for another', async () => {
  world.cluster = () => WEAK;
  const record = (id: string, properties: object) =>
    recordOf({
      id,
      body: bodyOf(properties, { RequestId: id, LogicalResourceId: id }),
      sentAtMs: world.nowMs,
      receiveCount: 1,
    });
  const records = [record('m1', {}), record('m2', { Extra: 'x' }), record('m3', {})];
  const result = await workOnBatch(world.room(), records, lambdaContext(20_000));
  expect(result.batchItemFailures).toEqual([{ itemIdentifier: 'm1' }, { itemIdentifier: 'm3' }]);
  expect(world.answers).toHaveLength(1);
});

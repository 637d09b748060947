import type { Context } from 'aws-lambda';
import { beforeEach, describe, expect, test } from 'vitest';
import { encodeStatus } from '../../functions/core/status.ts';
import { createHandler } from '../../functions/termination-policy/handler.ts';
import { groupOf, idOf, instance, NOW, statusOf, voter } from '../core/termination/worlds.ts';
import { denied, eventOf, World } from './world.ts';

let world: World;
beforeEach(() => {
  world = new World();
});

const NOBODY = { InstanceIDs: [] };
const FOLLOWER = { InstanceIDs: [idOf('b')] };
const codes = () => world.lines.at(-1)?.['waitKinds'];

describe('asked who may go', () => {
  test('it asks membership for a look that is answered in any case, and believes that answer', async () => {
    expect(await world.ask()).toEqual(FOLLOWER);
    expect(world.looks).toEqual([
      {
        cluster: 'core',
        body: {
          etcdAutopilot: 1,
          request: 'look',
          cluster: 'core',
          from: 'termination-policy',
          nonce: `req-1/${NOW}`,
          answer: true,
        },
      },
    ]);
    expect(world.nowMs - NOW).toBe(400);
  });

  test('it believes the answer, and not what stood there before', async () => {
    world.onLook = (nonce) =>
      world.answerIn(300, nonce, { voters: [voter('a'), voter('b', { answers: false }), voter('c')] });
    expect(await world.ask(eventOf('ac'))).toEqual(NOBODY);
    expect(codes()).toEqual(['voterSilent', 'toleratesTooFew']);
  });

  test('it waits for the answer however young the status is: leadership may have moved since', async () => {
    const at = new Date(NOW - 10).toISOString();
    world.parameters.set('status', encodeStatus(statusOf('abc', { at, leader: idOf('a') })));
    world.onLook = (nonce) => world.answerIn(500, nonce, { leader: idOf('b') });
    expect(await world.ask(eventOf('bc'))).toEqual({ InstanceIDs: [idOf('c')] });
  });

  test('a status of the last seconds is good enough when no answer comes, and one of a minute ago is not', async () => {
    world.onLook = () => {};
    expect(await world.ask()).toEqual(NOBODY);
    expect(codes()).toEqual(['notTold']);
    const recent = new Date(world.nowMs - 5_000).toISOString();
    world.parameters.set('status', encodeStatus(statusOf('abc', { at: recent })));
    expect(await world.ask()).toEqual(FOLLOWER);
  });

  test('an answer to somebody else is no answer', async () => {
    world.onLook = () => world.answerIn(100, 'other/1', { at: new Date(NOW - 60_000).toISOString() });
    expect(await world.ask()).toEqual(NOBODY);
  });

  test('a look that cannot be asked for is told, and the schedule may have looked just now', async () => {
    world.failures.look = denied();
    world.parameters.set(
      'status',
      encodeStatus(statusOf('abc', { at: new Date(NOW - 4_000).toISOString() })),
    );
    expect(await world.ask()).toEqual(FOLLOWER);
    expect(world.lines.map(({ event }) => event)).toEqual(['look.notAsked', 'termination.answered']);
  });

  test('it reads no parameters but those it needs', async () => {
    await world.ask();
    const names = ['config', 'bootstrap', 'endpoints', 'peers', 'status', 'teardown'];
    expect(world.reads[0]).toEqual(names.map((name) => `/etcd-autopilot/core/${name}`));
  });
});

describe('what it says of itself', () => {
  test('one line, and one figure for whom it named', async () => {
    await world.ask();
    expect(world.lines).toEqual([
      expect.objectContaining({
        event: 'termination.answered',
        level: 'info',
        cluster: 'core',
        name: 'etcd-core',
        trigger: 'SCALE_IN',
        outcome: 'chosen',
        because: 'follower',
        instanceId: idOf('b'),
      }),
    ]);
    expect(world.figures).toEqual([
      expect.objectContaining({ cluster: 'core', TerminationChosen: 1, TerminationHeld: 0 }),
    ]);
  });

  test('each reason to hold is told in words and counted', async () => {
    world.onLook = (nonce) => world.answerIn(100, nonce, { leader: null });
    await world.ask();
    expect(world.lines.at(-1)).toMatchObject({
      outcome: 'held',
      because: expect.stringMatching(/^the voters know no leader: wait for an election/),
    });
    expect(world.figures).toEqual([
      expect.objectContaining({ TerminationHeld: 1, TerminationHeld_noLeader: 1 }),
    ]);
  });
});

describe('groups that are none of its business', () => {
  test.each([
    ['no tag of ours', new Map<string, string>(), 'notOurs'],
    [
      'workers',
      new Map([
        ['etcd-autopilot:cluster', 'core'],
        ['etcd-autopilot:role', 'worker'],
      ]),
      'notMembers',
    ],
  ])('are not held up: %s', async (_, tags, because) => {
    world.group = groupOf(
      [...'abc'].map((letter) => instance(letter)),
      { tags },
    );
    expect(await world.ask()).toEqual({ InstanceIDs: ['a', 'b', 'c'].map(idOf) });
    expect(world.lines).toEqual([expect.objectContaining({ outcome: 'free', because })]);
    expect(world.looks).toEqual([]);
  });

  test('one that its stack is deleting without having said so before is let go', async () => {
    const tags = new Map([
      ['etcd-autopilot:cluster', 'core'],
      ['etcd-autopilot:role', 'member'],
      ['aws:cloudformation:stack-name', 's'],
      ['aws:cloudformation:logical-id', 'G'],
    ]);
    world.group = groupOf([instance('a')], { tags, desiredCapacity: 0 });
    world.isDeleting = true;
    expect(await world.ask(eventOf('a'))).toEqual({ InstanceIDs: [idOf('a')] });
    world.isDeleting = false;
    world.onLook = (nonce) => world.answerIn(100, nonce, statusOf('a'));
    expect(await world.ask(eventOf('a'))).toEqual(NOBODY);
    expect(codes()).toEqual(['lastVoter']);
  });

  test('in a dry run it changes nothing, so it lets the platform choose', async () => {
    world.dryRun = true;
    world.onLook = () => {};
    expect(await world.ask()).toEqual({ InstanceIDs: ['a', 'b', 'c'].map(idOf) });
    expect(world.lines.at(-1)).toMatchObject({ because: 'dryRun' });
  });
});

describe('trouble of its own names nobody', () => {
  test.each([
    ['an event that is none', { event: { hello: 1 } }, 'eventUnreadable'],
    ['a group that nobody knows', { group: null }, 'groupUnknown'],
    ['Auto Scaling that denies', { groups: denied() }, 'failed'],
    ['Parameter Store that denies', { parameters: denied() }, 'failed'],
    ['a deployment that is wrong', { connect: denied() }, 'failed'],
    ['a bug', { groups: new TypeError('x is not a function') }, 'failed'],
  ] as const)('%s', async (_, trouble, code) => {
    if ('group' in trouble) world.group = null;
    if ('groups' in trouble) world.failures.groups = trouble.groups;
    if ('parameters' in trouble) world.failures.parameters = trouble.parameters;
    if ('connect' in trouble) world.failures.connect = trouble.connect;
    expect(await world.ask('event' in trouble ? trouble.event : eventOf('abc'))).toEqual(NOBODY);
    expect(codes()).toEqual([code]);
    expect(world.lines.at(-1)).toMatchObject({ level: 'error' });
  });

  test('CloudFormation that does not say whether it deletes the group', async () => {
    const tags = new Map([
      ...(world.group?.tags ?? []),
      ['aws:cloudformation:stack-name', 's'],
      ['aws:cloudformation:logical-id', 'G'],
    ] as const);
    world.group = groupOf(
      [...'abc'].map((letter) => instance(letter)),
      { tags, desiredCapacity: 0 },
    );
    world.isDeleting = denied();
    expect(await world.ask()).toEqual(NOBODY);
    expect(codes()).toEqual(['failed']);
  });
});

describe('its answer is in time', () => {
  const took = async (work: Promise<unknown>): Promise<number> => {
    const before = performance.now();
    await work;
    return performance.now() - before;
  };

  test('when nothing answers at all', async () => {
    world.callMs = Number.POSITIVE_INFINITY;
    const answer = world.ask();
    expect(await took(answer)).toBeLessThan(1_900);
    expect(await answer).toEqual(NOBODY);
    expect(codes()).toEqual(['late']);
  });

  test('also of a cold function, whose load the platform waited for, and by the time that Lambda leaves', async () => {
    world.callMs = Number.POSITIVE_INFINITY;
    expect(await took(world.ask(eventOf('abc'), { lostMs: 1_300 }))).toBeLessThan(700);
    expect(await took(world.ask(eventOf('abc'), { remainingMs: 600 }))).toBeLessThan(650);
  });

  test('and waits no longer for an answer of membership than there is time to give its own', async () => {
    world.onLook = () => {};
    world.callMs = 90;
    await world.ask();
    expect(world.nowMs - NOW).toBeLessThan(1_800);
    expect(world.reads.length).toBeGreaterThan(3);
  });
});

describe('the handler', () => {
  const context = { awsRequestId: 'req-1', getRemainingTimeInMillis: () => 2_000 } as Context;

  test('counts the load of its process once, and not that of one that waited for work', async () => {
    world.onLook = () => {};
    const spent: number[] = [];
    const handle = async (handler: ReturnType<typeof createHandler>) => {
      const before = world.nowMs;
      await handler(eventOf('abc'), context);
      spent.push(world.nowMs - before);
    };
    const cold = createHandler(world.room, () => 1_000);
    await handle(cold);
    await handle(cold);
    await handle(createHandler(world.room, () => 60_000));
    expect(spent).toEqual([600, 1_600, 1_600]);
  });
});

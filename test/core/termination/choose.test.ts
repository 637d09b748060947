import { describe, expect, test } from 'vitest';
import { encodeStatus, type Status } from '../../../functions/core/status.ts';
import {
  type Choice,
  chooseLeaver,
  clusterOf,
  freely,
  type TerminationSight,
  tellingOf,
} from '../../../functions/core/termination/choose.ts';
import { groupOf, idOf, instance, NOW, requestOf, sight, statusOf, voter } from './worlds.ts';

const chosen = (letter: string, because = 'follower') => ({
  kind: 'chosen',
  instanceId: idOf(letter),
  because,
});
const choose = (changes: Parameters<typeof sight>[0] = {}): Choice => chooseLeaver(sight(changes));

/** The codes of what holds, or the choice itself when nothing does. */
function heldBy(changes: Parameters<typeof sight>[0]): unknown {
  const choice = choose(changes);
  return choice.kind === 'held' ? choice.shortfalls.map(({ code }) => code) : choice;
}

describe('while the cluster is whole', () => {
  test('one follower is named, however many are wanted', () => {
    expect(choose({ request: requestOf('abcde', 'SCALE_IN', 4) })).toEqual(chosen('b'));
  });

  test.each([...'abcde'])('the leader %s is not named while a follower is suggested', (leader) => {
    const status = statusOf('abcde', { leader: idOf(leader) });
    for (const cause of [
      'SCALE_IN',
      'INSTANCE_REFRESH',
      'MAX_INSTANCE_LIFETIME',
      'REBALANCE',
      'OTHER',
    ] as const) {
      const choice = choose({ status, request: requestOf('abcde', cause) });
      expect(choice).toMatchObject({ kind: 'chosen' });
      expect(choice).not.toMatchObject({ instanceId: idOf(leader) });
    }
  });

  test('the leader is named when nobody else is suggested', () => {
    expect(choose({ request: requestOf('a') })).toEqual(chosen('a', 'leader'));
  });

  test('nobody is named whom the platform did not suggest', () => {
    expect(choose({ request: requestOf('d') })).toEqual(chosen('d'));
    expect(heldBy({ request: requestOf('') })).toEqual(['nobodyLeft']);
    expect(heldBy({ request: requestOf('f') })).toEqual(['nobodyLeft']);
  });

  test('a protected instance is named only where its protection does not count', () => {
    const group = groupOf([instance('a'), instance('b', { isProtected: true }), instance('c')]);
    const status = statusOf('abc');
    const of = (cause: 'SCALE_IN' | 'REBALANCE' | 'INSTANCE_REFRESH') =>
      choose({ group, status, request: requestOf('abc', cause) });
    expect(of('SCALE_IN')).toEqual(chosen('c'));
    expect(of('REBALANCE')).toEqual(chosen('c'));
    expect(of('INSTANCE_REFRESH')).toEqual(chosen('b'));
  });
});

describe('the order', () => {
  const whole = (changes: Readonly<Record<string, Partial<ReturnType<typeof instance>>>>) =>
    groupOf(
      [...'abcde'].map((letter) => instance(letter, changes[letter] ?? {})),
      { desiredCapacity: 3 },
    );

  test('has whom the group counts as unhealthy before all that are well', () => {
    expect(choose({ group: whole({ d: { health: 'Unhealthy' } }) })).toEqual(chosen('d', 'unhealthy'));
  });

  test('has even an unhealthy leader after a follower', () => {
    expect(choose({ group: whole({ a: { health: 'Unhealthy' } }) })).toEqual(chosen('b'));
  });

  test('has who has no vote before who has', () => {
    const group = groupOf(
      [...'abcd'].map((letter) => instance(letter)),
      { desiredCapacity: 3 },
    );
    expect(choose({ group, status: statusOf('abc'), request: requestOf('abcd') })).toEqual(
      chosen('d', 'notVoter'),
    );
  });

  test.each([
    ['an older version', { template: { id: 'lt-0a', version: 1 } }],
    ['another launch template', { template: { id: 'lt-0b', version: 9 } }],
    ['a launch configuration', { template: null }],
  ])('has %s before the newest version', (_, old) => {
    const newest = { template: { id: 'lt-0a', version: 2 } };
    const group = whole({ a: newest, b: newest, c: newest, d: old, e: newest });
    expect(choose({ group })).toEqual(chosen('d'));
  });

  test('has the most crowded zone first, then the zone that the platform names', () => {
    const far = { zone: 'eu-west-1b' };
    expect(choose({ group: whole({ c: far, d: far, e: far }) })).toEqual(chosen('c'));
    const even = groupOf([instance('a'), instance('b'), instance('c', far), instance('d', far)]);
    const request = requestOf('abcd', 'SCALE_IN', 1, 'eu-west-1b');
    expect(choose({ group: even, status: statusOf('abcd', { desired: 4 }), request })).toEqual(chosen('c'));
  });

  test('does not count in a zone who is leaving it', () => {
    const far = { zone: 'eu-west-1b' };
    const gone = { zone: 'eu-west-1a', lifecycle: 'Terminating:Retained' };
    const group = whole({ a: gone, b: gone, c: far, d: far });
    const status = statusOf('cde', { leader: idOf('e') });
    expect(choose({ group, status, request: requestOf('ecd') })).toEqual(chosen('c'));
  });

  test('of equals is that of the platform', () => {
    expect(choose({ request: requestOf('edcb') })).toEqual(chosen('e'));
  });

  test('asks for the template before the zones, and for the zones only then', () => {
    const newest = { template: { id: 'lt-0a', version: 2 } };
    const group = whole({ a: newest, b: newest, c: newest, d: newest, e: { zone: 'eu-west-1b' } });
    expect(choose({ group })).toEqual(chosen('e'));
  });
});

describe('while the cluster does not tolerate a failure', () => {
  test.each([
    [
      'a voter is silent',
      { voters: [...'abd'].map((l) => voter(l)).concat(voter('c', { answers: false })) },
      'voterSilent',
    ],
    [
      'a voter is behind',
      { voters: [...'abd'].map((l) => voter(l)).concat(voter('c', { lag: 9_999 })) },
      'voterBehind',
    ],
    ['nobody leads', { leader: null }, 'noLeader'],
    ['an alarm is raised', { alarms: ['NOSPACE'] }, 'alarmRaised'],
    ['somebody joins', { learners: [{ name: idOf('f'), id: 'f', answers: true }] }, 'learnerPresent'],
    [
      'a voter waits in a hook',
      { shortfalls: [{ code: 'changeInFlight', subject: idOf('b') }] },
      'changeInFlight',
    ],
    ['a member reboots', { shortfalls: [{ code: 'rebooting', subject: idOf('b') }] }, 'rebooting'],
    ['two clusters show', { shortfalls: [{ code: 'foreignCluster', subject: '9' }] }, 'foreignCluster'],
    ['no voter answers', { shortfalls: [{ code: 'noVoterAnswers', subject: null }] }, 'noVoterAnswers'],
    ['it is whole since a moment ago', { steadySince: new Date(NOW - 3_000).toISOString() }, 'unstable'],
    ['an older version wrote the status', { shortfalls: null }, 'statusOld'],
  ])('nobody is named: %s', (_, changes, code) => {
    // The leader and a follower that is well are suggested: the trouble is another's.
    expect(heldBy({ status: statusOf('abcde', changes), request: requestOf('ae') })).toContain(code);
  });

  test('a follower that is silent may go, alone, since it takes nothing with it', () => {
    const status = statusOf('abc', {
      voters: [voter('a'), voter('b'), voter('c', { answers: false })],
      steadySince: null,
    });
    const group = groupOf([...'abc'].map((letter) => instance(letter)));
    expect(choose({ group, status, request: requestOf('abc') })).toEqual(chosen('c', 'failing'));
    expect(heldBy({ group, status, request: requestOf('ab') })).toEqual(['voterSilent', 'toleratesTooFew']);
  });

  test('one that is behind may go as one that is silent, and is held when another is in trouble too', () => {
    const behind = voter('c', { lag: 5_000, behind: true });
    const group = groupOf([...'abc'].map((letter) => instance(letter)));
    const request = requestOf('abc');
    const status = (b: ReturnType<typeof voter>) =>
      statusOf('abc', { voters: [voter('a'), b, behind], steadySince: null });
    expect(choose({ group, request, status: status(voter('b')) })).toEqual(chosen('c', 'failing'));
    expect(heldBy({ group, request, status: status(voter('b', { answers: false })) })).toContain(
      'voterSilent',
    );
  });

  test.each([
    [{ learners: [{ name: idOf('d'), id: 'd', answers: true }] }],
    [{ shortfalls: [{ code: 'changeInFlight', subject: idOf('d') }] }],
  ])('a newcomer that does not come in may go although it is the trouble: %j', (changes) => {
    const group = groupOf(
      [...'abcd'].map((letter) => instance(letter)),
      { desiredCapacity: 3 },
    );
    const status = statusOf('abc', { ...changes, steadySince: null });
    expect(choose({ group, status, request: requestOf('abcd') })).toEqual(chosen('d', 'notVoter'));
    expect(heldBy({ group, status, request: requestOf('abc') })).toHaveLength(1);
  });

  test('one that holds the lock for reboots is not taken while it is down', () => {
    const group = groupOf([...'abc'].map((letter) => instance(letter)));
    const status = statusOf('abc', {
      voters: [voter('a'), voter('b'), voter('c', { answers: false })],
      shortfalls: [{ code: 'rebooting', subject: idOf('c') }],
      steadySince: null,
    });
    expect(heldBy({ group, status, request: requestOf('abc') })).toContain('rebooting');
  });

  test('of two voters the silent one is not taken: without it nobody could tell that it left', () => {
    const group = groupOf([instance('a'), instance('b')], { desiredCapacity: 1 });
    const status = statusOf('ab', {
      voters: [voter('a'), voter('b', { answers: false })],
      steadySince: null,
    });
    expect(heldBy({ group, status, request: requestOf('ab') })).toContain('voterSilent');
  });
});

describe('one at a time', () => {
  const leaving = (lifecycle: string, letters = 'abde') =>
    heldBy({
      group: groupOf([...'abde'].map((letter) => instance(letter)).concat(instance('c', { lifecycle })), {
        desiredCapacity: 3,
      }),
      status: statusOf(letters),
      request: requestOf('abde'),
    });

  test.each(['Terminating', 'Terminating:Wait', 'Terminating:Proceed', 'Terminating:Retained'])(
    'nobody follows a member in %s, whatever the status says of the cluster',
    (lifecycle) => {
      expect(leaving(lifecycle, 'abcde')).toEqual(['leaverPresent']);
    },
  );

  test('one whose member is removed is waited for until its hook is answered', () => {
    expect(leaving('Terminating:Wait')).toEqual(['leaverPresent']);
    expect(leaving('Terminating:Proceed')).toEqual(chosen('b'));
    expect(leaving('Terminating:Retained')).toEqual(chosen('b'));
  });

  test('one that is on its way is not named again', () => {
    const group = groupOf([
      instance('a'),
      instance('b'),
      instance('c', { lifecycle: 'Terminating:Proceed' }),
    ]);
    expect(heldBy({ group, status: statusOf('ab', { desired: 2 }), request: requestOf('c') })).toEqual([
      'nobodyLeft',
    ]);
  });
});

describe('the size that the group wants', () => {
  test('is what Auto Scaling says now, not what the status said before', () => {
    const group = groupOf(
      [...'abcd'].map((letter) => instance(letter)),
      { desiredCapacity: 3 },
    );
    expect(choose({ group, status: statusOf('abcd', { desired: 5 }), request: requestOf('abcd') })).toEqual(
      chosen('b'),
    );
  });

  test('of one is reached from three, one after the other', () => {
    const at = (letters: string) =>
      choose({
        group: groupOf(
          [...letters].map((letter) => instance(letter)),
          { desiredCapacity: 1 },
        ),
        status: statusOf(letters, { desired: 1 }),
        request: requestOf(letters),
      });
    expect(at('abc')).toEqual(chosen('b'));
    expect(at('ab')).toEqual(chosen('b'));
    expect(at('a')).toEqual(chosen('a', 'leader')); // a refresh: its replacement comes first
  });

  test('S29 of none takes the followers, and never the last voter', () => {
    const at = (letters: string) =>
      heldBy({
        group: groupOf(
          [...letters].map((letter) => instance(letter)),
          { desiredCapacity: 0 },
        ),
        status: statusOf(letters, { desired: 0 }),
        request: requestOf(letters),
      });
    expect(at('ab')).toEqual(chosen('b'));
    expect(at('a')).toEqual(['lastVoter']);
  });
});

describe('the platform may choose as it likes', () => {
  const ids = [...'abcde'].map(idOf);

  test.each([
    ['the group is being deleted', { isGroupDeleting: true }],
    ['the deletion of the cluster is recorded', { more: { teardown: '{}' } }],
  ] as const)('when %s, frozen and silent as the cluster may be', (_, changes) => {
    const status = statusOf('abcde', { leader: null });
    expect(choose({ ...changes, status, config: { frozen: true }, telling: 'old' })).toEqual({
      kind: 'free',
      instanceIds: ids,
      because: 'deleting',
    });
  });

  test('when no cluster was founded yet', () => {
    const bare = groupOf([instance('a')], { tags: new Map([['etcd-autopilot:cluster', 'core']]) });
    const world: TerminationSight = {
      ...sight(),
      group: bare,
      texts: new Map([['config', '{}']]),
      telling: 'old',
    };
    expect(chooseLeaver(world)).toMatchObject({ kind: 'free', because: 'notFounded' });
  });

  test('but not when only the parameters of a founded cluster are gone', () => {
    const world: TerminationSight = { ...sight(), texts: new Map([['config', '{}']]) };
    expect(chooseLeaver(world).kind).toBe('held');
  });

  test.each([
    [new Map(), { free: 'notOurs' }],
    [
      new Map([
        ['etcd-autopilot:cluster', 'core'],
        ['etcd-autopilot:role', 'worker'],
      ]),
      { free: 'notMembers' },
    ],
    [
      new Map([
        ['etcd-autopilot:cluster', 'core'],
        ['etcd-autopilot:role', 'member'],
      ]),
      { cluster: 'core' },
    ],
  ] as const)('in a group that is not of members: %j', (tags, owner) => {
    expect(clusterOf(groupOf([], { tags }))).toEqual(owner);
  });

  test('of all that it suggested', () => {
    expect(freely(requestOf('ab'), 'notOurs')).toMatchObject({ instanceIds: [idOf('a'), idOf('b')] });
  });
});

describe('what is not known', () => {
  test.each([
    ['a frozen cluster', { config: { frozen: true } }, ['frozen']],
    ['a frozen cluster that nobody looks after', { config: { frozen: true }, telling: 'old' }, ['frozen']],
    ['settings that cannot be read', { more: { config: '{' } }, ['frozen']],
    ['a status of a while ago', { telling: 'old' }, ['notTold']],
    ['no status at all', { status: null }, ['statusOld']],
    ['a status that is none', { more: { status: 'hello' } }, ['statusOld']],
  ] as const)('%s names nobody', (_, changes, codes) => {
    expect(heldBy(changes)).toEqual(codes);
  });
});

describe('newcomers that can never join', () => {
  const stuck = (status: Partial<Status>): TerminationSight => ({
    ...sight({
      status: statusOf('abcde', {
        shortfalls: ['f', 'g'].map((letter) => ({ code: 'changeInFlight', subject: idOf(letter) })),
        steadySince: null,
        ...status,
      }),
    }),
    request: requestOf('abcdefg'),
    group: groupOf(
      [...'abcdefg'].map((letter) => instance(letter, letter > 'e' ? { lifecycle: 'Pending:Wait' } : {})),
      { desiredCapacity: 5 },
    ),
  });

  test('do not keep each other: one of them goes', () => {
    expect(chooseLeaver(stuck({}))).toEqual({ kind: 'chosen', instanceId: idOf('f'), because: 'notVoter' });
  });

  test('do not keep a voter that has failed', () => {
    const voters = [...'abcde'].map((letter) =>
      voter(letter, letter === 'c' ? { lag: 9_000, behind: true } : {}),
    );
    expect(chooseLeaver(stuck({ voters }))).toMatchObject({ kind: 'chosen', instanceId: idOf('c') });
  });

  test('keep no voter of more than the group wants, where the platform suggests none of them', () => {
    const world = stuck({});
    const shrinking = {
      ...world,
      request: requestOf('abcde'),
      group: { ...world.group, desiredCapacity: 4 },
    };
    expect(chooseLeaver(shrinking)).toEqual({ kind: 'chosen', instanceId: idOf('b'), because: 'follower' });
    const rest = [...'abcde'].map((letter) => voter(letter, { answers: letter !== 'd' }));
    const learning = { name: idOf('h'), id: 'h', answers: true };
    for (const status of [{ learners: [learning] }, { alarms: ['NOSPACE'] }])
      expect(heldBy({ ...stuck(status), request: shrinking.request, group: shrinking.group })).toContain(
        'changeInFlight',
      );
    expect(chooseLeaver({ ...stuck({ voters: rest }), group: shrinking.group })).toMatchObject({
      instanceId: idOf('d'),
    });
  });

  test('keep a voter that is well: they may be its replacements', () => {
    expect(heldBy({ ...stuck({}), request: requestOf('abcde') })).toEqual([
      'changeInFlight',
      'changeInFlight',
    ]);
  });
});

describe('how long the cluster has been calm', () => {
  const lookedAgo = (ageMs: number, calmMs: number) =>
    statusOf('abcde', {
      at: new Date(NOW - ageMs).toISOString(),
      steadySince: new Date(NOW - ageMs - calmMs).toISOString(),
    });

  test('is judged by the time of the look: nobody saw what has been since', () => {
    expect(heldBy({ telling: 'recent', status: lookedAgo(14_000, 9_000) })).toEqual(['unstable']);
    expect(chooseLeaver(sight({ telling: 'recent', status: lookedAgo(14_000, 10_000) })).kind).toBe('chosen');
  });

  test('is never judged by a time that has yet to come', () => {
    expect(heldBy({ status: lookedAgo(-9_000, 10_000) })).toEqual(['unstable']);
  });
});

describe('how well a status tells of now', () => {
  const texts = (asked: readonly string[], ageMs: number) =>
    new Map([['status', encodeStatus(statusOf('abc', { asked, at: new Date(NOW - ageMs).toISOString() }))]]);

  test.each([
    [['req-1/5'], 3_600_000, 'answer'],
    [['req-2/5', 'req-1/7'], 0, 'answer'],
    [['req-11/5'], 16_000, 'old'],
    [[], 0, 'recent'],
    [[], 15_000, 'recent'],
    [[], 15_001, 'old'],
    [[], -900, 'recent'],
    [[], -60_000, 'old'],
  ] as const)('asked %j, %i ms old: %s', (asked, ageMs, telling) => {
    expect(tellingOf(texts(asked, ageMs), 'req-1', NOW)).toBe(telling);
  });

  test('nothing, and what is no time, is old', () => {
    expect(tellingOf(new Map(), 'req-1', NOW)).toBe('old');
    const status = encodeStatus(statusOf('abc', { at: 'yesterday' }));
    expect(tellingOf(new Map([['status', status]]), 'req-1', NOW)).toBe('old');
  });
});

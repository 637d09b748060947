import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { InvariantError, invariant, OperationError, unreachable } from '../../functions/core/errors.ts';
import { eventsOf } from '../../functions/core/outgoing.ts';
import { pinnedClusterId } from '../../functions/core/pinned.ts';
import { encodeEndpoints, encodeInitialCluster, encodePeers } from '../../functions/core/published.ts';
import { clusterIdOf } from '../../functions/core/raft-ids.ts';
import { readRecords } from '../../functions/core/records.ts';
import { encodeStatus } from '../../functions/core/status.ts';
import { encodeTicket } from '../../functions/core/ticket.ts';
import { id, learner, member, NO_RECORDS, silent, unstarted } from '../support/observations.ts';
import { ACTIONS, TICKET } from '../support/samples.ts';
import { peerUrl, startedTicket } from '../support/tickets.ts';

describe('the lists that others read', () => {
  test('are the same text for the same members in any order, without doubles', () => {
    const order = fc.uniqueArray(fc.integer({ min: 1, max: 7 }), { minLength: 1 });
    fc.assert(
      fc.property(order, (numbers) => {
        const members = numbers.map((n) => member(n));
        const sorted = [...numbers].sort().map((n) => member(n));
        for (const encode of [encodeEndpoints, encodePeers, encodeInitialCluster]) {
          expect(encode([...members, ...members])).toBe(encode(sorted));
        }
      }),
    );
  });

  test('endpoints are those of voters that answer', () => {
    expect(encodeEndpoints([member(2), silent(3), learner(4), member(1)])).toBe(
      'http://10.0.0.1:2379,http://10.0.0.2:2379',
    );
  });

  test('peers are all voters that have started, silent ones too', () => {
    const founder = member(5, { started: false, clientUrl: null, answers: false });
    expect(encodePeers([member(1), silent(2), founder, learner(4)])).toBe(
      `${id(1)}=${peerUrl(1)},${id(2)}=${peerUrl(2)}`,
    );
  });

  test('a newcomer starts with exactly the members there are, itself by its instance', () => {
    expect(encodeInitialCluster([unstarted(4), member(1)])).toBe(
      `${id(1)}=${peerUrl(1)},${id(4)}=${peerUrl(4)}`,
    );
    const stranger = unstarted(9, { instanceId: null });
    expect(encodeInitialCluster([stranger])).toBe(`${stranger.id}=${peerUrl(9)}`);
  });

  test.each([[[]], [[silent(1)]], [[learner(1)]]])(
    'are never empty: that is a mistake of ours (%#)',
    (members) => {
      expect(() => encodeEndpoints(members)).toThrow(InvariantError);
    },
  );
});

describe('what stands in Parameter Store', () => {
  const ticketText = encodeTicket('core', TICKET);

  test('nothing is nothing', () => {
    expect(readRecords(new Map())).toEqual(NO_RECORDS);
  });

  test('a claim that cannot be read is named, not absent', () => {
    expect(readRecords(new Map([['bootstrap', 'x']]))).toMatchObject({
      claim: null,
      unreadable: ['bootstrap'],
    });
  });

  test('a ticket that cannot be read, or of somebody else, keeps its name only', () => {
    const texts = new Map([
      [`members/${id(2)}`, 'x'],
      [`members/${id(3)}`, ticketText],
      [`members/${TICKET.instanceId}`, ticketText],
    ]);
    const records = readRecords(texts);
    expect([...records.tickets.keys()]).toEqual([TICKET.instanceId]);
    expect(records.ticketNames).toEqual([...texts.keys()].sort());
  });

  test('a report that cannot be read keeps its name only', () => {
    const texts = new Map([[`reports/${id(1)}`, 'x']]);
    expect(readRecords(texts)).toMatchObject({ reports: [], reportNames: [`reports/${id(1)}`] });
  });

  test('a status that cannot be read is none, but its text stands', () => {
    expect(readRecords(new Map([['status', 'x']]))).toMatchObject({ status: null, statusText: 'x' });
    const text = encodeStatus(ACTIONS.publishStatus.status);
    expect(readRecords(new Map([['status', text]])).status).toEqual(ACTIONS.publishStatus.status);
  });
});

describe('the cluster id that must be', () => {
  const claim = { ...ACTIONS.writeClaim.claim, members: { [id(1)]: peerUrl(1) } };
  const status = { ...ACTIONS.publishStatus.status, clusterId: '55' };
  const tickets = new Map([[id(1), { ...startedTicket(member(1)), clusterId: '66' }]]);

  test.each([
    ['is the pinned one first', { claim, status, tickets }, '77'],
    [
      'else what the claim gives',
      { claim: { ...claim, clusterId: null }, status, tickets },
      clusterIdOf([peerUrl(1)], 't'),
    ],
    ['else what the status remembers', { claim: null, status, tickets }, '55'],
    ['else what a ticket remembers', { claim: null, status: null, tickets }, '66'],
    [
      'also for a claim that lost its token',
      { claim: { ...claim, token: '', clusterId: null }, status: null, tickets },
      '66',
    ],
    ['else unknown', { claim: null, status: { ...status, clusterId: null }, tickets: new Map() }, null],
  ])('%s', (_title, records, expected) => {
    expect(pinnedClusterId({ ...NO_RECORDS, ...records })).toBe(expected);
  });
});

describe('events out', () => {
  const { status } = ACTIONS.publishStatus;
  const publish = (over: object, previous: object | null = {}) =>
    eventsOf('core', {
      kind: 'publishStatus',
      status: { ...status, ...over },
      previous: previous === null ? null : { ...status, ...previous },
    }).map(({ detailType }) => detailType);

  test('a promotion is a member that joined, a removal one that left, with its reason', () => {
    expect(eventsOf('core', ACTIONS.promoteLearner)).toEqual([
      {
        detailType: 'Member Joined',
        detail: { cluster: 'core', memberId: '11', instanceId: ACTIONS.promoteLearner.instanceId },
      },
    ]);
    expect(eventsOf('core', ACTIONS.removeMember)[0]).toMatchObject({
      detailType: 'Member Left',
      detail: { cluster: 'core', because: 'terminating' },
    });
  });

  test.each([
    ['healthy', ['Health Changed']],
    ['degraded', ['Health Changed']],
    ['quorumLost', ['Health Changed', 'Quorum Lost']],
  ] as const)('%s is told when it was not so before', (health, detailTypes) => {
    expect(publish({ health }, null)).toEqual(detailTypes);
    expect(publish({ health }, { health })).toEqual([]);
  });

  test('a hook past half of its limit is told once', () => {
    const held = (subject: string) => ({ waits: [{ kind: 'hookPastHalf' as const, subject }] });
    expect(publish(held('i-1'))).toEqual(['Action Held']);
    expect(publish(held('i-1'), held('i-1'))).toEqual([]);
    expect(publish(held('i-2'), held('i-1'))).toEqual(['Action Held']);
  });

  test('everything else is nobody’s news', () => {
    const quiet = Object.values(ACTIONS).filter(
      ({ kind }) =>
        !['promoteLearner', 'removeMember', 'publishStatus', 'startRecovery', 'finishRecovery'].includes(
          kind,
        ),
    );
    expect(quiet.flatMap((action) => eventsOf('core', action))).toEqual([]);
  });
});

describe('errors', () => {
  test('carry code, advice, context and cause', () => {
    const cause = new Error('socket');
    const error = new OperationError('ETCD_UNAVAILABLE', 'nextLook', 'no answer', { endpoint: 'x' }, cause);
    expect(error).toMatchObject({
      name: 'OperationError',
      code: 'ETCD_UNAVAILABLE',
      retry: 'nextLook',
      cause,
    });
    expect(error.context).toEqual({ endpoint: 'x' });
    expect('cause' in new OperationError('AWS_GONE', 'never', 'gone')).toBe(false);
  });

  test('of ours are told from those of the world', () => {
    expect(() => invariant(false, 'no')).toThrow(InvariantError);
    expect(() => invariant(true, 'yes')).not.toThrow();
    const stray = () => Reflect.apply(unreachable, undefined, [{ kind: 'stray' }]);
    expect(stray).toThrow('unhandled variant: {"kind":"stray"}');
  });
});

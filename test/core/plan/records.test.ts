import { describe, expect, test } from 'vitest';
import { NO_MEMORY } from '../../../functions/core/memory.ts';
import type { Observation } from '../../../functions/core/observation.ts';
import { joiningTicket, planCleanup, planRecords } from '../../../functions/core/plan/records.ts';
import {
  CLUSTER_ID,
  id,
  instance,
  launching,
  machine,
  member,
  memberId,
  NOW_MS,
  observation,
  type Parts,
  silent,
  terminating,
  unstarted,
  view,
} from '../../support/observations.ts';
import { joining, openTicket, peerUrl, startedTicket } from '../../support/tickets.ts';

const viewOf = (world: Observation) => world.etcd.view ?? view([]);
const recordsOf = (parts: Parts) => {
  const world = observation(parts);
  return planRecords(world, viewOf(world)).actions;
};
const ticketsOf = (...numbers: readonly number[]) =>
  new Map(numbers.map((n) => [id(n), startedTicket(member(n))] as const));

describe('the ticket of a member', () => {
  test('is closed as soon as the member was seen', () => {
    const tickets = new Map([...ticketsOf(1, 2), [id(3), openTicket(member(3))]]);
    expect(recordsOf({ records: { tickets } })).toEqual([
      { kind: 'writeTicket', ticket: startedTicket(member(3)) },
    ]);
  });

  test('is written again when it was lost, or is of the member it was before', () => {
    expect(recordsOf({ records: { tickets: ticketsOf(1, 2) } })).toMatchObject([
      { ticket: { instanceId: id(3), state: 'started' } },
    ]);
    const tickets = new Map([...ticketsOf(1, 2), [id(3), { ...startedTicket(member(3)), memberId: '4711' }]]);
    expect(recordsOf({ records: { tickets } })).toMatchObject([{ ticket: { memberId: memberId(3) } }]);
  });

  test('opens when the member was added: it starts with exactly the members there are', () => {
    const members = [member(1), member(2), member(3), unstarted(4)];
    const tickets = new Map([...ticketsOf(1, 2, 3), [id(4), joining(member(4))]]);
    const memory = { ...NO_MEMORY, lookedAtMs: NOW_MS, unstartedSinceMs: { [memberId(4)]: NOW_MS } };
    const parts = {
      instances: [instance(1), instance(2), instance(3), launching(4)],
      view: view(members, { memory }),
    };
    const text = [1, 2, 3, 4].map((n) => `${id(n)}=${peerUrl(n)}`).join(',');
    expect(recordsOf({ ...parts, records: { tickets } })).toMatchObject([
      {
        ticket: {
          instanceId: id(4),
          state: 'ticket',
          memberId: memberId(4),
          start: { initialCluster: text, initialState: 'existing' },
        },
      },
    ]);
    const at = (initialCluster: string, initialState: 'existing' | 'new') => {
      const ticket = { ...openTicket(member(4)), start: { initialCluster, initialState } };
      return recordsOf({ ...parts, records: { tickets: new Map([...ticketsOf(1, 2, 3), [id(4), ticket]]) } });
    };
    expect(at(text, 'existing')).toEqual([]);
    // A member went, or came, while this one boots: etcd would refuse the list of before.
    expect(at(`${text},${id(5)}=${peerUrl(5)}`, 'existing')).toMatchObject([
      { ticket: { memberId: memberId(4), start: { initialCluster: text } } },
    ]);
    // A founder's ticket is written once.
    expect(at(`${text},${id(5)}=${peerUrl(5)}`, 'new')).toEqual([]);
  });

  test.each([
    [['3.6.14', '3.5.16', '3.6.2'], { oldestVersion: '3.5.16' }],
    [['3.10.0', '3.9.1', null], { oldestVersion: '3.9.1' }],
    [[null, null, null], {}],
    [['3.6.14-rc.1 or so', '', null], {}],
  ])('tells the machine of the oldest etcd among the voters: of %j', (versions, expected) => {
    const voters = versions.map((version, at) => ({ ...member(at + 1), version }));
    const members = [...voters, { ...unstarted(4), version: '3.4.23' }];
    const memory = { ...NO_MEMORY, lookedAtMs: NOW_MS, unstartedSinceMs: { [memberId(4)]: NOW_MS } };
    const [action] = recordsOf({
      instances: [instance(1), instance(2), instance(3), launching(4)],
      view: view(members, { memory }),
      records: { tickets: new Map([...ticketsOf(1, 2, 3), [id(4), joining(member(4))]]) },
    });
    const { oldestVersion } = action?.kind === 'writeTicket' ? action.ticket : { oldestVersion: 'no ticket' };
    expect(oldestVersion === undefined ? {} : { oldestVersion }).toEqual(expected);
  });

  test('is left alone where the instance leaves, or is none of the group', () => {
    expect(
      recordsOf({
        instances: [instance(1), instance(2), terminating(3)],
        records: { tickets: ticketsOf(1, 2) },
      }),
    ).toEqual([]);
    expect(
      recordsOf({ instances: [instance(1), instance(2)], records: { tickets: ticketsOf(1, 2) } }),
    ).toEqual([]);
  });

  test('never carries an address that EC2 does not give', () => {
    const instances = [instance(1), instance(2), instance(3, { address: null })];
    const records = { tickets: ticketsOf(1, 2) };
    expect(recordsOf({ instances, records })).toEqual([
      { kind: 'writeTicket', ticket: startedTicket(member(3)), edited: true },
    ]);
    const memory = { ...NO_MEMORY, lookedAtMs: NOW_MS, unstartedSinceMs: { [memberId(3)]: NOW_MS } };
    const seen = view([member(1), member(2), unstarted(3)], { memory });
    expect(recordsOf({ instances, view: seen, records })).toEqual([]);
  });

  test('announces a newcomer with the claim, token and id of the cluster', () => {
    const world = observation();
    expect(joiningTicket(world, viewOf(world), launching(4))).toEqual(joining(member(4)));
  });
});

describe('the claim', () => {
  const claim = { number: 3, token: 't', members: {}, claimedAt: 'then', clusterId: null };

  test('gets the cluster’s id as soon as a voter answers, and nothing else is revised', () => {
    expect(recordsOf({ records: { claim } })).toEqual([
      { kind: 'writeClaim', claim: { ...claim, clusterId: CLUSTER_ID }, because: 'pinned' },
    ]);
  });

  test('is rebuilt from the members, with the number of the tag and the token of a ticket', () => {
    const [action] = recordsOf({ records: { claim: null }, group: { bootstrapped: 3 } });
    expect(action).toMatchObject({
      kind: 'writeClaim',
      because: 'rebuilt',
      claim: { number: 3, token: 'core-1-token', clusterId: CLUSTER_ID, members: { [id(1)]: peerUrl(1) } },
    });
  });

  test('that cannot be read is told from one that is lost, which is written only if absent', () => {
    const [action] = recordsOf({ records: { claim: null, unreadable: ['bootstrap'] } });
    expect(action).toMatchObject({ kind: 'writeClaim', because: 'unreadable' });
  });

  test('is told in the group’s tag, which is repaired', () => {
    const pinned = { ...claim, clusterId: CLUSTER_ID };
    expect(recordsOf({ records: { claim: pinned }, group: { bootstrapped: null } })).toMatchObject([
      { kind: 'tagGroup', number: 3 },
    ]);
    expect(recordsOf({ records: { claim: pinned }, group: { bootstrapped: 3 } })).toEqual([]);
  });
});

describe('what is over is deleted', () => {
  const TERMINATED = machine(9, { state: 'terminated' });
  const cleanup = (parts: Parts) => {
    const world = observation(parts);
    return planCleanup(world, viewOf(world)).actions.flatMap((action) =>
      action.kind === 'removeParameters' ? action.names : [],
    );
  };
  const report = (n: number, of: string) => ({
    reportNames: [`reports/${id(n)}`],
    reports: [{ instanceId: id(n), kind: 'empty-disk', memberId: of } as const],
  });

  test('the ticket of an instance that is gone and no member any more', () => {
    const records = { ticketNames: [`members/${id(9)}`, `members/${id(3)}`, 'members/not-an-id'] };
    expect(cleanup({ records, machines: new Map([[id(9), TERMINATED]]) })).toEqual([`members/${id(9)}`]);
    expect(cleanup({ records, machines: new Map() })).toEqual([]);
    const members = [member(1), member(2), member(3), silent(9)];
    expect(cleanup({ records, members, machines: new Map([[id(9), TERMINATED]]) })).toEqual([]);
  });

  test.each([
    ['its member answers after all', { records: report(3, memberId(3)) }, true],
    [
      'its member is still silent',
      { records: report(3, memberId(3)), members: [member(1), member(2), silent(3)] },
      false,
    ],
    ['its instance has another ticket', { records: report(3, '4711') }, true],
    [
      'its instance still has the ticket that it refused',
      { records: report(3, memberId(3)), members: [member(1), member(2)] },
      false,
    ],
  ] satisfies readonly (readonly [string, Parts, boolean])[])('a report when %s', (_title, parts, isOver) => {
    const tickets = ticketsOf(1, 2, 3);
    expect(cleanup({ ...parts, records: { tickets, ...parts.records } })).toEqual(
      isOver ? [`reports/${id(3)}`] : [],
    );
  });

  test('a report of an instance that is gone, readable or not', () => {
    const machines = new Map([[id(9), TERMINATED]]);
    expect(cleanup({ records: report(9, '4711'), machines })).toEqual([`reports/${id(9)}`]);
    expect(cleanup({ records: { reportNames: [`reports/${id(9)}`] }, machines })).toEqual([
      `reports/${id(9)}`,
    ]);
    expect(cleanup({ records: { reportNames: [`reports/${id(9)}`] } })).toEqual([]);
  });
});

import { describe, expect, test } from 'vitest';
import { hooksOf, stageOf, waitsIn } from '../../functions/core/lifecycle.ts';
import {
  instanceOf,
  type Owners,
  statusesById,
  toMember,
  voterAnswers,
} from '../../functions/core/members.ts';
import { hookKey, learnersOf, votersOf } from '../../functions/core/observation.ts';
import type { MemberEntry, Probe } from '../../functions/core/ports.ts';
import { CLUSTER_ID, id, learner, member, memberId } from '../support/observations.ts';
import { joining, openTicket, peerUrl, startedTicket } from '../support/tickets.ts';

const entry = (n: number, over: Partial<MemberEntry> = {}): MemberEntry => ({
  id: memberId(n),
  name: id(n),
  peerUrls: [peerUrl(n)],
  clientUrls: [`http://10.0.0.${n}:2379`],
  isLearner: false,
  ...over,
});
const unnamed = (n: number, over: Partial<MemberEntry> = {}): MemberEntry =>
  entry(n, { name: '', clientUrls: [], isLearner: true, ...over });

const owners = (over: Partial<Owners> = {}): Owners => ({
  known: new Set([id(1), id(2)]),
  tickets: new Map(),
  peerUrls: new Map([
    [peerUrl(1), id(1)],
    [peerUrl(2), id(2)],
  ]),
  ...over,
});

type StatusProbe = Extract<Probe, { kind: 'status' }>;
const probe = (n: number, status: Partial<StatusProbe['status']> = {}, linearizable = true): StatusProbe => ({
  kind: 'status',
  endpoint: `http://10.0.0.${n}:2379`,
  linearizable,
  status: {
    memberId: memberId(n),
    clusterId: CLUSTER_ID,
    leaderId: memberId(1),
    isLearner: false,
    raftIndex: '9007199254740993',
    raftTerm: '2',
    version: '3.5.16',
    appliedIndex: null,
    revision: '1',
    dbSizeBytes: 1,
    dbSizeInUseBytes: 1,
    errors: [],
    ...status,
  },
});

describe('the stage of an instance', () => {
  test.each([
    ['Pending', 'arriving', null],
    ['Pending:Wait', 'arriving', 'launch'],
    ['Pending:Proceed', 'arriving', null],
    ['InService', 'inService', null],
    ['Terminating', 'leaving', null],
    ['Terminating:Wait', 'leaving', 'terminate'],
    ['Terminating:Proceed', 'leaving', null],
    ['Terminating:Retained', 'retained', null],
    ['Standby', 'aside', null],
    ['EnteringStandby', 'aside', null],
    ['Detaching', 'aside', null],
    ['Detached', 'aside', null],
    ['Quarantined', 'aside', null],
    ['ReplacingRootVolume', 'leaving', null],
    ['ReplacingRootVolume:Wait', 'leaving', 'terminate'],
    ['ReplacingRootVolume:Proceed', 'leaving', null],
    ['RootVolumeReplaced', 'aside', null],
    ['Warmed:Pending:Wait', 'warm', 'launch'],
    ['Warmed:Stopped', 'warm', null],
    ['Warmed:Running', 'warm', null],
    ['Warmed:Terminating:Wait', 'warm', 'terminate'],
    ['Warmed:Terminating:Retained', 'warm', null],
    ['', 'aside', null],
    ['pending:wait', 'aside', null],
    ['Something:New', 'aside', null],
  ])('in %s is %s, and the hook it waits in is %s', (lifecycle, stage, hook) => {
    expect(stageOf(lifecycle)).toBe(stage);
    expect(waitsIn(lifecycle)).toBe(hook);
  });

  test('on the way into the warm pool it may wait in either hook, elsewhere in one', () => {
    expect(hooksOf('Warmed:Pending:Wait')).toEqual(['launch', 'terminate']);
    expect(hooksOf('Warmed:Terminating:Wait')).toEqual(['terminate']);
    expect(hooksOf('Pending:Wait')).toEqual(['launch']);
    expect(hooksOf('Warmed:Stopped')).toEqual([]);
  });

  test('names its hook by kind and instance', () => {
    expect(hookKey({ id: id(1), waitsIn: 'launch' })).not.toBe(hookKey({ id: id(1), waitsIn: 'terminate' }));
  });
});

describe('the instance behind a member', () => {
  test('is found by its name', () => {
    expect(instanceOf(entry(1), owners())).toBe(id(1));
  });

  test('is found by its name even when another instance has its address now', () => {
    const moved = entry(1, { peerUrls: [peerUrl(2)] });
    expect(instanceOf(moved, owners())).toBe(id(1));
  });

  test('is its name also when only a ticket is left of it', () => {
    const tickets = new Map([[id(9), startedTicket(member(9))]]);
    expect(instanceOf(entry(9), owners({ tickets }))).toBe(id(9));
  });

  test('is nobody for a name that is not ours, whatever its address', () => {
    expect(instanceOf(entry(9, { peerUrls: [peerUrl(1)] }), owners())).toBeNull();
    expect(instanceOf(entry(1, { name: 'stranger' }), owners())).toBeNull();
  });

  test('is found by the ticket that announced it, while it has no name', () => {
    const tickets = new Map([[id(5), joining(member(5))]]);
    expect(instanceOf(unnamed(5), owners({ tickets }))).toBe(id(5));
  });

  test('is found by the member id of its ticket, although an instance of today has its address', () => {
    const tickets = new Map([[id(5), openTicket(member(5))]]);
    expect(instanceOf(unnamed(5, { peerUrls: [peerUrl(1)] }), owners({ tickets }))).toBe(id(5));
  });

  test('is not found by the address in a ticket that was used: addresses come again', () => {
    const tickets = new Map([[id(9), startedTicket(member(9))]]);
    const stranger = unnamed(9, { id: '4711' });
    expect(instanceOf(stranger, owners({ tickets }))).toBeNull();
  });

  test('is found by its address only while it has no name', () => {
    expect(instanceOf(unnamed(2), owners())).toBe(id(2));
  });
});

describe('a voter answers', () => {
  const cases: readonly (readonly [string, Probe, boolean])[] = [
    ['with all of it', probe(1), true],
    ['not without a linearizable read', probe(1, {}, false), false],
    ['not as a learner', probe(1, { isLearner: true }), false],
    ['not with another cluster id', probe(1, { clusterId: '88' }), false],
    ['not without a leader', probe(1, { leaderId: null }), false],
    ['not with an error', probe(1, { errors: ['NOSPACE'] }), false],
    ['not in silence', { kind: 'silent', endpoint: 'x', because: 'deadline' }, false],
  ];
  test.each(cases)('%s', (_how, given, does) => {
    expect(voterAnswers(given, CLUSTER_ID)).toBe(does);
  });
});

describe('a member', () => {
  const member1 = (given: MemberEntry, probes: readonly Probe[]) =>
    toMember(given, owners(), { statuses: statusesById(probes), silences: new Map() }, CLUSTER_ID);

  test('is put together from its entry and its own answer', () => {
    expect(member1(entry(1), [probe(1)])).toEqual(member(1, { raftIndex: 9_007_199_254_740_993n }));
  });

  test('does not answer when nobody with its id did, whoever is at its address', () => {
    const other = { ...probe(2), endpoint: 'http://10.0.0.1:2379' };
    expect(member1(entry(1), [other])).toMatchObject({ answers: false, raftIndex: null, version: null });
  });

  test.each([
    ['has not started while it has no name', unnamed(1), false],
    [
      'has not started with the name alone that founders have from the start',
      entry(1, { clientUrls: [] }),
      false,
    ],
    ['has started when it has published itself', entry(1), true],
  ])('%s', (_title, given, started) => {
    expect(member1(given, []).started).toBe(started);
  });

  test('that learns answers by its status alone: it serves no linearizable read', () => {
    const given = entry(1, { isLearner: true });
    expect(member1(given, [probe(1, { isLearner: true }, false)])).toMatchObject({
      role: 'learner',
      answers: true,
    });
    expect(member1(given, [probe(1, { isLearner: true, clusterId: '88' }, false)]).answers).toBe(false);
  });
});

test('of two answers with one id the first counts', () => {
  const first = probe(1);
  const second = { ...probe(1), endpoint: 'http://10.0.0.9:2379' };
  expect(statusesById([first, second]).get(memberId(1))).toBe(first);
});

test('voters and learners are told apart', () => {
  const members = [member(1), learner(2), member(3)];
  expect(votersOf(members)).toEqual([member(1), member(3)]);
  expect(learnersOf(members)).toEqual([learner(2)]);
});

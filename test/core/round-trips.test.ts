import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  decodeClaim,
  encodeClaim,
  expectedClusterId,
  initialClusterText,
} from '../../functions/core/claim.ts';
import { InvariantError } from '../../functions/core/errors.ts';
import { isRecord, parseJson } from '../../functions/core/json.ts';
import { decodeMemory, encodeMemory, NO_MEMORY } from '../../functions/core/memory.ts';
import { CLUSTER_NAME, clusterPath, INSTANCE_ID } from '../../functions/core/names.ts';
import { clusterIdOf } from '../../functions/core/raft-ids.ts';
import { decodeReport } from '../../functions/core/report.ts';
import { decodeStatus, encodeStatus, sameStatus } from '../../functions/core/status.ts';
import { decodeTicket, encodeTicket } from '../../functions/core/ticket.ts';
import { ACTIONS, TICKET } from '../support/samples.ts';

const instanceId = fc.stringMatching(/^i-[0-9a-f]{17}$/);
const etcdId = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }).map(String);
const url = fc
  .tuple(fc.ipV4(), fc.integer({ min: 1, max: 65_535 }))
  .map(([ip, port]) => `http://${ip}:${port}`);
const timesMs = fc.dictionary(instanceId, fc.nat());
const maybe = <T>(some: fc.Arbitrary<T>) => fc.option(some, { nil: null });
const JUNK = ['', 'null', '[]', '{}', '3', '"text"', '{"number":', 'AUTOPILOT_STATE=ticket', '\u0000'];

describe('a ticket', () => {
  const ticket = fc.record({
    instanceId,
    state: fc.constantFrom('joining', 'ticket', 'started'),
    peerUrl: url,
    clientUrl: url,
    claim: fc.integer({ min: 1, max: 999 }),
    token: fc.stringMatching(/^[a-z0-9-]{0,40}$/),
    clusterId: maybe(etcdId),
    memberId: maybe(etcdId),
    start: maybe(
      fc.record({
        initialCluster: fc.tuple(instanceId, url).map(([name, at]) => `${name}=${at}`),
        initialState: fc.constantFrom('new', 'existing'),
      }),
    ),
  });

  test('tells the oldest version among the voters, where it is known', () => {
    const told = fc.record({ ticket, oldestVersion: fc.stringMatching(/^3\.\d\.\d{1,2}$/) });
    fc.assert(
      fc.property(told, ({ ticket: known, oldestVersion }) => {
        const given = { ...known, oldestVersion };
        expect(decodeTicket(encodeTicket('core', given))).toEqual(given);
      }),
    );
  });

  test('reads back as what was written', () => {
    fc.assert(
      fc.property(ticket, (given) => {
        expect(decodeTicket(encodeTicket('core', given))).toEqual(given);
      }),
    );
  });

  test('is lines of NAME=value that a shell may read: no spaces, quotes or dollars', () => {
    fc.assert(
      fc.property(ticket, (given) => {
        expect(encodeTicket('core', given)).toMatch(/^(?:[A-Z_]+=[A-Za-z0-9:/.,=_-]*\n)+$/);
      }),
    );
  });

  test.each(['a b', 'a"', '$(id)', "a'", 'a\nETCD_NAME=b', '`id`'])(
    'with %j in it is a mistake of ours',
    (token) => {
      expect(() => encodeTicket('core', { ...TICKET, token })).toThrow(InvariantError);
    },
  );

  test.each([...JUNK, 'AUTOPILOT_STATE=maybe\nAUTOPILOT_INSTANCE_ID=i-1\n'])('is not %j', (text) => {
    expect(decodeTicket(text)).toBeNull();
  });
});

describe('a claim', () => {
  const claim = fc.record({
    number: fc.integer({ min: 1, max: 99 }),
    token: fc.stringMatching(/^[A-Za-z0-9-]{0,40}$/),
    members: fc.dictionary(instanceId, url),
    claimedAt: fc.constant('2026-01-01T00:00:00.000Z'),
    clusterId: maybe(etcdId),
  });

  test('reads back as what was written', () => {
    fc.assert(
      fc.property(claim, (given) => {
        expect(decodeClaim(encodeClaim(given))).toEqual(given);
      }),
    );
  });

  test.each([
    ...JUNK,
    '{"number":0,"token":"","members":{},"claimedAt":""}',
    '{"number":1.5,"token":"","members":{},"claimedAt":""}',
    '{"number":1,"token":"","members":{"i-1":2},"claimedAt":""}',
    '{"number":1,"token":"","members":{},"claimedAt":"","clusterId":7}',
  ])('is not %j', (text) => {
    expect(decodeClaim(text)).toBeNull();
  });

  test('foretells the cluster id, but for a rebuilt one without its token', () => {
    const members = { 'i-2': 'http://10.0.0.2:2380', 'i-1': 'http://10.0.0.1:2380' };
    const made = { number: 1, token: 't', members, claimedAt: '', clusterId: null };
    expect(expectedClusterId(made)).toBe(clusterIdOf(Object.values(members), 't'));
    expect(expectedClusterId({ ...made, token: '' })).toBeNull();
  });

  test('has one text for one set of founders, whatever their order', () => {
    const shuffled = fc.uniqueArray(fc.tuple(instanceId, url), { selector: ([id]) => id, minLength: 1 });
    fc.assert(
      fc.property(shuffled, (pairs) => {
        const there = initialClusterText(Object.fromEntries(pairs));
        const back = initialClusterText(Object.fromEntries([...pairs].reverse()));
        expect(there).toBe(back);
        expect(there.split(',')).toHaveLength(pairs.length);
      }),
    );
  });
});

describe('the memory', () => {
  const memory = fc.record({
    missingSinceMs: timesMs,
    unstartedSinceMs: timesMs,
    laggingSinceMs: timesMs,
    silentSinceMs: timesMs,
    lookedAtMs: maybe(fc.nat()),
    reportedAtMs: timesMs,
    defragmentedAtMs: timesMs,
    compactedAtMs: maybe(fc.nat()),
    corruptAtMs: timesMs,
    lastFailedJoinAtMs: maybe(fc.nat()),
    failedJoinCount: fc.nat(),
    signalledAtMs: timesMs,
    steady: maybe(fc.record({ sinceMs: fc.nat(), raftTerm: etcdId, voterIds: fc.array(etcdId) })),
    ours: fc.constant(true),
  });

  test('knows no minus zero, which would be written as another number', () => {
    const text = '{"version":1,"silentSinceMs":{"i-1":-0},"lookedAtMs":-0,"lastFailedJoinAtMs":-0}';
    const zeros = { silentSinceMs: { 'i-1': 0 }, lookedAtMs: 0, lastFailedJoinAtMs: 0 };
    expect(decodeMemory(text)).toEqual({ ...NO_MEMORY, ...zeros });
  });

  test('reads back as what was written, and equal ones are equal text', () => {
    fc.assert(
      fc.property(memory, (given) => {
        const text = encodeMemory(given);
        expect(decodeMemory(text)).toEqual(given);
        const turned = Object.fromEntries(Object.entries(given.missingSinceMs).reverse());
        expect(encodeMemory({ ...given, missingSinceMs: turned })).toBe(text);
      }),
    );
  });

  test.each([null, ...JUNK])('remembers nothing from %j', (text) => {
    expect(decodeMemory(text)).toEqual(NO_MEMORY);
  });

  test.each(['{"version":2,"missingSinceMs":{"i-1":5}}'])('of a newer version is not ours: %s', (text) => {
    expect(decodeMemory(text)).toEqual({ ...NO_MEMORY, ours: false });
  });

  test('forgets times that are none', () => {
    const text = '{"version":1,"missingSinceMs":{"i-1":"5","i-2":7},"unstartedSinceMs":[1]}';
    expect(decodeMemory(text)).toEqual({ ...NO_MEMORY, missingSinceMs: { 'i-2': 7 } });
  });
});

describe('a status', () => {
  const { status } = ACTIONS.publishStatus;
  const person = fc.record({ name: instanceId, id: etcdId, answers: fc.boolean() });
  const voter = fc.record({
    ...{ name: instanceId, id: etcdId, answers: fc.boolean() },
    ...{ version: maybe(fc.string()), lag: maybe(fc.nat()), behind: fc.boolean() },
  });
  const statuses = fc.record({
    generation: fc.nat(),
    clusterId: maybe(etcdId),
    health: fc.constantFrom('healthy', 'degraded', 'quorumLost'),
    leader: maybe(instanceId),
    voters: fc.array(voter),
    learners: fc.array(person),
    waits: fc.array(
      fc.record({ kind: fc.constantFrom('noCommit', 'lastVoter'), subject: maybe(instanceId) }),
    ),
    desired: maybe(fc.nat()),
    alarms: fc.array(fc.string()),
    steadySince: maybe(fc.string()),
    shortfalls: maybe(fc.array(fc.record({ code: fc.string(), subject: maybe(fc.string()) }))),
    asked: fc.array(fc.string()),
    repaired: fc.array(fc.record({ name: fc.string(), at: fc.string() })),
    at: fc.constant(status.at),
  });

  test('counts from zero, never from minus zero, which would be written as another number', () => {
    const text = encodeStatus(status).replace(/"generation":\d+/, '"generation":-1e-400');
    expect(decodeStatus(text)?.generation).toBe(0);
  });

  test('reads back as what was written', () => {
    fc.assert(
      fc.property(statuses, (given) => {
        expect(decodeStatus(encodeStatus(given))).toEqual(given);
      }),
    );
  });

  test('is the same as one that differs in time and count only', () => {
    expect(sameStatus(status, { ...status, generation: 9, at: 'later' })).toBe(true);
    expect(sameStatus(status, { ...status, leader: null })).toBe(false);
  });

  test('of a version that told nothing for gates is read, and what it did not tell is unknown', () => {
    const voters = [{ name: 'i-1', id: '1', answers: true }];
    const { generation, clusterId, health, leader, learners, waits, at } = status;
    const text = JSON.stringify({ generation, clusterId, health, leader, learners, waits, at, voters });
    const old = decodeStatus(text);
    expect(old).toMatchObject({ desired: null, steadySince: null, shortfalls: null, asked: [], alarms: [] });
    expect(old?.voters).toEqual([{ ...voters[0], version: null, lag: null, behind: true }]);
  });

  test.each([
    ...JUNK,
    '{"generation":1,"at":"","health":"fine","voters":[],"learners":[],"waits":[]}',
    '{"generation":1,"at":"","health":"healthy","voters":[],"learners":[]}',
    '{"generation":1,"at":"","health":"healthy","voters":{},"learners":[],"waits":[]}',
  ])('is not %j', (text) => {
    expect(decodeStatus(text)).toBeNull();
  });
});

describe('a boot report', () => {
  test.each(['empty-disk', 'foreign-data', 'bad-certificates'] as const)(
    '%s names the member of the ticket',
    (kind) => {
      const text = `AUTOPILOT_REPORT=${kind}\nAUTOPILOT_MEMBER_ID=18446744073709551615\n`;
      expect(decodeReport('i-1', text)).toEqual({
        instanceId: 'i-1',
        kind,
        memberId: '18446744073709551615',
      });
    },
  );

  test.each([
    ...JUNK,
    'AUTOPILOT_REPORT=empty-disk\n',
    'AUTOPILOT_REPORT=other\nAUTOPILOT_MEMBER_ID=1\n',
    'AUTOPILOT_REPORT=empty-disk\nAUTOPILOT_MEMBER_ID=x\n',
  ])('is not %j', (text) => {
    expect(decodeReport('i-1', text)).toBeNull();
  });
});

describe('names', () => {
  test.each(['core', 'a', 'a-1', `a${'b'.repeat(31)}`])('a cluster may be called %s', (name) => {
    expect(CLUSTER_NAME.test(name)).toBe(true);
    expect(clusterPath(name)).toBe(`/etcd-autopilot/${name}/`);
  });

  test.each(['', 'Core', '1a', '-a', 'a_b', 'a/b', 'a.b', `a${'b'.repeat(32)}`, 'a\n'])(
    'but not %j',
    (name) => {
      expect(CLUSTER_NAME.test(name)).toBe(false);
    },
  );

  test.each(['i-12345678', 'i-0123456789abcdef0'])('%s is an instance', (name) => {
    expect(INSTANCE_ID.test(name)).toBe(true);
  });

  test.each(['', 'i-', 'i-1234567', 'i-123456789', 'I-12345678', 'i-1234567g', 'x-12345678'])(
    '%j is none',
    (name) => {
      expect(INSTANCE_ID.test(name)).toBe(false);
    },
  );
});

test('text that is no JSON is undefined, and only an object is a record', () => {
  expect(parseJson('{')).toBeUndefined();
  expect(parseJson('{"a":1}')).toEqual({ a: 1 });
  expect([{}, [], null, 'a', 1, undefined].map(isRecord)).toEqual([true, false, false, false, false, false]);
});

import { describe, expect, test } from 'vitest';
import type { Observation, SeenStatus } from '../../../functions/core/observation.ts';
import type { Machine, MemberEntry } from '../../../functions/core/ports.ts';
import { isOver, judgeLoss } from '../../../functions/core/recovery/evidence.ts';
import { fencedIn, isFresh } from '../../../functions/core/recovery/fenced.ts';
import { NO_RECOVERY } from '../../../functions/core/recovery/records.ts';
import { survivorsIn } from '../../../functions/core/recovery/sources.ts';
import { startedTicketOf, statusOf } from '../../support/lost-worlds.ts';
import {
  CLUSTER_ID,
  id,
  instance,
  launching,
  machine,
  memberId,
  NOW_MS,
  observation,
  terminating,
} from '../../support/observations.ts';
import { TOLD } from '../../support/samples.ts';

const LONG_AGO = NOW_MS - 60_000;

/** What became of the n-th voter: its machine is gone, its etcd shows itself alone, or nobody knows. */
type Fate = 'gone' | 'shown' | 'silent';

const roster = (count: number): readonly MemberEntry[] =>
  Array.from({ length: count }, (_, index) => ({
    id: memberId(index + 1),
    name: id(index + 1),
    peerUrls: [],
    clientUrls: [],
    isLearner: false,
  }));

function worldOf(fates: readonly Fate[], over: Partial<Observation> = {}): Observation {
  const numbers = fates.map((_, index) => index + 1);
  const having = (fate: Fate) => numbers.filter((n) => fates[n - 1] === fate);
  const world = observation({
    view: null,
    instances: numbers.filter((n) => fates[n - 1] !== 'gone').map((n) => instance(n)),
    machines: new Map(
      numbers.map((n): [string, Machine] => [
        id(n),
        machine(n, fates[n - 1] === 'gone' ? { state: 'terminated', privateIp: null } : {}),
      ]),
    ),
    statuses: new Map(having('shown').map((n) => [id(n), statusOf(n)])),
    rosters: new Map(having('shown').map((n) => [id(n), roster(fates.length)])),
    records: {
      tickets: new Map(numbers.map((n) => [id(n), startedTicketOf(n)])),
      ticketNames: numbers.map((n) => `members/${id(n)}`),
      status: {
        generation: 3,
        clusterId: CLUSTER_ID,
        health: 'healthy',
        leader: id(1),
        voters: numbers.map((n) => ({
          name: id(n),
          id: memberId(n),
          answers: true,
          version: null,
          lag: 0,
          behind: false,
        })),
        learners: [],
        waits: [],
        ...TOLD,
        at: '2026-01-01T00:00:00.000Z',
      },
    },
  });
  return { ...world, records: { ...world.records, claim: claimFor(world) }, ...over };
}

const claimFor = ({ records }: Observation) =>
  records.claim === null ? null : { ...records.claim, clusterId: CLUSTER_ID };

function* everyFate(count: number): Generator<readonly Fate[]> {
  const all: readonly Fate[] = ['gone', 'shown', 'silent'];
  if (count === 0) yield [];
  else for (const rest of everyFate(count - 1)) for (const fate of all) yield [...rest, fate];
}

describe('a loss is for ever', () => {
  test('exactly where those that are not lost by evidence are no majority, in every cluster up to five', () => {
    let permanentCount = 0;
    for (let count = 1; count <= 5; count += 1) {
      for (const fates of everyFate(count)) {
        const verdict = judgeLoss(worldOf(fates));
        const leftCount = fates.filter((fate) => fate !== 'gone').length;
        expect(verdict.permanent, fates.join()).toBe(leftCount * 2 <= count);
        expect(verdict.lost).toHaveLength(count - leftCount);
        if (verdict.permanent) permanentCount += 1;
      }
    }
    expect(permanentCount).toBeGreaterThan(50);
  });

  test('never while a voter serves with a majority behind it, alarmed or not', () => {
    const world = worldOf(['gone', 'gone', 'shown']);
    const statuses = new Map([[id(3), { ...statusOf(3), linearizable: true }]]);
    expect(judgeLoss({ ...world, etcd: { ...world.etcd, statuses } }).permanent).toBe(false);
  });

  test('never where no record tells who the voters were', () => {
    const world = worldOf(['gone', 'gone', 'gone']);
    const records = { ...world.records, status: null, tickets: new Map() };
    expect(judgeLoss({ ...world, records })).toMatchObject({ known: [], permanent: false });
  });

  test('not by what was published, where those that are left know of a smaller cluster', () => {
    // Two of five were removed, and nobody could publish it: three are left of three, and one of them is gone.
    const world = worldOf(['gone', 'gone', 'gone', 'shown', 'shown']);
    const three = roster(5).slice(2);
    const rosters = new Map([id(4), id(5)].map((one) => [one, three]));
    expect(judgeLoss(world).permanent).toBe(true);
    expect(judgeLoss({ ...world, etcd: { ...world.etcd, rosters } }).permanent).toBe(false);
  });

  test('not where a learner that nobody can ask may have become a voter', () => {
    const world = worldOf(['gone', 'silent']);
    const tickets = new Map([...world.records.tickets, [id(9), startedTicketOf(9)]]);
    expect(judgeLoss(world).permanent).toBe(true);
    expect(judgeLoss({ ...world, records: { ...world.records, tickets } }).permanent).toBe(false);
  });

  test('though a learner is there, which says so itself and tells nobody its members', () => {
    const two = roster(2);
    const world = worldOf(['gone', 'shown']);
    const tickets = new Map([...world.records.tickets, [id(9), startedTicketOf(9)]]);
    const statuses = new Map([...world.etcd.statuses, [id(9), statusOf(9, { isLearner: true })]]);
    const withLearner = (of: readonly MemberEntry[]): Observation => ({
      ...world,
      records: { ...world.records, tickets },
      etcd: { ...world.etcd, statuses, rosters: new Map([[id(2), of]]) },
    });
    expect(judgeLoss(withLearner(two))).toMatchObject({
      permanent: true,
      unknown: [],
      shown: [id(2), id(9)],
    });
    const promoted = [...two, { ...roster(9)[8], isLearner: false } as MemberEntry];
    expect(judgeLoss(withLearner(promoted))).toMatchObject({ permanent: false, unknown: [id(9)] });
    expect(survivorsIn(withLearner(two)).map(({ instanceId }) => instanceId)).toEqual([id(2), id(9)]);
    const old = new Map([...statuses, [id(9), statusOf(9, { isLearner: true, version: '3.4.23' })]]);
    const ofOld = withLearner(two);
    expect(survivorsIn({ ...ofOld, etcd: { ...ofOld.etcd, statuses: old } })).toHaveLength(1);
  });

  test('by the tickets, where the status is of another cluster or gone', () => {
    const world = worldOf(['gone', 'gone', 'shown']);
    const status =
      world.records.status === null ? null : { ...world.records.status, clusterId: '1', voters: [] };
    expect(judgeLoss({ ...world, records: { ...world.records, status } }).permanent).toBe(true);
  });

  test('not where somebody deleted the status, and the tickets of voters that nobody reaches', () => {
    const world = worldOf(['gone', 'silent', 'silent']);
    const tickets = new Map([[id(1), startedTicketOf(1)]]);
    const verdict = judgeLoss({ ...world, records: { ...world.records, status: null, tickets } });
    expect(verdict).toMatchObject({ permanent: false, unknown: [id(2), id(3)] });
  });

  test('a ticket of the cluster before the last recovery says nothing of this one', () => {
    const world = worldOf(['shown']);
    const tickets = new Map([...world.records.tickets, [id(9), { ...startedTicketOf(9), claim: 0 }]]);
    const known = judgeLoss({ ...world, records: { ...world.records, tickets } }).known;
    expect(known.map(({ instanceId }) => instanceId)).toEqual([id(1)]);
  });
});

describe('what is evidence', () => {
  const lostOf = (world: Observation) => judgeLoss(world).lost;
  const noted = (world: Observation, notes: object): Observation => ({
    ...world,
    records: {
      ...world.records,
      recovery: { ...NO_RECOVERY, notes: { notFoundSinceMs: {}, reportedSinceMs: {}, ...notes } },
    },
  });
  const missing = (world: Observation, n: number): Observation => ({
    ...world,
    instances: world.instances.filter((one) => one.id !== id(n)),
    machines: new Map([...world.machines, [id(n), { kind: 'notFound' } as const]]),
  });

  test('"no such instance" for a minute, of one that the group does not list', () => {
    const world = missing(worldOf(['silent', 'silent', 'silent']), 1);
    expect(lostOf(world)).toEqual([]);
    expect(lostOf(noted(world, { notFoundSinceMs: { [id(1)]: LONG_AGO + 1 } }))).toEqual([]);
    expect(lostOf(noted(world, { notFoundSinceMs: { [id(1)]: LONG_AGO } }))).toEqual([id(1)]);
    const listed = { ...world, instances: [instance(1), ...world.instances] };
    expect(lostOf(noted(listed, { notFoundSinceMs: { [id(1)]: LONG_AGO } }))).toEqual([]);
  });

  test.each(['pending', 'running', 'stopping', 'stopped', 'shutting-down'] as const)(
    'not a machine that is %s',
    (state) => {
      const world = worldOf(['silent', 'silent', 'silent']);
      const machines = new Map([...world.machines, [id(1), machine(1, { state })]]);
      expect(lostOf({ ...world, machines })).toEqual([]);
      expect(isOver({ ...world, machines }, id(1))).toBe(false);
    },
  );

  test('not a machine that EC2 did not answer for', () => {
    const world = worldOf(['silent', 'silent', 'silent']);
    expect(lostOf({ ...world, machines: new Map() })).toEqual([]);
  });

  describe('its boot script’s word', () => {
    const reporting = (kind: 'empty-disk' | 'foreign-data' | 'bad-certificates', over: object = {}) => {
      const world = worldOf(['silent', 'silent', 'silent']);
      const report = { instanceId: id(1), kind, memberId: memberId(1), ...over };
      return { ...world, records: { ...world.records, reports: [report] } };
    };
    const since = { reportedSinceMs: { [id(1)]: LONG_AGO } };

    test.each(['empty-disk', 'foreign-data'] as const)('"%s" that stands for a minute', (kind) => {
      expect(lostOf(noted(reporting(kind), {}))).toEqual([]);
      expect(lostOf(noted(reporting(kind), since))).toEqual([id(1)]);
    });
    test('is none of another member, or of certificates', () => {
      expect(lostOf(noted(reporting('empty-disk', { memberId: '9' }), since))).toEqual([]);
      expect(lostOf(noted(reporting('bad-certificates'), since))).toEqual([]);
    });
    test('is overtaken by an etcd that shows itself', () => {
      const world = noted(reporting('empty-disk'), since);
      const statuses: ReadonlyMap<string, SeenStatus> = new Map([[id(1), statusOf(1)]]);
      expect(lostOf({ ...world, etcd: { ...world.etcd, statuses } })).toEqual([]);
    });
    test('does not end a fence: its machine runs', () => {
      expect(isOver(noted(reporting('empty-disk'), since), id(1))).toBe(false);
    });
  });

  test('an operator’s word, of one that shows nothing', () => {
    const world = worldOf(['gone', 'silent', 'shown']);
    expect(judgeLoss(world, [id(2), id(3)])).toMatchObject({
      lost: [id(1), id(2)],
      shown: [id(3)],
      permanent: true,
    });
  });

  test('one that has not applied its log yet is unknown: it may list members that were removed', () => {
    const world = worldOf(['gone', 'gone', 'shown']);
    const statuses = new Map([[id(3), statusOf(3, { appliedIndex: '999' })]]);
    expect(judgeLoss({ ...world, etcd: { ...world.etcd, statuses } })).toMatchObject({ unknown: [id(3)] });
    const old = new Map([[id(3), statusOf(3, { appliedIndex: null })]]);
    expect(judgeLoss({ ...world, etcd: { ...world.etcd, statuses: old } })).toMatchObject({ shown: [id(3)] });
  });

  test('one that shows its status, and not its members, is unknown', () => {
    const world = worldOf(['gone', 'gone', 'shown']);
    expect(judgeLoss({ ...world, etcd: { ...world.etcd, rosters: new Map() } }).unknown).toEqual([id(3)]);
  });
});

describe('who is fenced', () => {
  test('everybody who may hold the lost cluster, and no newcomer that never had a ticket', () => {
    const world = worldOf(['gone', 'silent', 'shown']);
    const more = {
      ...world,
      instances: [...world.instances, launching(7), launching(8), terminating(9), instance(10)],
      records: {
        ...world.records,
        ticketNames: [
          ...world.records.ticketNames,
          `members/${id(8)}`,
          `members/${id(11)}`,
          'members/strange',
        ],
      },
    };
    expect(fencedIn(more, judgeLoss(more))).toEqual([id(2), id(3), id(8), id(9), id(10), id(11)].sort());
    expect(isFresh(more, launching(7))).toBe(true);
    expect(isFresh(more, launching(8))).toBe(false);
  });
});

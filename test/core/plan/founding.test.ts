import { describe, expect, test } from 'vitest';
import { expectedClusterId } from '../../../functions/core/claim.ts';
import type { Records } from '../../../functions/core/observation.ts';
import { planBootstrap, planClaim } from '../../../functions/core/plan/bootstrap.ts';
import { planForming } from '../../../functions/core/plan/forming.ts';
import { memberIdOf } from '../../../functions/core/raft-ids.ts';
import { clientUrlOf, peerUrlOf } from '../../../functions/core/urls.ts';
import {
  id,
  instance,
  launching,
  machine,
  member,
  NO_RECORDS,
  NOW_MS,
  observation,
  type Parts,
  terminating,
} from '../../support/observations.ts';
import { peerUrl, startedTicket } from '../../support/tickets.ts';

const YOUNG = { launchedAtMs: NOW_MS - 1_000 };
const OLD = { launchedAtMs: NOW_MS - 300_000 };
const young = (n: number) => launching(n, YOUNG);
const NEVER = { bootstrapped: null };

const founding = (parts: Parts) =>
  planBootstrap(observation({ view: null, group: NEVER, records: NO_RECORDS, ...parts }));
const founders = (...numbers: readonly number[]) =>
  Object.fromEntries(numbers.map((n) => [id(n), peerUrl(n)]));
const claim = (number: number, ...numbers: readonly number[]) => ({
  kind: 'claimCluster',
  number,
  members: founders(...numbers),
});

describe('a cluster is claimed', () => {
  test.each([
    ['for as many as wait, when that is the size', [young(1), young(2), young(3)], claim(1, 1, 2, 3)],
    ['for the size, and the rest joins later', [young(1), young(2), young(3), young(4)], claim(1, 1, 2, 3)],
    [
      'for those that launched first',
      [young(1), launching(2, OLD), launching(3, OLD), launching(4, OLD)],
      claim(1, 2, 3, 4),
    ],
    ['for a quorum when the grace is over', [launching(1, OLD), young(2)], claim(1, 1, 2)],
    [
      'for a quorum although another has no address',
      [launching(1, OLD), young(2), launching(3, { address: null })],
      claim(1, 1, 2),
    ],
  ])('%s', (_title, instances, expected) => {
    expect(founding({ instances })).toEqual({ actions: [expected], waits: [] });
  });

  test.each([
    ['too few wait', [young(1), young(2)], { kind: 'instancesMissing', readyCount: 2, wantedCount: 3 }],
    [
      'too few wait even for a quorum',
      [launching(1, OLD)],
      { kind: 'instancesMissing', readyCount: 1, wantedCount: 2 },
    ],
    [
      'too few have an address',
      [young(1), young(2), launching(3, { ...YOUNG, address: null })],
      { kind: 'instancesMissing', readyCount: 2, wantedCount: 3 },
    ],
    [
      'one is not in its hook yet',
      [young(1), young(2), young(3), instance(4, { stage: 'arriving' })],
      { kind: 'instancesMissing', readyCount: 3, wantedCount: 4 },
    ],
    [
      'one went past its hook',
      [young(1), young(2), young(3), instance(4)],
      { kind: 'notAllWaiting', instanceIds: [id(4)] },
    ],
    [
      'one stands aside',
      [young(1), young(2), young(3), instance(4, { stage: 'aside' })],
      { kind: 'notAllWaiting', instanceIds: [id(4)] },
    ],
    ['nobody is there', [], { kind: 'instancesMissing', readyCount: 0, wantedCount: 3 }],
  ])('not while %s', (_title, instances, expected) => {
    expect(founding({ instances })).toEqual({ actions: [], waits: [expected] });
  });

  test.each([
    ['the tag', { group: { bootstrapped: 1 } }],
    ['a status, even one that cannot be read', { records: { ...NO_RECORDS, statusText: 'x' } }],
    ['a ticket, even one that cannot be read', { records: { ...NO_RECORDS, ticketNames: ['members/x'] } }],
  ] satisfies readonly (readonly [string, Parts])[])(
    'never where %s shows that one existed',
    (_title, parts) => {
      const plan = founding({ instances: [young(1), young(2), young(3), terminating(4)], ...parts });
      expect(plan).toMatchObject({ actions: [], waits: [{ kind: 'formerCluster' }] });
    },
  );

  test('from a snapshot is one instance’s, at once: the others join it', () => {
    const restoreFrom = { uri: 's3://snapshots/core/a.db', sha256: 'ab'.repeat(32), sizeBytes: 512 };
    const { actions } = founding({ instances: [young(1), young(2)], config: { restoreFrom } });
    const restore = { ...restoreFrom, bump: 1_000_000_000 };
    expect(actions).toEqual([{ kind: 'claimCluster', number: 1, members: { [id(1)]: peerUrl(1) }, restore }]);
  });

  test('leavers carry nothing yet: they are let go', () => {
    const { actions } = founding({ instances: [young(1), terminating(2)] });
    expect(actions).toMatchObject([{ kind: 'answerHook', result: 'CONTINUE', because: 'neverJoined' }]);
  });

  test('at the addresses and ports of its configuration', () => {
    const world = observation({ config: { clientPort: 4001, peerPort: 7001 } });
    expect(peerUrlOf(world.config, instance(1))).toBe('http://10.0.0.1:7001');
    expect(clientUrlOf(world.config, instance(1))).toBe('http://10.0.0.1:4001');
    expect(planClaim(world, 7, [young(1), young(2), young(3)], null).actions).toMatchObject([{ number: 7 }]);
  });
});

describe('a claim that stands', () => {
  const CLAIM = { number: 1, token: 'core-1-t', members: founders(1, 2, 3), claimedAt: '', clusterId: null };
  const WAITING = [young(1), young(2), young(3)];
  const forming = (parts: Parts, records: Partial<Records> = {}) =>
    planForming(
      observation({
        view: null,
        instances: WAITING,
        ...parts,
        records: { ...NO_RECORDS, claim: CLAIM, ...records },
      }),
      CLAIM,
    );
  const formingWait = { kind: 'clusterForming', claim: 1, instanceIds: [id(1), id(2), id(3)] };
  const terminated = (...numbers: readonly number[]) =>
    new Map(numbers.map((n) => [id(n), machine(n, { state: 'terminated' })]));

  test('tags the group before any ticket', () => {
    expect(forming({ group: NEVER })).toEqual({
      actions: [{ kind: 'tagGroup', groupName: 'etcd-autopilot-core', number: 1 }],
      waits: [],
    });
    expect(forming({ group: { bootstrapped: 7 } }).actions).toMatchObject([{ kind: 'tagGroup', number: 1 }]);
  });

  test('gives each founder its ticket, all with one initial cluster and the id to come', () => {
    const { actions, waits } = forming({});
    expect(waits).toEqual([formingWait]);
    expect(actions).toHaveLength(3);
    const text = [1, 2, 3].map((n) => `${id(n)}=${peerUrl(n)}`).join(',');
    expect(actions[1]).toEqual({
      kind: 'writeTicket',
      ticket: {
        instanceId: id(2),
        state: 'ticket',
        peerUrl: peerUrl(2),
        clientUrl: 'http://10.0.0.2:2379',
        claim: 1,
        token: 'core-1-t',
        clusterId: expectedClusterId(CLAIM),
        memberId: memberIdOf(peerUrl(2), 'core-1-t'),
        start: { initialCluster: text, initialState: 'new' },
      },
    });
  });

  const restore = { uri: 's3://snapshots/core/a.db', sha256: 'ab'.repeat(32), sizeBytes: 512, bump: 7 };

  test('and that was to bring data back is followed, when it failed, by one that brings the same', () => {
    const claim = { ...CLAIM, members: { [id(1)]: peerUrl(1) }, restore };
    const world = observation({
      view: null,
      instances: [young(4), young(5)],
      machines: terminated(1),
      group: { bootstrapped: 1 },
      records: { ...NO_RECORDS, claim },
    });
    expect(planForming(world, claim).actions).toEqual([
      { kind: 'claimCluster', number: 2, members: { [id(4)]: peerUrl(4) }, restore },
    ]);
  });

  test('tells why its founder cannot restore, and waits for it', () => {
    const claim = { ...CLAIM, members: { [id(1)]: peerUrl(1) }, restore };
    const report = {
      instanceId: id(1),
      kind: 'restore-failed',
      memberId: '1',
      reason: 'S3 answers NoSuchKey',
    } as const;
    const records = { ...NO_RECORDS, claim, reports: [report] };
    const world = observation({ view: null, instances: [young(1)], records });
    expect(planForming(world, claim).waits).toEqual([
      { kind: 'clusterForming', claim: 1, instanceIds: [id(1)], trouble: 'S3 answers NoSuchKey' },
    ]);
  });

  test('hands what the claim brings back to its founder', () => {
    const claim = { ...CLAIM, members: { [id(1)]: peerUrl(1) }, restore };
    const world = observation({ view: null, instances: [young(1)], records: { ...NO_RECORDS, claim } });
    const { actions } = planForming(world, claim);
    const tickets = actions.flatMap((action) => (action.kind === 'writeTicket' ? [action.ticket] : []));
    expect(tickets.map(({ instanceId, start }) => [instanceId, start?.restore])).toEqual([[id(1), restore]]);
  });

  test('never gives a ticket twice, not even in place of one that cannot be read', () => {
    const ticketNames = [`members/${id(1)}`, `members/${id(2)}`];
    const tickets = new Map([[id(1), startedTicket(member(1))]]);
    const { actions } = forming({}, { ticketNames, tickets });
    expect(actions).toMatchObject([{ ticket: { instanceId: id(3) } }]);
  });

  test('gives none while EC2 gives no address: it could never be written right again', () => {
    const { actions } = forming({ instances: [launching(1, { address: null }), young(2), young(3)] });
    expect(actions).toMatchObject([{ ticket: { instanceId: id(2) } }, { ticket: { instanceId: id(3) } }]);
    expect(actions).toHaveLength(2);
  });

  test('does not fail while an etcd shows itself: whoever leaves may be a member', () => {
    const records = { ...NO_RECORDS, claim: CLAIM };
    const instances = [terminating(1), terminating(2), young(3)];
    const world = observation({ view: null, instances, records });
    const clusterIds = new Map([[expectedClusterId(CLAIM) ?? '', [id(1)]]]);
    const plan = planForming({ ...world, etcd: { ...world.etcd, clusterIds } }, CLAIM);
    expect(plan.actions.filter(({ kind }) => kind !== 'writeTicket')).toEqual([]);
    expect(plan.waits).toEqual([formingWait]);
  });

  test('gives none to those that came later', () => {
    const { actions } = forming({ instances: [...WAITING, young(4)] });
    expect(actions.map((action) => action.kind === 'writeTicket' && action.ticket.instanceId)).not.toContain(
      id(4),
    );
  });

  test('goes on without a minority that is lost, by evidence only', () => {
    expect(forming({ machines: terminated(1) }).waits).toEqual([formingWait]);
    expect(forming({ instances: [young(2), young(3)], machines: new Map() }).waits).toEqual([formingWait]);
    expect(forming({ instances: [terminating(1), young(2), young(3)] })).toMatchObject({
      actions: [
        { ticket: { instanceId: id(2) } },
        { ticket: { instanceId: id(3) } },
        { because: 'neverJoined' },
      ],
    });
  });

  test('is not followed, nor its tickets deleted, where the tag of a later claim shows that it is an old reading', () => {
    const group = { bootstrapped: CLAIM.number + 1 };
    const parts = { machines: terminated(1, 2, 3), instances: [young(4), young(5), young(6)], group };
    const found = [`group tag ${CLAIM.number + 1}`];
    expect(forming(parts, { ticketNames: [`members/${id(4)}`] })).toEqual({
      actions: [],
      waits: [{ kind: 'formerCluster', found }],
    });
  });

  test('keeps a founder that leaves with a ticket: it may have started where nobody reaches it', () => {
    const ticketNames = [1, 2, 3].map((n) => `members/${id(n)}`);
    const plan = forming({ instances: [terminating(1), young(2), young(3)] }, { ticketNames });
    expect(plan).toEqual({ actions: [], waits: [formingWait] });
  });

  test('fails with its majority: all that are left are abandoned, nothing else', () => {
    const plan = forming({ machines: terminated(1, 2), instances: [young(3)] });
    expect(plan.actions).toMatchObject([
      { kind: 'answerHook', hook: { instanceId: id(3) }, result: 'ABANDON', because: 'claimFailed' },
    ]);
    expect(plan.waits).toEqual([{ kind: 'claimFailed', claim: 1, stillThere: [id(3)] }]);
  });

  test.each([
    ['runs', machine(3)],
    ['shuts down', machine(3, { state: 'shutting-down' })],
    ['is not known to EC2', { kind: 'notFound' } as const],
  ])('is not followed while one founder %s', (_title, third) => {
    const machines = new Map([...terminated(1, 2), [id(3), third]]);
    const plan = forming({ machines, instances: [young(4), young(5), young(6)] });
    expect(plan.actions).toEqual([]);
    expect(plan.waits).toEqual([{ kind: 'claimFailed', claim: 1, stillThere: [id(3)] }]);
  });

  test('is not followed while a founder that leaves still runs: its etcd may', () => {
    const machines = new Map([...terminated(1, 2), [id(3), machine(3)]]);
    const records = { ticketNames: [1, 2, 3].map((n) => `members/${id(n)}`) };
    const plan = forming({ machines, instances: [terminating(3), young(4), young(5), young(6)] }, records);
    expect(plan.actions).toMatchObject([
      { kind: 'answerHook', hook: { instanceId: id(3) }, result: 'CONTINUE', because: 'neverJoined' },
    ]);
    expect(plan.waits).toEqual([{ kind: 'claimFailed', claim: 1, stillThere: [id(3)] }]);
  });

  test('is followed by the next number when all its founders are terminated and their tickets gone', () => {
    const parts = { machines: terminated(1, 2, 3), instances: [young(4), young(5), young(6)] };
    expect(forming(parts, { ticketNames: [`members/${id(1)}`] }).actions).toMatchObject([
      { kind: 'removeParameters', names: [`members/${id(1)}`] },
    ]);
    expect(forming(parts).actions).toEqual([claim(2, 4, 5, 6)]);
  });
});

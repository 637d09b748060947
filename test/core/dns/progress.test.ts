import { describe, expect, test } from 'vitest';
import { planBase } from '../../../functions/core/dns/base.ts';
import { planFront } from '../../../functions/core/dns/front.ts';
import { memberDomain, planMembers } from '../../../functions/core/dns/members.ts';
import { namesToRead, planZone } from '../../../functions/core/dns/plan.ts';
import { allPending, isOver, type Outcome, stateAfter } from '../../../functions/core/dns/progress.ts';
import { find } from '../../../functions/core/dns/sight.ts';
import type { DnsState, Withdrawal } from '../../../functions/core/dns/state.ts';
import { EMPTY_STATE } from '../../../functions/core/dns/state.ts';
import {
  CONFIG,
  clusterOf,
  groupOf,
  hostOf,
  hostsOf,
  idOf,
  MARK,
  NAME,
  NOW_MS,
  webRecord,
  worldOf,
  ZONE,
} from './worlds.ts';

const GROUP = groupOf([{ n: 1, lifecycle: 'Terminating:Wait' }, { n: 2 }]);
const RECORDS = [MARK, webRecord(1), webRecord(2)];
const HOSTS = hostsOf(hostOf(1), hostOf(2));

function stateOf(outcome: Outcome | 'pending', state: DnsState = EMPTY_STATE): DnsState {
  const world = worldOf([clusterOf([GROUP], { state })], RECORDS, { hosts: HOSTS });
  const [plan] = planZone(world).clusters;
  if (plan === undefined) throw new Error('there is no plan');
  return stateAfter(plan, outcome === 'pending' ? allPending(plan) : new Map([[NAME, outcome]]), NOW_MS);
}

describe('the memory of what was taken out', () => {
  const entry = { syncedAtMs: null, ttlSeconds: 30, ids: [idOf(1)], andOthers: false };

  test.each([
    ['is written before it is done, without knowing that it is', 'pending', [{ ...entry, changeId: null }]],
    [
      'names the change when it is done',
      { kind: 'accepted', changeId: 'C7' },
      [{ ...entry, changeId: 'C7' }],
    ],
    ['stays as it was written when no answer came', { kind: 'unsure' }, [{ ...entry, changeId: null }]],
    [
      'stays too when Route 53 refused: an attempt before may have done it',
      { kind: 'refused', reason: 'no' },
      [{ ...entry, changeId: null }],
    ],
  ] as const)('%s', (_, outcome, withdrawn) => {
    expect(stateOf(outcome).withdrawn).toEqual(withdrawn);
  });

  test('of a change that may have been done a minute is allowed for', () => {
    const state = { ...EMPTY_STATE, withdrawn: [{ ...entry, changeId: null }] };
    const world = worldOf([clusterOf([GROUP], { state })], [MARK, webRecord(2)], { hosts: HOSTS });
    const [plan] = planZone(world).clusters;
    expect(plan && stateAfter(plan, new Map(), NOW_MS).withdrawn).toEqual([
      { ...entry, changeId: null, syncedAtMs: NOW_MS + 60_000 },
    ]);
  });

  test('ends with whoever it is about, when it is over: a list may lack a group for a moment', () => {
    const gone: Withdrawal = { ...entry, changeId: 'C1', ids: [idOf(1), idOf(7)] };
    const others: Withdrawal = { ...entry, changeId: 'C2', syncedAtMs: 0, ids: [], andOthers: true };
    const keptOf = (withdrawn: readonly Withdrawal[]) => {
      const world = worldOf(
        [clusterOf([GROUP], { state: { ...EMPTY_STATE, withdrawn } })],
        [MARK, webRecord(2)],
        {
          hosts: HOSTS,
        },
      );
      const [plan] = planZone(world).clusters;
      return plan && stateAfter(plan, new Map(), NOW_MS).withdrawn;
    };
    expect(keptOf([gone, others])).toEqual([gone]);
    const over = { ...gone, syncedAtMs: NOW_MS - 30_000 };
    expect(keptOf([over])).toEqual([{ ...over, ids: [idOf(1)] }]);
  });

  test('is over when name servers and resolvers have forgotten', () => {
    const one = { ...entry, changeId: 'C1' };
    expect(isOver(one, NOW_MS)).toBe(false);
    expect(isOver({ ...one, syncedAtMs: NOW_MS - 29_999 }, NOW_MS)).toBe(false);
    expect(isOver({ ...one, syncedAtMs: NOW_MS - 30_000 }, NOW_MS)).toBe(true);
  });
});

describe('the memory of a name', () => {
  test('knows both what stood and what was about to, until it is done', () => {
    const [pending, done] = [stateOf('pending'), stateOf({ kind: 'accepted', changeId: 'C1' })].map(
      ({ names }) => names.get(NAME),
    );
    expect(pending?.next).toBe(done?.digest);
    expect(pending?.digest).not.toBe(done?.digest);
    expect(done?.next).toBeNull();
  });

  test('of what could not be read stays as it is', () => {
    const owned = { digest: 'aa', next: null, below: [], missingSinceMs: null };
    const state = { ...EMPTY_STATE, names: new Map([[NAME, owned]]) };
    const world = worldOf([clusterOf([GROUP], { state })], [], { hosts: HOSTS, records: new Map() });
    const [plan] = planZone(world).clusters;
    expect(plan?.findings.map(({ code }) => code)).toEqual(['notReadable']);
    expect(plan && stateAfter(plan, new Map(), NOW_MS)).toEqual(state);
  });

  test('remembers what Route 53 refused, and why', () => {
    const state = stateOf({ kind: 'refused', reason: 'it is protected' });
    expect(state.refused.get(NAME)).toMatchObject({ atMs: NOW_MS });
    expect(state.findings).toMatchObject([{ code: 'recordProtected', detail: 'it is protected' }]);
  });
});

describe('what must be read', () => {
  const config = CONFIG === null ? null : { ...CONFIG, dns: { domain: 'core.example.com', zone: ZONE } };

  test('is the name, its mark, and what members have below it', () => {
    expect(namesToRead(worldOf([clusterOf([GROUP])], []))).toEqual([MARK.name, NAME]);
    const cluster = clusterOf([], { config, peers: `${idOf(1)}=http://10.0.0.1:2380` });
    expect(namesToRead(worldOf([cluster], []))).toContain(`${idOf(1)}.core.example.com`);
    expect(namesToRead(worldOf([cluster], []))).toContain('_etcd-client-ssl._tcp.core.example.com');
    expect(namesToRead(worldOf([clusterOf([GROUP], { standing: 'frozen' })], []))).toEqual([]);
  });

  test('of another zone is nothing', () => {
    expect(memberDomain('ZOTHER', clusterOf([], { config }))).toBeNull();
    const none = planMembers(worldOf([clusterOf([])], []), clusterOf([]), NAME);
    expect(none).toMatchObject({ ours: [], target: [], isWanted: false });
  });
});

test('one name is planned by itself, and nothing of a zone that did not answer', () => {
  const cluster = clusterOf([GROUP]);
  const world = worldOf([cluster], RECORDS, { hosts: HOSTS });
  expect(planFront(world, cluster, NAME, RECORDS.slice(1)).target).toEqual([webRecord(2)]);
  expect(planBase(world, cluster, NAME).changes).toEqual([{ action: 'DELETE', record: webRecord(1) }]);
  expect(planBase({ ...world, zone: null }, cluster, NAME)).toMatchObject({ kind: 'unread', changes: [] });
});

test('of a machine that nobody told of is not known whether it runs', () => {
  const world = worldOf([], [], { hosts: hostsOf(hostOf(1), hostOf(2, { state: 'stopped' })) });
  expect(find(world, idOf(1), 'private')).toEqual({ kind: 'address', address: '10.0.0.1' });
  expect(find(world, idOf(1), 'public').kind).toBe('none');
  expect(find(world, idOf(2), 'private').kind).toBe('dead');
  expect(find(world, idOf(3), 'private').kind).toBe('unknown');
  expect(find({ ...world, hosts: null }, idOf(1), 'private').kind).toBe('unknown');
});

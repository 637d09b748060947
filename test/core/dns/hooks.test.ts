import { describe, expect, test } from 'vitest';
import { planHooks, waitingHooks } from '../../../functions/core/dns/hooks.ts';
import { planZone } from '../../../functions/core/dns/plan.ts';
import { EMPTY_STATE, type Withdrawal } from '../../../functions/core/dns/state.ts';
import { type ClusterWorld, HOLD_MAX_MS, isOpen } from '../../../functions/core/dns/world.ts';
import type { RecordSet } from '../../../functions/core/dns/zone-port.ts';
import { WORKER_HOOK } from '../../../functions/core/names.ts';
import { clusterOf, groupOf, hostOf, hostsOf, idOf, MARK, NOW_MS, webRecord, worldOf } from './worlds.ts';

const HOOK = {
  name: WORKER_HOOK.dns,
  transition: 'terminate',
  heartbeatSeconds: 300,
  globalSeconds: 3_000,
} as const;
const LEAVER = groupOf([{ n: 1, lifecycle: 'Terminating:Wait' }, { n: 2 }]);
const entry = (over: Partial<Withdrawal>): Withdrawal => ({
  changeId: 'C1',
  syncedAtMs: NOW_MS,
  ttlSeconds: 30,
  ids: [idOf(1)],
  andOthers: false,
  ...over,
});
const since = (ageMs: number): Partial<ClusterWorld> => ({
  activities: new Map([['web', [{ instanceId: idOf(1), kind: 'terminate', startedAtMs: NOW_MS - ageMs }]]]),
});

function judge(
  over: Partial<ClusterWorld>,
  withdrawn: readonly Withdrawal[],
  records: readonly RecordSet[] = [],
  atMs = NOW_MS,
) {
  const cluster = clusterOf([LEAVER], { hooks: new Map([['web', [HOOK]]]), ...over });
  const world = worldOf([cluster], [MARK, webRecord(2), ...records], {
    hosts: hostsOf(hostOf(1), hostOf(2)),
  });
  const [plan] = planZone(world).clusters;
  if (plan === undefined) throw new Error('there is no plan');
  const { releases, holds, findings } = planHooks(plan, new Map(), { ...EMPTY_STATE, withdrawn }, atMs);
  return {
    released: releases.map(({ because }) => because),
    held: holds.map(({ because, untilMs }) => [because, untilMs]),
    codes: findings.map(({ code }) => code),
  };
}

test('only workers wait in the hook, on their way out', () => {
  expect(waitingHooks(LEAVER)).toEqual([
    { groupName: 'web', hookName: 'etcd-autopilot-dns', instanceId: idOf(1) },
  ]);
  expect(waitingHooks({ ...LEAVER, role: 'member' })).toEqual([]);
  expect(waitingHooks(groupOf([{ n: 1, lifecycle: 'Pending:Wait' }]))).toEqual([]);
});

describe('whoever waits', () => {
  const UNTIL = NOW_MS + 30_000;
  test.each([
    ['was never published: goes', {}, [], 'notPublished', null],
    [
      'is on its way out of the name servers: is held',
      {},
      [entry({ syncedAtMs: null })],
      null,
      ['notInSync', null],
    ],
    ['is in the memory of resolvers: is held', {}, [entry({})], null, ['cached', UNTIL]],
    ['was forgotten: goes', {}, [entry({ syncedAtMs: NOW_MS - 30_000 })], 'withdrawn', null],
    [
      'was taken out of two names: waits for the later one',
      {},
      [entry({}), entry({ syncedAtMs: NOW_MS - 30_000 })],
      null,
      ['cached', UNTIL],
    ],
    [
      'has no entry among too many: waits for those',
      {},
      [entry({ ids: [], andOthers: true })],
      null,
      ['cached', UNTIL],
    ],
    [
      'has its own entry beside those: waits for it only',
      {},
      [entry({ syncedAtMs: 0 }), entry({ ids: [], andOthers: true })],
      'withdrawn',
      null,
    ],
    ['belongs to a frozen cluster: is held', { standing: 'frozen' }, [], null, ['frozen', null]],
    ['belongs to one that could not be read: is held', { standing: 'unknown' }, [], null, ['unknown', null]],
    ['waits in a hook of somebody else: is not ours', { hooks: new Map([['web', []]]) }, [], null, null],
    ['waits where the hooks are not known: goes', { hooks: new Map() }, [], 'notPublished', null],
  ] as const)('%s', (_, over, withdrawn, released, held) => {
    const judged = judge(over, withdrawn);
    expect(judged.released).toEqual(released === null ? [] : [released]);
    expect(judged.held).toEqual(held === null ? [] : [held]);
  });

  test('still stands in a record: is held', () => {
    expect(judge({}, [], [webRecord(1)])).toMatchObject({ released: [], held: [['published', null]] });
  });

  test('is bounded from when it was first seen where no activity tells of it, and by that one where one does', () => {
    const stuck = [entry({ syncedAtMs: null })];
    const seen = (ageMs: number) => ({ seenWaitingMs: new Map([[idOf(1), NOW_MS - ageMs]]) });
    expect(judge(seen(HOLD_MAX_MS - 1), stuck).released).toEqual([]);
    expect(judge(seen(HOLD_MAX_MS), stuck).released).toEqual(['heldTooLong']);
    expect(judge({ ...seen(1), ...since(HOLD_MAX_MS) }, stuck).released).toEqual(['heldTooLong']);
    expect(judge({ ...seen(HOLD_MAX_MS), ...since(1) }, stuck).released).toEqual([]);
  });

  test('is never held for more than fifteen minutes, and that is told', () => {
    const stuck = [entry({ syncedAtMs: null })];
    expect(judge(since(HOLD_MAX_MS - 1), stuck).released).toEqual([]);
    expect(judge(since(HOLD_MAX_MS), stuck)).toMatchObject({
      released: ['heldTooLong'],
      codes: ['heldTooLong'],
    });
    expect(judge({ ...since(HOLD_MAX_MS), standing: 'frozen' }, stuck).released).toEqual([]);
  });

  test('for half of what Auto Scaling allows is told of', () => {
    const stuck = [entry({ syncedAtMs: null })];
    const short = { hooks: new Map([['web', [{ ...HOOK, globalSeconds: 600 }]]]) };
    expect(judge({ ...short, ...since(299_999) }, stuck).codes).toEqual([]);
    expect(judge({ ...short, ...since(300_000) }, stuck).codes).toEqual(['hookPastHalf']);
  });
});

test('a cluster may be changed only where nothing forbids it', () => {
  const standings = ['registered', 'frozen', 'newer', 'unknown', 'deleting', 'absent'] as const;
  expect(standings.filter((standing) => isOpen({ standing }))).toEqual(['registered', 'deleting', 'absent']);
});

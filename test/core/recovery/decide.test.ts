import { describe, expect, test } from 'vitest';
import type { Snapshot } from '../../../functions/core/backup/listing.ts';
import type { Observation } from '../../../functions/core/observation.ts';
import { decideByPolicy } from '../../../functions/core/recovery/decide.ts';
import type { LossVerdict } from '../../../functions/core/recovery/evidence.ts';
import { lossText, lostAtLeast, restoredRevision } from '../../../functions/core/recovery/loss.ts';
import { optionsIn, sourceChosen } from '../../../functions/core/recovery/options.ts';
import { lastSeenOf, snapshotsIn, survivorsIn } from '../../../functions/core/recovery/sources.ts';
import { AT, CAPTURED, statusOf } from '../../support/lost-worlds.ts';
import { CLUSTER_ID, id, instance, memberId, observation } from '../../support/observations.ts';

const SEEN = { revision: '42', at: AT };

const snapshotOf = (revision: number, over: Partial<Snapshot> = {}, clusterId = CLUSTER_ID): Snapshot => ({
  key: `a/core/snapshots/${revision}.db`,
  takenAtMs: 0,
  manifest: { ...CAPTURED, clusterId, takenAt: AT, atRevision: String(revision), origin: 'schedule' },
  verified: null,
  state: 'restorable',
  reason: null,
  ...over,
});

const entry = (n: number) => ({
  id: memberId(n),
  name: id(n),
  peerUrls: [],
  clientUrls: [],
  isLearner: false,
});

function lostWorld(shown: readonly number[], over: Partial<Observation> = {}): Observation {
  const world = observation({
    view: null,
    instances: [instance(3)],
    statuses: new Map(shown.map((n) => [id(n), statusOf(n)])),
    rosters: new Map(shown.map((n) => [id(n), [1, 2, 3].map(entry)])),
    saved: { known: true, lastSeen: SEEN, snapshots: [] },
    machines: new Map([1, 2].map((n) => [id(n), GONE])),
  });
  return { ...world, ...over };
}
const GONE = { kind: 'known', state: 'terminated', privateIp: null, launchedAtMs: 0, zone: 'a' } as const;

const LOST: LossVerdict = { known: [], lost: [], shown: [], unknown: [], permanent: true };
const by = (world: Observation, recovery: 'manual' | 'from-survivor' | 'from-snapshot', verdict = LOST) =>
  decideByPolicy({ ...world, config: { ...world.config, recovery } }, verdict);
const holds = (because: string, instanceIds: readonly string[] = []) => ({
  kind: 'hold',
  because,
  instanceIds,
});
const saving = (...snapshots: readonly Snapshot[]) => ({
  saved: { known: true, lastSeen: null, snapshots } as const,
});

describe('the configuration decides', () => {
  test('nothing, where it leaves it to a person', () =>
    expect(by(lostWorld([3]), 'manual')).toEqual(holds('manual')));
  test('nothing, where the group wants nobody', () => {
    const group = { ...lostWorld([3]).group, desiredCapacity: 0 };
    expect(by(lostWorld([3], { group }), 'from-survivor')).toEqual(holds('noCapacity'));
  });
  test('nothing, while one that may hold more is silent', () => {
    expect(by(lostWorld([3]), 'from-survivor', { ...LOST, unknown: [id(2)] })).toEqual(
      holds('survivorUnknown', [id(2)]),
    );
  });
  test.each([null, { known: false, because: 'denied' } as const])(
    'nothing, where the bucket did not tell (%j)',
    (saved) => {
      expect(by(lostWorld([3], { saved }), 'from-snapshot')).toEqual(holds('savedUnknown'));
    },
  );
  test('for a survivor only, or nothing', () => {
    expect(by(lostWorld([3], saving(snapshotOf(5_000))), 'from-survivor')).toMatchObject({
      source: { instanceId: id(3) },
    });
    expect(by(lostWorld([], saving(snapshotOf(5_000))), 'from-survivor')).toEqual(holds('noSurvivor'));
  });
  test('for whichever holds more, the survivor where both do', () => {
    expect(by(lostWorld([3], saving(snapshotOf(901))), 'from-snapshot')).toMatchObject({
      source: { revision: '901' },
    });
    expect(by(lostWorld([3], saving(snapshotOf(900))), 'from-snapshot')).toMatchObject({
      source: { instanceId: id(3) },
    });
    expect(by(lostWorld([], saving(snapshotOf(1))), 'from-snapshot')).toMatchObject({
      source: { revision: '1' },
    });
    expect(by(lostWorld([3]), 'from-snapshot')).toMatchObject({ source: { instanceId: id(3) } });
    expect(by(lostWorld([]), 'from-snapshot')).toEqual(holds('noSnapshot'));
  });
  test('never for a snapshot that was not restored for proof, or is damaged', () => {
    const bad = [snapshotOf(7, { state: 'intact' }), snapshotOf(8, { state: 'notRestorable' })];
    expect(by(lostWorld([], saving(...bad)), 'from-snapshot')).toEqual(holds('noSnapshot'));
  });
});

describe('survivors', () => {
  test('the one that knows most to be committed is first, whatever its term', () => {
    const world = lostWorld([1, 2, 3]);
    const statuses = new Map([
      [id(1), statusOf(1, { raftIndex: '999', raftTerm: '9' })],
      [id(2), statusOf(2)],
      [id(3), statusOf(3)],
    ]);
    const found = survivorsIn({ ...world, etcd: { ...world.etcd, statuses } });
    expect(found.map(({ instanceId }) => instanceId)).toEqual([id(2), id(3), id(1)]);
  });
  test('not one of another cluster, of no member list, or whose data is corrupt by its own word', () => {
    const world = lostWorld([1, 2, 3]);
    const statuses = new Map([
      [id(1), statusOf(1, { clusterId: '1' })],
      [id(2), statusOf(2, { errors: [`memberID:${memberId(2)} alarm:CORRUPT`] })],
      [id(3), statusOf(3, { errors: [`memberID:${memberId(2)} alarm:CORRUPT`] })],
      [id(4), statusOf(4)],
    ]);
    expect(
      survivorsIn({ ...world, etcd: { ...world.etcd, statuses } }).map(({ instanceId }) => instanceId),
    ).toEqual([id(3)]);
  });
});

test('snapshots are of this cluster or of what it was before, the one that holds most first', () => {
  const world = lostWorld([]);
  const recovery = { ...world.records.recovery, formerClusterIds: ['66'] };
  const all = [
    snapshotOf(3),
    snapshotOf(10, {
      verified: {
        key: '',
        at: AT,
        restorable: true,
        reason: null,
        revision: '11',
        keyCount: 1,
        etcdVersion: '',
      },
    }),
    snapshotOf(12, {}, '1'),
    snapshotOf(2, {}, '66'),
    snapshotOf(3, { key: 'a/core/snapshots/4.db' }),
  ];
  const found = snapshotsIn({ records: { ...world.records, recovery } }, all, ['restorable']);
  expect(found.map(({ revision, key }) => `${revision} ${key.slice(-4)}`)).toEqual([
    '11 0.db',
    '3 4.db',
    '3 3.db',
    '2 2.db',
  ]);
});

test('the cluster was seen as far as checks saw it, or a survivor shows it; never without a time', () => {
  expect(lastSeenOf(lostWorld([3]))).toEqual({ revision: '900', at: AT });
  const ahead = { saved: { known: true, lastSeen: { revision: '1000', at: AT }, snapshots: [] } } as const;
  expect(lastSeenOf(lostWorld([3], ahead))).toEqual({ revision: '1000', at: AT });
  for (const over of [saving(), { saved: null }]) expect(lastSeenOf(lostWorld([3], over))).toBeNull();
});

describe('the loss', () => {
  test.each([
    [SEEN, '40', '2', 'at least 2 writes are lost'],
    [SEEN, '41', '1', 'at least 1 write is lost'],
    [SEEN, '50', '0', 'it holds everything that was seen (revision 42)'],
    [null, '40', null, 'how far the lost cluster had come is not known'],
  ])('of %j with revision %s', (seen, revision, count, words) => {
    expect(lostAtLeast(seen, revision)).toBe(count);
    expect(lossText(seen, revision)).toContain(words);
    expect(lossText(seen, revision)).toMatch(/may be lost|not known/);
  });
  test('is reckoned from the first revision that is seen, without the shift', () => {
    expect(restoredRevision('1000000040', 1_000_000_000)).toBe('40');
    expect(restoredRevision('40', 1_000_000_000)).toBe('0');
  });
});

describe('what an operator may choose', () => {
  const options = (world: Observation, forced: readonly string[] = []) => optionsIn(world, forced);
  const words = (world: Observation, forced: readonly string[] = []) =>
    options(world, forced).obstacles.join();
  const choice = (world: Observation, over: object = {}) => ({
    source: { how: 'from-survivor', instanceId: id(3) } as const,
    forced: [],
    confirm: options(world).digest,
    by: 'me',
    nonce: 'n',
    ...over,
  });
  const rosterOnly = (world: Observation): Observation => ({
    ...world,
    records: {
      ...world.records,
      tickets: new Map(),
      claim: world.records.claim && { ...world.records.claim, clusterId: CLUSTER_ID },
    },
  });
  const lost = (over: Partial<Observation> = {}) =>
    rosterOnly(lostWorld([3], { ...saving(snapshotOf(5), snapshotOf(6, { state: 'intact' })), ...over }));

  test('survivors, and every whole snapshot with how far it is proved', () => {
    const { sources, obstacles } = options(lost());
    expect(obstacles).toEqual([]);
    expect(
      sources.map((one) =>
        one.how === 'from-survivor' ? one.instanceId : `${one.revision} ${one.restorable}`,
      ),
    ).toEqual([id(3), '6 false', '5 true']);
    expect(options(lost({ saved: null })).sources).toHaveLength(1);
  });

  test('nothing while a voter answers, while it is frozen, while nobody is wanted, or while the bucket does not tell', () => {
    expect(words(observation())).toContain('there is nothing to recover');
    const { config, group, etcd } = lost();
    expect(words(lost({ config: { ...config, frozen: true } }))).toContain('frozen');
    expect(words(lost({ group: { ...group, desiredCapacity: 0 } }))).toContain('desired capacity');
    expect(words(lost({ etcd: { ...etcd, alarms: ['NOSPACE'] } }))).toContain('alarm');
    expect(words(lost({ saved: { known: false, because: 'AWS_DENIED' } }))).toContain('AWS_DENIED');
  });

  test('nobody is called lost who shows its etcd, or is no voter that anybody knows', () => {
    expect(words(lost(), [id(3)])).toContain('is not lost');
    expect(words(lost(), [id(9)])).toContain('no voter of this cluster');
  });

  test('not while a quorum may come back, or nobody can tell', () => {
    const { machines } = lost();
    expect(words(lost({ machines: new Map([...machines].slice(1)) }))).toContain('a quorum may come back');
    const nobody = { ...lost(), etcd: { ...lost().etcd, statuses: new Map(), rosters: new Map() } };
    expect(words(nobody)).toContain('no record tells');
    const both = lostWorld([2, 3]);
    expect(words(rosterOnly({ ...both, machines: new Map([[id(1), GONE]]) }))).toContain('may be a majority');
  });

  test('only what was shown, as it was shown', () => {
    expect(sourceChosen(lost(), choice(lost()))).toMatchObject({ ok: true, source: { instanceId: id(3) } });
    const key = snapshotOf(5).key;
    expect(sourceChosen(lost(), choice(lost(), { source: { how: 'from-snapshot', key } }))).toMatchObject({
      ok: true,
    });
    expect(sourceChosen(lost(), choice(lost(), { confirm: '' }))).toMatchObject({
      reason: expect.stringContaining('changed'),
    });
    const other = { source: { how: 'from-survivor', instanceId: id(2) } };
    expect(sourceChosen(lost(), choice(lost(), other))).toMatchObject({
      reason: 'that is none of the options',
    });
    expect(sourceChosen(observation(), choice(lost()))).toMatchObject({ ok: false });
  });
});

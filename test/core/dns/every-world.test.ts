import { expect, test } from 'vitest';
import { planZone } from '../../../functions/core/dns/plan.ts';
import type { Outcomes } from '../../../functions/core/dns/progress.ts';
import { stateAfter } from '../../../functions/core/dns/progress.ts';
import { isOfInstance, keyOf } from '../../../functions/core/dns/records.ts';
import type { ZoneWorld } from '../../../functions/core/dns/world.ts';
import type { RecordChange, RecordSet } from '../../../functions/core/dns/zone-port.ts';
import type { Host } from '../../../functions/core/hosts.ts';
import {
  clusterOf,
  groupOf,
  hostOf,
  idOf,
  ipOf,
  MARK,
  NAME,
  type Spot,
  webRecord,
  worldOf,
} from './worlds.ts';

const FOREIGN: RecordSet = { ...webRecord(9), setIdentifier: 'by-hand' };
const STALE = (n: number): RecordSet => ({ ...webRecord(n), values: ['192.0.2.1'] });

/** What Auto Scaling says of an instance; `null`: no group lists it. */
const SPOTS: readonly (Omit<Spot, 'n'> | null)[] = [
  { lifecycle: 'InService' },
  { lifecycle: 'InService', health: 'Unhealthy' },
  { lifecycle: 'Pending:Wait' },
  { lifecycle: 'Terminating:Wait' },
  { lifecycle: 'Standby' },
  null,
];
const HOSTS: readonly Partial<Host>[] = [{}, { privateIp: null }, { state: 'terminated', privateIp: null }];
const STANDS = ['absent', 'right', 'stale'] as const;
type Stand = (typeof STANDS)[number];
const STANDINGS = ['registered', 'absent'] as const;

interface Small {
  readonly world: ZoneWorld;
  readonly records: readonly RecordSet[];
  readonly isLiving: boolean;
  readonly isEnding: boolean;
}

/** Two instances in every state that there is, beside every state of their records, their mark and their cluster. */
function* everyWorld(): Generator<Small> {
  for (const [first, second] of pairs(SPOTS)) {
    // Which of the two is which makes no difference.
    if (SPOTS.indexOf(first) > SPOTS.indexOf(second)) continue;
    const spots = [first, second].flatMap((spot, at) => (spot === null ? [] : [{ ...spot, n: at + 1 }]));
    for (const stands of pairs(STANDS)) {
      for (const isMarked of [true, false]) {
        for (const desiredCapacity of [0, 2])
          yield* everyReading(spots, recordsOf(stands, isMarked), desiredCapacity);
      }
    }
  }
}

function* everyReading(
  spots: readonly Spot[],
  records: readonly RecordSet[],
  desiredCapacity: number,
): Generator<Small> {
  for (const standing of STANDINGS) {
    const clusters = [clusterOf([groupOf(spots, { desiredCapacity })], { standing })];
    const isEnding = desiredCapacity === 0;
    for (const [one, other] of pairs(HOSTS)) {
      const hosts = new Map([hostOf(1, one), hostOf(2, other)].map((host) => [host.id, host]));
      const isLiving = spots.some(({ n }) => [one, other][n - 1]?.state !== 'terminated');
      yield { world: worldOf(clusters, records, { hosts }), records, isLiving, isEnding };
    }
    const world = worldOf(clusters, records, { hosts: null });
    yield { world, records, isLiving: spots.length > 0, isEnding };
  }
}

const recordsOf = (stands: readonly Stand[], isMarked: boolean): readonly RecordSet[] => [
  ...(isMarked ? [MARK, FOREIGN] : []),
  ...stands.flatMap((stand, at) =>
    stand === 'absent' ? [] : [stand === 'right' ? webRecord(at + 1) : STALE(at + 1)],
  ),
];

function* pairs<One>(all: readonly One[]): Generator<readonly [One, One]> {
  for (const one of all) for (const other of all) yield [one, other];
}

function apply(
  records: readonly RecordSet[],
  changes: readonly RecordChange[],
  claim: Claim,
): readonly RecordSet[] {
  const after = new Map(records.map((record) => [keyOf(record), record]));
  for (const { action, record } of changes) {
    const key = keyOf(record);
    const now = after.get(key);
    claim(action !== 'CREATE' || now === undefined, 'what is created is not there yet');
    claim(action !== 'DELETE' || now === record, 'what is deleted is named as it stands');
    if (action === 'DELETE') after.delete(key);
    else after.set(key, record);
  }
  return [...after.values()];
}

/** Tells the whole world in which something was not so; only then, for there are many worlds. */
type Claim = (isTrue: boolean, what: string) => void;
const claimIn =
  ({ world, records }: Small): Claim =>
  (isTrue, what) => {
    const about = { clusters: world.clusters, hosts: [...(world.hosts ?? [])], records };
    if (!isTrue) throw new Error(`${what}: ${JSON.stringify(about)}`);
  };

const oursAt = (records: readonly RecordSet[]): readonly RecordSet[] =>
  records.filter((record) => record.name === NAME && isOfInstance(record));

test('in every small world a plan is safe, and planning what comes of it changes nothing', () => {
  const seen = { worlds: 0, changed: 0, kept: 0, added: 0, emptied: 0 };
  for (const small of everyWorld()) {
    const { world, records, isLiving, isEnding } = small;
    const claim = claimIn(small);
    const [plan] = planZone(world).clusters;
    const [base] = plan?.bases ?? [];
    if (plan === undefined || base === undefined) throw new Error('there is no plan');
    const after = apply(records, base.changes, claim);
    seen.worlds += 1;
    if (base.changes.length > 0) seen.changed += 1;
    const isForeignLeft = after.filter(isForeign).length === records.filter(isForeign).length;
    claim(isForeignLeft, 'what is somebody else’s stays');
    const isEmptied = oursAt(records).length > 0 && oursAt(after).length === 0;
    if (isEmptied) seen.emptied += 1;
    claim(!isEmptied || !isLiving || isEnding, 'a name never loses all records while somebody lives (R6)');
    for (const { action, record } of base.changes) {
      if (action === 'DELETE' || record.name !== NAME) continue;
      seen.added += 1;
      claim(isRight(world, record), 'whatever is new leads to somebody in service, at its address');
    }
    const left = new Set(oursAt(after).map(keyOf));
    const gone = oursAt(records).filter((record) => !left.has(keyOf(record)));
    const leavers = gone.map(({ setIdentifier }) => setIdentifier ?? '');
    const told = base.withdrawn.map(({ id }) => id).join();
    claim(told === leavers.join(), 'whoever is taken out is remembered, so that its hook can be held');
    if (base.findings.some(({ code }) => code === 'nothingToPublish')) seen.kept += 1;
    const outcomes: Outcomes = new Map([[NAME, { kind: 'accepted', changeId: 'C1' }]]);
    const state = stateAfter(plan, outcomes, world.takenAtMs);
    const next = worldOf([{ ...plan.cluster, state }], after, { hosts: world.hosts });
    const again = planZone(next).clusters[0]?.bases.flatMap(({ changes }) => changes) ?? [];
    claim(again.length === 0, 'once done it is done');
  }
  expect(seen.worlds).toBeGreaterThan(10_000);
  for (const count of Object.values(seen)) expect(count).toBeGreaterThan(100);
});

const isForeign = ({ setIdentifier }: RecordSet): boolean => setIdentifier === FOREIGN.setIdentifier;

function isRight({ clusters: [cluster], hosts }: ZoneWorld, record: RecordSet): boolean {
  const instance = cluster?.groups[0]?.instances.find(({ id }) => id === record.setIdentifier);
  const isServing = instance?.lifecycle === 'InService' && instance.health === 'Healthy';
  const address = record.setIdentifier === idOf(1) ? ipOf(1) : ipOf(2);
  return isServing && record.values[0] === address && cluster?.standing === 'registered' && hosts !== null;
}

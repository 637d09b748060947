import { expect, test } from 'vitest';
import { type Entry, entriesOf, isLeaving, isWanted } from '../../../functions/core/registry/desired.ts';
import { Keeping, listOf } from '../../../functions/core/registry/keeping.ts';
import type { RegistryWorld } from '../../../functions/core/registry/world.ts';
import {
  type GroupSketch,
  hostOf,
  idOf,
  keysOf,
  type WorldSketch,
  worldOf,
} from '../../support/registry-world.ts';

const WEB: GroupSketch = { service: 'web:80' };

function entriesIn(sketch: WorldSketch): {
  readonly world: RegistryWorld;
  readonly entries: readonly Entry[];
} {
  const world = worldOf(sketch);
  if (world.access.kind !== 'open') throw new Error('nobody could read the keys');
  return { world, entries: entriesOf(world, world.access) };
}

test('an entry is every instance that is listed or registered, with its own keys and no others', () => {
  const { entries } = entriesIn({
    groups: [{ ...WEB, instances: { 2: 'InService' } }],
    keys: { ...keysOf(1, WEB), [`/services/web/${idOf(9)}:80`]: 'x', '/services/web/y': 'z' },
    hosts: { 1: { state: 'terminated' } },
  });
  expect(entries.map(({ id, group, isAlive }) => [id, group?.name ?? null, isAlive])).toEqual([
    [idOf(1), null, false],
    [idOf(2), 'web', true],
  ]);
  expect(Object.fromEntries(entries[0]?.held ?? [])).toEqual(keysOf(1, WEB));
  expect(entries[0]?.wanted?.size).toBe(0);
  expect(Object.fromEntries(entries[1]?.wanted ?? [])).toEqual(keysOf(2, WEB));
});

test('a service key whose machine is not registered is its own only while a group lists the instance', () => {
  const key = `/services/web/${idOf(1)}:80`;
  const listed = entriesIn({ groups: [{ ...WEB, instances: { 1: 'Standby' } }], keys: { [key]: 'x' } });
  expect([...(listed.entries[0]?.held.keys() ?? [])]).toEqual([key]);
  expect(entriesIn({ groups: [WEB], keys: { [key]: 'x' } }).entries).toEqual([]);
});

test('an instance is leaving from the moment its group ends it until its hook is over', () => {
  const leaving = ['Terminating', 'Terminating:Wait', 'ReplacingRootVolume:Wait', 'Warmed:Terminating:Wait'];
  for (const lifecycle of leaving) expect(isLeaving({ lifecycle })).toBe(true);
  for (const lifecycle of ['InService', 'Pending:Wait', 'Terminating:Proceed', 'Standby'])
    expect(isLeaving({ lifecycle })).toBe(false);
});

test('a service is wanted by a group that offers it and shall have instances, or whose instances have it while nobody can read its tag', () => {
  const wanted = (sketch: GroupSketch, service: string | null) =>
    isWanted(worldOf({ groups: [sketch] }).groups, service);
  expect(wanted({ ...WEB, desired: 1 }, 'web')).toBe(true);
  expect(wanted({ ...WEB, desired: 1 }, null)).toBe(true);
  expect(wanted({ ...WEB, desired: 1 }, 'api')).toBe(false);
  expect(wanted({ ...WEB, desired: 0 }, 'web')).toBe(false);
  expect(wanted({ ...WEB, desired: 1, deleting: true }, 'web')).toBe(false);
  const broken: GroupSketch = { service: 'web', desired: 1, instances: { 1: 'Terminating:Wait' } };
  const unclear = (group: GroupSketch) => {
    const { world, entries } = entriesIn({
      groups: [group],
      keys: { ...keysOf(1, WEB), ...keysOf(2, { service: 'api:1' }) },
    });
    const keeping = new Keeping(world.groups, entries);
    const stays = (n: number, service: string) =>
      keeping.mustStay(`/services/${service}/${idOf(n)}:80`, { isAlive: n === 1 });
    return [stays(1, 'web'), stays(2, 'api')];
  };
  expect(unclear(broken)).toEqual([true, false]);
  expect(unclear({ ...broken, desired: 0 })).toEqual([false, false]);
});

test('a list is told by what its readers ask for', () => {
  expect(listOf(`/services/web/${idOf(1)}:80`)).toBe('web');
  expect(listOf(`/services/web/${idOf(2)}:81`)).toBe('web');
  expect(listOf(`/etcd-autopilot/machines/${idOf(1)}`)).toBe('/');
});

test('what nobody can tell about is no provider: the living keep their keys beside it', () => {
  const { world, entries } = entriesIn({
    groups: [{ ...WEB, instances: { 1: 'InService', 2: 'Terminating:Wait' } }],
    keys: { ...keysOf(1, WEB), ...keysOf(2, WEB) },
    hosts: { 1: 'notFound', 2: hostOf(2) },
  });
  const keeping = new Keeping(world.groups, entries);
  const [unknown, leaver] = entries;
  if (unknown === undefined || leaver === undefined) throw new Error('two entries');
  for (const key of leaver.held.keys()) expect(keeping.mustStay(key, leaver)).toBe(true);
  expect(unknown.wanted).toBeNull();
});

import { expect, test } from 'vitest';
import {
  findAddressless,
  findEdited,
  findEmpty,
  findForeign,
  findTagProblems,
} from '../../../functions/core/registry/findings.ts';
import { findLateHooks, isHeldTooLong, leaversOf } from '../../../functions/core/registry/leaves.ts';
import { tidyOf } from '../../../functions/core/registry/notes.ts';
import { HOLD_MAX_MS, type RegistryWorld } from '../../../functions/core/registry/world.ts';
import { HOOK_SETTINGS, idOf, NOW_MS, worldOf } from '../../support/registry-world.ts';

const leaving = (changes: Partial<RegistryWorld> = {}): RegistryWorld =>
  worldOf({ groups: [{ service: 'web:80', instances: { 1: 'Terminating:Wait', 2: 'InService' } }], changes });
const waited = (ms: number) => leaving({ waitingSinceMs: new Map([[idOf(1), NOW_MS - ms]]) });

test('whoever waits in a terminate hook waits for us, unless his group has no hook of ours or was answered', () => {
  expect(leaversOf(leaving()).map(({ id }) => id)).toEqual([idOf(1)]);
  expect(leaversOf(leaving({ hooks: new Map() })).map(({ id }) => id)).toEqual([idOf(1)]);
  expect(leaversOf(leaving({ hooks: new Map([['web', null]]) }))).toEqual([]);
  expect(leaversOf(leaving({ answered: new Set([idOf(1)]) }))).toEqual([]);
});

test('a hold is too long after fifteen minutes, and never while nobody knows since when it is', () => {
  expect(isHeldTooLong(waited(HOLD_MAX_MS - 1), idOf(1))).toBe(false);
  expect(isHeldTooLong(waited(HOLD_MAX_MS), idOf(1))).toBe(true);
  expect(isHeldTooLong(leaving(), idOf(1))).toBe(false);
});

test('a hook is late at half of its global limit, and not before', () => {
  const halfMs = (HOOK_SETTINGS.globalSeconds * 1_000) / 2;
  const late = (ms: number) => findLateHooks(waited(ms), leaversOf(waited(ms)));
  expect(late(halfMs - 1)).toEqual([]);
  expect(late(halfMs)).toMatchObject([{ code: 'hookPastHalf', subject: idOf(1) }]);
});

test('of many the first five are named, and the others counted', () => {
  const names = Array.from({ length: 7 }, (_, at) => `/services/web/x${at}`);
  const world = worldOf({
    groups: [{ service: 'web:80', instances: {} }],
    keys: Object.fromEntries(names.map((name) => [name, ''])),
  });
  if (world.access.kind !== 'open') throw new Error('nobody could read the keys');
  expect(findForeign(world, world.access)).toEqual([
    {
      code: 'keysForeign',
      subject: '/services/web/',
      detail: 'the autopilot did not make x0, x1, x2, x3, x4 and 2 more',
    },
  ]);
  expect(findAddressless([], world.access)).toEqual([]);
});

test('an empty list is told once, an edit with the keys, and of tags only those that matter here', () => {
  const key = `/services/web/${idOf(1)}:80`;
  expect(findEmpty([key, `/services/web/${idOf(2)}:80`])).toHaveLength(1);
  const world = leaving({ past: { placed: new Map([[key, 'v']]), unlistedForMs: new Map() } });
  expect(findEdited(world, [[{ key, value: 'v' }]])).toMatchObject([
    { code: 'edited', detail: `somebody changed ${key}` },
  ]);
  expect(findEdited(world, [[{ key, value: 'other' }], [{ key, value: null }]])).toEqual([]);
  expect(findTagProblems(leaving().groups)).toEqual([]);
});

test('a note goes with its instance, or after a quarter of an hour of whom no list has', () => {
  const noted = (ageMs: number, hosts: Parameters<typeof worldOf>[0]['hosts'] = {}) => {
    const value = new Date(NOW_MS - ageMs).toISOString();
    const world = worldOf({ groups: [], keys: { [`/etcd-autopilot/leaving/${idOf(1)}`]: value }, hosts });
    if (world.access.kind !== 'open') throw new Error('nobody could read the keys');
    return tidyOf(world, world.access, []).flat();
  };
  expect(noted(HOLD_MAX_MS - 1, { 1: {} })).toEqual([]);
  expect(noted(0)).toEqual([]);
  expect(noted(HOLD_MAX_MS)).toMatchObject([{ value: null }]);
  expect(noted(0, { 1: { state: 'terminated' } })).toMatchObject([{ value: null }]);
});

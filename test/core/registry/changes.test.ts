import { expect, test } from 'vitest';
import { inChunks, inOrder } from '../../../functions/core/registry/changes.ts';
import { CHANGES_MAX, type KeyChange } from '../../../functions/core/registry/key-port.ts';
import { planRegistry } from '../../../functions/core/registry/plan.ts';
import { follow, idOf, keysOf, valuesOf, worldOf } from '../../support/registry-world.ts';

const bundleOf = (name: string, size: number, value: string | null = 'v'): readonly KeyChange[] =>
  Array.from({ length: size }, (_, index) => ({ key: `/services/web/${name}:${index}`, value }));

test('the keys of one instance are never split over two transactions', () => {
  for (let size = 1; size <= 40; size += 1) {
    const bundles = Array.from({ length: 20 }, (_, index) => bundleOf(`${index}`, size));
    const chunks = inChunks(bundles);
    expect(chunks.flat()).toEqual(bundles.flat());
    for (const [first] of bundles) {
      const chunk = chunks.find((one) => first !== undefined && one.includes(first));
      expect(bundles.find((bundle) => bundle[0] === first)?.every((change) => chunk?.includes(change))).toBe(
        true,
      );
    }
    expect(Math.max(...chunks.map(({ length }) => length))).toBeLessThanOrEqual(CHANGES_MAX);
    expect(chunks).toHaveLength(Math.ceil(20 / Math.floor(CHANGES_MAX / size)));
  }
});

test('an instance with more keys than a transaction holds still gets all of them', () => {
  const chunks = inChunks([bundleOf('a', CHANGES_MAX + 5), bundleOf('b', 3)]);
  expect(chunks.map(({ length }) => length)).toEqual([CHANGES_MAX, 8]);
  expect(inChunks([])).toEqual([]);
});

test('what brings keys goes before what takes them away; a note of a leaver brings nothing', () => {
  const gone = bundleOf('gone', 1, null);
  const noted = [...bundleOf('noted', 1, null), { key: '/etcd-autopilot/leaving/noted', value: 'now' }];
  const moved = [...bundleOf('moved', 1, null), ...bundleOf('moved-to', 1)];
  const added = bundleOf('added', 1);
  expect(inOrder([gone, noted, moved, added])).toEqual([moved, added, gone, noted]);
});

test('a thousand machines that all are replaced at once are never missing from their service', () => {
  const group = { service: 'web:80', drainSeconds: 15 };
  const olds = Object.fromEntries(Array.from({ length: 1_000 }, (_, at) => [at + 1, 'Terminating:Wait']));
  const news = Object.fromEntries(Array.from({ length: 1_000 }, (_, at) => [at + 2_001, 'InService']));
  const keys = Object.assign({}, ...Object.keys(olds).map((n) => keysOf(Number(n), group)));
  const world = worldOf({ groups: [{ ...group, instances: { ...olds, ...news } }], keys });
  const plan = planRegistry(world);
  let values: ReadonlyMap<string, string> = valuesOf(world);
  for (const commit of plan.commits) {
    values = valuesOf(
      follow(
        { ...world, access: withValues(world, values) },
        { ...plan, commits: [commit], completions: [] },
      ),
    );
    expect(
      [...values.keys()].filter((key) => key.startsWith('/services/web/')).length,
    ).toBeGreaterThanOrEqual(1_000);
  }
  expect(plan.commits).toHaveLength(Math.ceil(1_000 / 64) + Math.ceil(1_000 / 42));
  expect(values.has(`/services/web/${idOf(1)}:80`)).toBe(false);
  expect(plan.heldCount).toBe(1_000);
});

function withValues(
  world: ReturnType<typeof worldOf>,
  values: ReadonlyMap<string, string>,
): typeof world.access {
  if (world.access.kind !== 'open') throw new Error('nobody could read the keys');
  return { ...world.access, keys: { ...world.access.keys, values } };
}

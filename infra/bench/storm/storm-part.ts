import type { Part } from '../parts.ts';
import { measureStorms, STORM_SIZES, type StormRows } from './measure.ts';
import { stormText } from './report.ts';

/** What storms of launches and ends cost, in the simulation. */
export const stormPart: Part = async ({ say, quick }) => {
  const storm = await measureStorms(quick ? STORM_SIZES.slice(0, -1) : STORM_SIZES, say);
  return { keys: { storm }, text: stormText(storm), targets: [], problems: problemsOf(storm) };
};

/** What our side must never do, at whatever size. */
export function problemsOf({ launches, leaves }: StormRows): readonly string[] {
  const ours = <Row extends { readonly who: string }>(rows: readonly Row[]): readonly Row[] =>
    rows.filter(({ who }) => who === 'ours');
  const tell = (workers: number, count: number, words: string): readonly string[] =>
    count === 0 ? [] : [`of ${workers} workers in a storm ${count} ${words}`];
  return [
    ...ours(launches).flatMap(({ workers, missing }) => tell(workers, missing, 'were never published')),
    ...ours(leaves).flatMap(({ workers, early, ranOut, left }) => [
      ...tell(workers, early, 'were let go while clients could be sent there'),
      ...tell(workers, ranOut, 'were in hooks that ran out'),
      ...tell(workers, left, 'were left in DNS or etcd'),
    ]),
    ...[...ours(launches), ...ours(leaves)].flatMap(({ workers, overruns }) =>
      tell(workers, overruns, 'times had a function run too long'),
    ),
  ];
}

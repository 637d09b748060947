import { describe, expect, test } from 'vitest';
import { historyFigure, stretchesOf } from '../../../infra/page/history.ts';

const MINUTE = 60_000;
const at = (minute: number, revision: number | bigint) => ({
  atMs: 1_000 * MINUTE + minute * MINUTE,
  revision: BigInt(revision),
});

describe('the history of a cluster', () => {
  test('tells writes a minute, also where a look came late', () => {
    const stretches = stretchesOf([at(0, 100), at(1, 700), at(3, 1_900)]);
    expect(stretches.map(({ kind, perMinute }) => [kind, perMinute])).toEqual([
      ['writes', 600],
      ['writes', 600],
    ]);
  });

  test('claims nothing of a time in which no look came', () => {
    expect(stretchesOf([at(0, 100), at(10, 700)]).map(({ kind }) => kind)).toEqual(['gap']);
    expect(historyFigure([at(0, 100), at(10, 700)])).toContain('no look, or no voter answered');
  });

  test('tells a restore from writes: the revision goes back, or far ahead', () => {
    const stretches = stretchesOf([at(0, 500), at(1, 100), at(2, 1_000_000_100)]);
    expect(stretches.map(({ kind }) => kind)).toEqual(['restored', 'restored']);
  });

  test('counts beyond what a number holds', () => {
    const far = 2n ** 60n;
    expect(stretchesOf([at(0, far), at(1, far + 3n)])[0]).toMatchObject({ kind: 'writes', perMinute: 3 });
  });

  test('tells its ticks apart, however short it is', () => {
    const ticksOf = (minutes: number): readonly string[] =>
      [
        ...historyFigure([at(0, 1), at(minutes / 2, 5), at(minutes, 9)]).matchAll(
          />(\d\d:\d\d(?::\d\d)?)<\/text>/g,
        ),
      ].map(([, time = '']) => time);
    for (const minutes of [1, 4, 60]) expect(new Set(ticksOf(minutes)).size).toBe(9);
    expect(ticksOf(60)[0]).toBe('16:40');
    expect(ticksOf(4)[8]).toBe('16:44:00');
  });

  test('draws nothing of nothing, one look, or two of the same moment, and a flat line of an idle cluster', () => {
    expect([historyFigure([]), historyFigure([at(0, 1)]), historyFigure([at(0, 1), at(0, 2)])]).toEqual([
      '',
      '',
      '',
    ]);
    expect(historyFigure([at(0, 5), at(1, 5)])).not.toMatch(/NaN|Infinity/);
  });
});

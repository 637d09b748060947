import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { runWorld } from '../worlds.ts';
import { playFronts } from './history.ts';
import { FAULTS } from './moments.ts';
import { FrontsSum } from './sum.ts';

/** Of every change; a run of many more is `npm run sim -- --world fronts`. */
const HISTORIES = 250;

const kept: readonly { readonly seed: number; readonly found: string }[] = JSON.parse(
  readFileSync('test/simulation/fronts/seeds.json', 'utf8'),
);

test('in histories of faults, changes and edits DNS and registry break no rule, and come to rest', async () => {
  const sum = new FrontsSum();
  for (let seed = 1; seed <= HISTORIES; seed += 1) sum.add(await playFronts(seed));
  const { failures, figures, drawn, happened } = sum.toSummary();
  expect(failures).toEqual([]);
  expect(Object.keys(drawn)).toEqual(expect.arrayContaining(Object.keys(FAULTS)));
  expect(Object.keys(happened).length).toBeGreaterThan(18);
  expect(figures.judged).toBeGreaterThan(HISTORIES * 10);
  expect(figures.killed).toBeGreaterThan(10);
});

test.each(kept)('seed $seed, with which was found: $found', async ({ seed }) => {
  expect((await playFronts(seed)).violations).toEqual([]);
});

test('the same seed tells the same history', async () => {
  expect(await playFronts(7, true)).toEqual(await playFronts(7, true));
});

describe('the command', () => {
  async function run(...args: readonly string[]) {
    const said = { out: '', err: '' };
    const code = await runWorld(args, {
      out: (text) => {
        said.out += text;
      },
      err: (text) => {
        said.err += text;
      },
    });
    return { code, ...said };
  }

  test('sums up many histories, also as JSON', async () => {
    const many = await run('--world', 'fronts', '--histories', '3', '--seed', '5');
    expect(many).toMatchObject({ code: 0, err: '' });
    expect(many.out).toContain('3 histories of DNS and registry');
    expect(many.out).toContain('every rule held in all of them');
    const json = await run('--world=fronts', '--histories', '2', '--json');
    expect(JSON.parse(json.out)).toMatchObject({ histories: 2, failures: [] });
  });

  test('tells one history as it goes', async () => {
    const one = await run('--world', 'fronts', '--seed', '3');
    expect(one.code).toBe(0);
    expect(one.out).toContain('registry etcd.commit');
    expect(one.out).toContain('the storm is over');
    expect(one.out.trimEnd().split('\n').at(-1)).toBe('every rule held');
  });

  test('ends with 2 and a clear line for a mistake in the input', async () => {
    expect(await run('--world', 'moon')).toMatchObject({
      code: 2,
      err: 'there is no world "moon"; --world is cluster (default), fronts, gates or care\n',
    });
    expect(await run('--world')).toMatchObject({ code: 2 });
    expect((await run('--world', 'fronts', '--histories', 'x')).code).toBe(2);
    expect((await run('--world', 'fronts', '--help')).code).toBe(0);
  });
});

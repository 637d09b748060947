import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { Counts } from '../history/counts.ts';
import { runWorld } from '../worlds.ts';
import { playCare } from './history.ts';
import { CARE_RULES } from './judge.ts';
import { FAULTS } from './moments.ts';

/** Of every change; a run of many more is `npm run sim -- --world care`. */
const HISTORIES = 40;

const kept: readonly { readonly seed: number; readonly found: string }[] = JSON.parse(
  readFileSync('test/simulation/care/seeds.json', 'utf8'),
);

test('in histories of faults and edits backup and verification break no rule, and all is kept and told in the end', async () => {
  const [happened, judged] = [new Counts(), new Counts()];
  let snapshots = 0;
  for (let seed = 1; seed <= HISTORIES; seed += 1) {
    const { violations, counts } = await playCare(seed);
    expect(violations, `npm run sim -- --world care --seed ${seed}`).toEqual([]);
    happened.addAll(counts.happened);
    judged.addAll(counts.judged);
    snapshots += counts.snapshots;
  }
  expect(Object.keys(FAULTS).filter((name) => happened.of(name) === 0)).toEqual([]);
  const isJudged = CARE_RULES.filter((rule) => rule !== 'B0' && judged.of(rule) > 0);
  expect(isJudged).toEqual(CARE_RULES.filter((rule) => rule !== 'B0'));
  expect(snapshots).toBeGreaterThan(HISTORIES * 10);
}, 120_000);

test.each(kept)('seed $seed, with which was found: $found', async ({ seed }) => {
  expect((await playCare(seed)).violations).toEqual([]);
});

test('the same seed tells the same history', async () => {
  expect(await playCare(7, true)).toEqual(await playCare(7, true));
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

  test('sums up many histories, also as JSON, and tells one', async () => {
    const many = await run('--world', 'care', '--histories', '2', '--seed', '5');
    expect(many.out).toMatch(/2 histories in .* snapshots: 0 broke a rule/);
    const json = await run('--world', 'care', '--histories', '2', '--seed', '5', '--json');
    expect(JSON.parse(json.out)).toMatchObject({ histories: 2, failures: [] });
    const one = await run('--world', 'care', '--seed', '5');
    expect(one.out).toMatch(/^seed 5: [\s\S]*every rule held\n$/);
    expect([many.code, json.code, one.code]).toEqual([0, 0, 0]);
  });
});

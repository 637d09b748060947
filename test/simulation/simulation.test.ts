import { describe, expect, test } from 'vitest';
import { EVERYTHING } from './history/everything.ts';
import type { Fault } from './history/fault.ts';
import { play } from './history/play.ts';
import { runPool } from './history/pool.ts';
import { runSimulation } from './history/run.ts';
import { shrink } from './history/shrink.ts';
import type { Brief } from './history/summary.ts';
import { replayOf } from './history/told.ts';
import seeds from './seeds.json' with { type: 'json' };

const FROM = 1;
const COUNT = 200;

async function run(...args: readonly string[]) {
  const told = { out: '', err: '' };
  const code = await runSimulation(args, {
    out: (text) => {
      told.out += text;
    },
    err: (text) => {
      told.err += text;
    },
  });
  return { code, ...told };
}

describe('simulated histories', () => {
  test(`hold every rule, from seed ${FROM} to ${FROM + COUNT - 1}`, async () => {
    for (let seed = FROM; seed < FROM + COUNT; seed += 1) {
      const { violations } = await play(seed, {}, false);
      expect(violations, replayOf(seed, {})).toEqual([]);
    }
  }, 120_000);

  test.each(seeds)('hold what seed $seed broke once: $found', async ({ seed, only }) => {
    expect((await play(seed, { only }, false)).violations, replayOf(seed, { only })).toEqual([]);
  });

  test('are the same byte for byte, told twice, and told or not', async () => {
    for (const seed of [2, 11, 12]) {
      const [first, second] = [await play(seed, {}, true), await play(seed, {}, true)];
      expect(first.lines.length).toBeGreaterThan(20);
      expect(second.lines.join('\n')).toBe(first.lines.join('\n'));
      const { lines: _lines, ...counted } = await play(seed, {}, false);
      const { lines: _told, ...recorded } = second;
      expect(counted).toEqual(recorded);
    }
  });

  test('are the same in a thread', async () => {
    const briefs: Brief[] = [];
    await runPool({ from: 7, count: 3, threads: 2, wishes: {} }, (batch) => void briefs.push(...batch));
    for (const brief of briefs) expect(await play(brief.seed, {}, false)).toMatchObject({ ...brief });
    expect(briefs.map(({ seed }) => seed)).toEqual([7, 8, 9]);
  });

  test('leave out a fault without moving what the others do', async () => {
    const whole = await play(3, {}, false);
    const [left = '', ...only] = whole.fate.swarm;
    const less = await play(3, { only }, false);
    const others = whole.fate.incidents.filter(({ fault }) => fault !== left);
    expect(less.fate.incidents).toEqual(others);
    expect(less.fate.incidents.length).toBeLessThan(whole.fate.incidents.length);
  });
});

describe('a world that breaks a rule', () => {
  test('is told with its rule, its replay and its lines, and with no more faults than it takes', async () => {
    const [name = ''] = Object.keys((await play(1, {}, false)).sums.faults);
    const kept = EVERYTHING[name];
    const fault: Fault = {
      about: 'a second cluster forms',
      apply: (world) => {
        world.etcd.violations.push('R1: for the test');
        return 'done';
      },
    };
    Object.assign(EVERYTHING, { [name]: fault });
    try {
      const { outcome, only } = await shrink(1, {});
      expect(outcome.violations).toEqual(['R1: for the test']);
      expect(only).toEqual([name]);
      const told = await run('--seed', '1');
      expect(told.code).toBe(1);
      expect(told.out).toContain('FAILED: npm run sim -- --seed 1\n');
      expect(told.out).toContain(`npm run sim -- --seed 1 --only ${name}\n`);
      expect(told.out).toContain(`!!  ${name}: a second cluster forms`);
      expect(told.out).toContain('broken: R1: for the test');
    } finally {
      Object.assign(EVERYTHING, { [name]: kept });
    }
  });
});

describe('npm run sim', () => {
  test('tells one history that holds, from beginning to end', async () => {
    const { code, out } = await run('--seed', '5');
    expect(code).toBe(0);
    expect(out).toMatch(/^seed 5: \d members, etcd /);
    expect(out).toContain('== faults stop');
    expect(out).toContain('== stillness');
    expect(out.endsWith('every rule held\n')).toBe(true);
  });

  test('counts what many histories saw, and what they never saw', async () => {
    const { code, out } = await run('--histories', '20', '--seed', '1', '--json');
    expect(code).toBe(0);
    const summary = JSON.parse(out);
    expect(summary).toMatchObject({ histories: 20, failures: [], shortcomings: [] });
    expect(summary.counts.actions.claimCluster).toBeGreaterThan(0);
    expect(Object.keys(summary.counts.waits)).not.toContain(summary.never.waits[0]);
  });

  test.each([
    [['--seed', 'abc'], /whole number/],
    [['--histories', '0'], /whole number/],
    [['--etcd', '2.3.8'], /3\.4\.23/],
    [['--only', 'nonsense'], /"nonsense" is none of them/],
    [['--bogus'], /unknown option '--bogus'/],
    [['rest'], /too many arguments/],
  ])('refuses %j with a line and exit code 2', async (args, words) => {
    const { code, err } = await run(...args);
    expect(code).toBe(2);
    expect(err).toMatch(words);
    expect(err).not.toMatch(/\n +at /);
  });
});

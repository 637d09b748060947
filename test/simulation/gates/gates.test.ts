import { describe, expect, test } from 'vitest';
import { runWorld } from '../worlds.ts';
import { playGates } from './play.ts';
import seeds from './seeds.json' with { type: 'json' };

/** Of every change; a run of many more is `npm run sim -- --world gates`. */
const HISTORIES = 60;

test('updates, gates, the termination policy and reboots break no rule, and all of them end', async () => {
  const figures: Record<string, number> = {};
  for (let seed = 1; seed <= HISTORIES; seed += 1) {
    const outcome = await playGates(seed);
    expect(outcome.violations, `npm run sim -- --world gates --seed ${seed}`).toEqual([]);
    for (const [name, value] of Object.entries(outcome.figures)) figures[name] = (figures[name] ?? 0) + value;
  }
  for (const name of [
    'update done',
    'update rolledBack',
    'gate whole',
    'gate refused',
    'policy chosen',
    'policy held',
    'reboot granted',
    'reboot refused',
    'reboot released',
  ])
    expect(figures[name], name).toBeGreaterThan(0);
}, 60_000);

test.each(seeds)('seed $seed, with which was found: $found', async ({ seed, only }) => {
  expect((await playGates(seed, { only })).violations).toEqual([]);
});

test('the same seed tells the same history', async () => {
  const [first, second] = [await playGates(3, {}, true), await playGates(3, {}, true)];
  expect(first.lines.length).toBeGreaterThan(20);
  expect(second).toEqual(first);
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
    const many = await run('--world', 'gates', '--histories', '3', '--seed', '5');
    expect(many).toMatchObject({ code: 0, err: '' });
    expect(many.out).toContain('3 histories of gates');
    const json = await run('--world=gates', '--histories', '2', '--json');
    expect(JSON.parse(json.out)).toMatchObject({ histories: 2, failures: [] });
  });

  test('tells one history as it goes, with the faults that are asked for', async () => {
    const one = await run('--world', 'gates', '--seed', '3', '--only', 'gateAlone,rollingUpdate');
    expect(one.code).toBe(0);
    expect(one.out).toContain('!!  gateAlone');
    expect(one.out.trimEnd().split('\n').at(-1)).toBe('every rule held');
  });

  test('ends with 2 and a clear line for a mistake in the input', async () => {
    expect(await run('--world', 'gates', '--only', 'moon')).toMatchObject({
      code: 2,
      err: expect.stringContaining('There is no fault "moon"'),
    });
    expect((await run('--world', 'gates', '--histories', 'x')).code).toBe(2);
    expect((await run('--world', 'gates', '--help')).code).toBe(0);
  });
});

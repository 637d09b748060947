import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { KINDS } from '../../../infra/local/fleet/faults/kinds.ts';
import { openDirectory } from './region-directory.ts';

let region: ReturnType<typeof openDirectory>;

beforeEach(() => {
  region = openDirectory();
});

afterEach(() => region.close());

const inForce = {
  id: 'f1',
  kind: 'drop-events',
  target: '',
  text: 'dropping the next 3 events',
  since: '2026-01-01T00:00:00.000Z',
  until: null,
  struck: 1,
  remains: 2,
};

describe('local fault', () => {
  test('says in one sentence what was done and how to undo it, in this region', async () => {
    const asked = await region.serve({
      id: 'f1',
      text: 'froze the etcd of i-1',
      undo: 'undo it with: … clear f1',
    });
    const { code, out, err } = await region.run('fault', 'freeze-etcd', 'leader');
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(out).toBe(`froze the etcd of i-1; undo it with: … clear f1 --dir ${region.dir}\n`);
    expect(asked).toEqual([
      'POST /_fleet/faults {"kind":"freeze-etcd","target":"leader","count":null,"seconds":null,"type":null,"group":null}',
    ]);
  });

  test('passes its options on, and prints JSON', async () => {
    const answer = { id: 'f2', kind: 'drop-events', text: 'dropping', undo: 'clear it' };
    const asked = await region.serve(answer);
    const options = ['--count', '2', '--seconds', '60', '--type', 'terminate', '--group', 'g', '--json'];
    const { out } = await region.run('fault', 'drop-events', ...options);
    expect(JSON.parse(out)).toEqual(answer);
    expect(JSON.parse(asked[0]?.slice('POST /_fleet/faults '.length) ?? '')).toEqual({
      kind: 'drop-events',
      target: '',
      count: 2,
      seconds: 60,
      type: 'terminate',
      group: 'g',
    });
  });

  test('lists what is in force, with its strikes and what remains', async () => {
    await region.serve({ faults: [inForce, { ...inForce, id: 'f12', remains: null }], ended: [] });
    expect((await region.run('fault', 'list')).out).toBe(
      [
        'id   struck  remains        what',
        'f1   1       2              dropping the next 3 events',
        'f12  1       until cleared  dropping the next 3 events',
        '',
      ].join('\n'),
    );
  });

  test('clears one fault, or all', async () => {
    const asked = await region.serve({ cleared: [inForce] });
    expect((await region.run('fault', 'clear', 'f1')).out).toBe('ended f1: dropping the next 3 events\n');
    await region.run('fault', 'clear');
    expect(asked).toEqual(['DELETE /_fleet/faults/f1', 'DELETE /_fleet/faults']);
  });

  test('says so when nothing is in force', async () => {
    await region.serve({ faults: [], ended: [], cleared: [] });
    expect((await region.run('fault', 'list')).out).toBe('no fault is in force\n');
    expect((await region.run('fault', 'clear')).out).toBe('no fault was in force\n');
  });

  test.each([
    [['explode'], 'unknown fault "explode"; known: kill-etcd, freeze-etcd,'],
    [['kill-etcd'], 'kill-etcd: which instance?'],
    [['drop-events', '--count', 'some'], 'count must be a whole number'],
    [['kill-etcd', 'i-1', '--count', '1'], 'kill-etcd takes no count'],
  ])('ends %s with 2 and one line, also without a region', async (args, words) => {
    const { code, out, err } = await region.run('fault', ...args);
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).toContain(words);
    expect(err.trim().split('\n')).toHaveLength(1);
  });

  test('ends with 2 and the one line that the region answers', async () => {
    await region.serve({ code: 'InvalidFault', message: 'there is no instance i-9; there are: i-1' }, 400);
    const { code, err } = await region.run('fault', 'kill-etcd', 'i-9');
    expect({ code, err }).toEqual({
      code: 2,
      err: 'etcd-autopilot: there is no instance i-9; there are: i-1\n',
    });
  });

  test('needs a kind, and its help names every one', async () => {
    expect(await region.run('fault')).toMatchObject({
      code: 2,
      err: expect.stringContaining("argument 'kind'"),
    });
    const { code, out } = await region.run('fault', '--help');
    expect(code).toBe(0);
    for (const kind of Object.keys(KINDS)) expect(out).toMatch(new RegExp(`^ {2}${kind} `, 'm'));
  });
});

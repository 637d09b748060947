import { describe, expect, test } from 'vitest';
import { requestsByService, StormApi } from '../../../infra/bench/storm/api.ts';
import { Bucket, LIMITS } from '../../../infra/bench/storm/limits.ts';
import { measureStorms } from '../../../infra/bench/storm/measure.ts';
import { stormPage, stormText } from '../../../infra/bench/storm/report.ts';
import { storm } from '../../../infra/bench/storm/storm.ts';
import { problemsOf } from '../../../infra/bench/storm/storm-part.ts';
import { DAWN_MS, VirtualTime } from '../../../infra/bench/storm/virtual-time.ts';

describe('a storm of 1,000 events of launches', () => {
  const whole = storm({ workers: 500, perGroup: 100, keptPerGroup: 70, seed: 7 }, 'ours');

  test('costs a handful of passes, and some dozens of calls to each service', async () => {
    const { events, passes, recordBatches, counts } = (await whole).launch;
    expect(events).toBe(1_000);
    expect(passes).toBeLessThan(50);
    expect(passes).toBeGreaterThan(3);
    expect(recordBatches).toBeLessThanOrEqual(passes);
    for (const [service, { requests }] of requestsByService(counts, ['dns', 'registry']))
      expect(requests, service).toBeLessThan(200);
  });

  test('ends with every worker in DNS and in etcd, soon after the last was in service', async () => {
    const { missing, convergedMs, inServiceMs } = (await whole).launch;
    expect(missing).toBe(0);
    expect(convergedMs - inServiceMs).toBeLessThan(30_000);
  });

  test('breaks off no pass: what is throttled comes with the next', async () => {
    const { troubles, overruns } = (await whole).launch;
    expect(troubles.filter((line) => !line.includes('AWS_THROTTLED'))).toEqual([]);
    expect(overruns).toBe(0);
  });

  test('and when 150 leave at once, each is let go when nobody can be sent there, and none is forgotten', async () => {
    const { leave } = await whole;
    expect(leave).toMatchObject({ leavers: 150, early: 0, ranOut: 0, left: 0, overruns: 0 });
    expect(leave.recordBatches).toBeLessThan(5);
    // 30 s until the change is everywhere, 30 s for the TTL, and 300 answers at 10 a second.
    expect(leave.held.last).toBeGreaterThan(60_000);
    expect(leave.held.last).toBeLessThan(240_000);
  });
});

test('both sides of a small storm stand in the tables and on the page, with every limit', async () => {
  const said: string[] = [];
  const rows = await measureStorms([20], (line) => said.push(line));
  expect(said).toHaveLength(1);
  expect(rows.launches).toMatchObject([
    { workers: 20, who: 'ours', events: 40, missing: 0, throttled: 0 },
    { workers: 20, who: 'by event', events: 20, passes: 20, missing: 0, requests: { route53: 20, etcd: 20 } },
  ]);
  expect(rows.leaves).toMatchObject([
    { leavers: 10, who: 'ours', left: 0, early: 0 },
    { leavers: 10, who: 'by event' },
  ]);
  expect(problemsOf(rows)).toEqual([]);
  const page = stormPage(rows);
  for (const { about } of Object.values(LIMITS)) expect(page).toContain(`| ${about} |`);
  for (const who of ['ours', 'by event']) {
    expect(page).toContain(`| 20 | ${who} |`);
    expect(page).toContain(`| 10 | ${who} |`);
    expect(stormText(rows)).toMatch(new RegExp(`^20 +${who} `, 'm'));
  }
});

test('what must never be is told of our side, and of ours only', async () => {
  const { launches, leaves } = await measureStorms([10], () => {});
  const bad = {
    launches: launches.map((row) => ({ ...row, missing: 3 })),
    leaves: leaves.map((row) => ({ ...row, early: 1, ranOut: 2, left: 4, overruns: 5 })),
  };
  expect(problemsOf(bad)).toEqual([
    'of 10 workers in a storm 3 were never published',
    'of 10 workers in a storm 1 were let go while clients could be sent there',
    'of 10 workers in a storm 2 were in hooks that ran out',
    'of 10 workers in a storm 4 were left in DNS or etcd',
    'of 10 workers in a storm 5 times had a function run too long',
  ]);
});

test('the same storm gives the same figures', async () => {
  const measure = () => measureStorms([10], () => {});
  expect(await measure()).toEqual(await measure());
});

describe('the simulated platform', () => {
  test('lets as many calls through as a bucket holds, and then as many as it is refilled by', () => {
    const bucket = new Bucket({ capacity: 3, perSecond: 2 });
    const takes = (nowMs: number, count: number) =>
      Array.from({ length: count }, () => bucket.take(nowMs)).filter(Boolean).length;
    expect(takes(0, 5)).toBe(3);
    expect(takes(1_000, 5)).toBe(2);
    expect(takes(60_000, 5)).toBe(3);
  });

  test('throttles what is beyond a limit, and fails a call after its third attempt', async () => {
    const time = new VirtualTime();
    const api = new StormApi(time, () => 0.5);
    const put = () =>
      api.call('test', 'ssm:PutParameter', () => ({ items: 1, value: 'done' }), { attempts: 1 });
    const outcomes = Promise.allSettled([put(), put(), put(), put()]);
    await time.run(10_000, () => false);
    expect((await outcomes).map(({ status }) => status)).toEqual([
      'fulfilled',
      'fulfilled',
      'fulfilled',
      'rejected',
    ]);
    expect(api.takeCounts().get('test')?.get('ssm:PutParameter')).toEqual({ requests: 4, throttled: 1 });
  });

  test('wakes who waits for the same moment in the order in which they came', async () => {
    const time = new VirtualTime();
    const woken: string[] = [];
    const wait = (name: string, ms: number) => time.sleep(ms).then(() => woken.push(name));
    const all = [wait('late', 20), wait('first', 10), wait('second', 10)];
    await time.run(1_000, () => false);
    await Promise.all(all);
    expect(woken).toEqual(['first', 'second', 'late']);
    expect(time.nowMs()).toBe(DAWN_MS + 20);
  });

  test('tells what went wrong in it, instead of going on', async () => {
    const time = new VirtualTime();
    time.at(DAWN_MS + 5, () => Promise.reject(new Error('broken')));
    await expect(time.run(1_000, () => false)).rejects.toThrow('broken');
  });
});

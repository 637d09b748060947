import { describe, expect, test } from 'vitest';
import { requestsByService, StormApi } from '../../../infra/bench/storm/api.ts';
import { Bucket, LIMITS } from '../../../infra/bench/storm/limits.ts';
import { measureStorms } from '../../../infra/bench/storm/measure.ts';
import { stormPage, stormText } from '../../../infra/bench/storm/report.ts';
import { stormOfOurs } from '../../../infra/bench/storm/storm.ts';
import { DAWN_MS, VirtualTime } from '../../../infra/bench/storm/virtual-time.ts';

describe('a storm of 1,000 events to each queue', () => {
  const storm = stormOfOurs({ workers: 500, perGroup: 100, seed: 7 });

  test('costs a handful of passes, and some dozens of calls to each service', async () => {
    const { events, passes, recordBatches, counts } = await storm;
    expect(events).toBe(1_000);
    expect(passes).toBeLessThan(50);
    expect(passes).toBeGreaterThan(3);
    expect(recordBatches).toBeLessThanOrEqual(passes);
    for (const [service, { requests }] of requestsByService(counts, ['dns', 'registry']))
      expect(requests, service).toBeLessThan(200);
  });

  test('ends with every worker in DNS and in etcd, soon after the last was in service', async () => {
    const { missing, convergedMs, inServiceMs } = await storm;
    expect(missing).toBe(0);
    expect(convergedMs - inServiceMs).toBeLessThan(30_000);
  });

  test('breaks off no pass: what is throttled comes with the next', async () => {
    const { troubles } = await storm;
    expect(troubles.filter((line) => !line.includes('AWS_THROTTLED'))).toEqual([]);
  });
});

test('both sides of a small storm stand in the table and on the page, with every limit', async () => {
  const said: string[] = [];
  const rows = await measureStorms({ sizes: [20], say: (line) => said.push(line) });
  expect(said).toHaveLength(1);
  expect(rows).toMatchObject([
    { workers: 20, who: 'ours', events: 40, missing: 0, throttled: 0 },
    { workers: 20, who: 'by event', events: 20, passes: 20, missing: 0, requests: { route53: 20, etcd: 20 } },
  ]);
  const page = stormPage(rows);
  for (const { about } of Object.values(LIMITS)) expect(page).toContain(`| ${about} |`);
  for (const who of ['ours', 'by event']) {
    expect(page).toContain(`| 20 | ${who} |`);
    expect(stormText(rows)).toMatch(new RegExp(`^20 +${who} `, 'm'));
  }
});

test('the same storm gives the same figures', async () => {
  const options = { sizes: [10], say: () => {} };
  expect(await measureStorms(options)).toEqual(await measureStorms(options));
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
    expect(api.counts.get('test')?.get('ssm:PutParameter')).toEqual({ requests: 4, throttled: 1 });
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

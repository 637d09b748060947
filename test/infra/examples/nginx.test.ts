import { readFileSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { loopback } from '../../support/etcd-process.ts';
import { NginxHost } from './nginx-host.ts';

/** Longer than nginx needs to be told of a change, and to take it over: as drain-seconds must be. */
const DRAIN_MS = 1_500;
const [A, B, C, D, E] = [3, 4, 5, 6, 7].map(loopback);
const ALL = [A, B, C, D, E].map(String);

let host: NginxHost;
beforeAll(async () => {
  host = await NginxHost.open(loopback(2), loopback(1));
});
afterAll(() => host.close());

const until = (isDone: () => boolean, what: string) => host.worker.until(isDone, what);
const servers = (...addresses: readonly string[]) => addresses.map((address) => `${address}:8080`).sort();
const knows = (...addresses: readonly string[]) =>
  until(() => [...host.upstreams].sort().join() === servers(...addresses).join(), `upstreams ${addresses}`);

/** Requests from five clients at once, each after the other, until told to stop. */
function load(): () => Promise<readonly string[]> {
  const answers: string[] = [];
  let isOver = false;
  const clients = Array.from({ length: 5 }, async () => {
    while (!isOver && answers.length < 20_000) answers.push(await host.request());
  });
  return async () => {
    isOver = true;
    await Promise.all(clients);
    return answers;
  };
}
const failed = (answers: readonly string[]) => answers.filter((answer) => answer.startsWith('failed'));

test('nginx follows a service from 2 to 5 instances and back, all others than before, without one failed request', async () => {
  const [a, b, c, d, e] = ALL;
  if (!a || !b || !c || !d || !e) throw new Error('no addresses');
  await host.serve(a);
  await host.serve(b);
  await host.boot();
  await knows(a, b);
  await until(() => host.worker.log.includes('has changed'), 'reload');
  while ((await host.request()).startsWith('failed')) await sleep(20);
  const finish = load();
  for (const address of [c, d, e]) await host.serve(address);
  await knows(...ALL);
  await Promise.all([host.leave(a, DRAIN_MS), host.leave(b, DRAIN_MS), host.leave(c, DRAIN_MS)]);
  await knows(d, e);
  const answers = await finish();
  expect(new Set(failed(answers))).toEqual(new Set());
  expect(answers.length).toBeGreaterThan(100);
  expect(new Set(answers)).toEqual(new Set(ALL));
  expect(new Set(answers.slice(-20))).toEqual(new Set([d, e]));
});

test('an instance that dies without a word costs no request: it is repeated with another one', async () => {
  const [d, e] = [D, E].map(String);
  if (!d || !e) throw new Error('no addresses');
  const finish = load();
  host.die(d);
  await sleep(300);
  const answers = await finish();
  expect(new Set(failed(answers))).toEqual(new Set());
  expect(answers.at(-1)).toBe(e);
  await host.serve(d);
  await knows(d, e);
});

test('what nginx refuses is taken back, and what stands in the file is always of nginx', async () => {
  const file = host.path('conf.d/web.conf');
  const before = readFileSync(file, 'utf8');
  const template = readFileSync(host.path('web.conf.template'), 'utf8');
  host.worker.log = '';
  writeFileSync(host.path('web.conf.template'), `${template}\nthis is no setting of nginx\n`);
  await host.worker.says('the check refuses what it would be');
  await until(
    () => readFileSync(file, 'utf8') === before,
    'file of before, although the template is still wrong',
  );
  writeFileSync(host.path('web.conf.template'), template);
  await until(() => readFileSync(file, 'utf8') === before, 'file of before');
  expect(host.worker.log).not.toContain('has changed');
  expect((await host.request()).startsWith('failed')).toBe(false);
});

test('a value that is no address is left out and said, and cannot become a setting', async () => {
  host.worker.log = '';
  await host.put('/services/web/i-0bad:1', '127.0.0.1:1; } server { listen 1; #');
  await host.worker.says('leaving out what cannot stand in');
  await host.etcdctl('del', '/services/web/i-0bad:1');
  expect(readFileSync(host.path('conf.d/web.conf'), 'utf8')).not.toContain('listen 1;');
});

test('an empty list is never written, and nothing changes while etcd does not answer', async () => {
  const before = host.upstreams;
  expect(before).toHaveLength(2);
  await host.etcdctl('del', '--prefix', '/services/web/');
  await host.worker.says('there is nothing below /services/web/');
  expect(host.upstreams).toEqual(before);
  host.worker.log = '';
  host.etcd.freeze();
  try {
    await host.worker.says('as it is: etcd does not answer');
    expect(host.upstreams).toEqual(before);
    expect((await host.request()).startsWith('failed')).toBe(false);
  } finally {
    host.etcd.thaw();
  }
});

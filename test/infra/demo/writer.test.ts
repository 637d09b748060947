import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import type { EtcdHttp } from '../../../infra/demo/etcd-http.ts';
import { Writer } from '../../../infra/demo/writer.ts';

/** An etcd that keeps what it is given, or forgets or refuses as a test says. */
class FakeEtcd implements EtcdHttp {
  readonly kept = new Map<string, string>();
  readonly asked: string[] = [];
  dead = new Set<string>();
  async put(endpoint: string, key: string, value: string): Promise<void> {
    this.asked.push(endpoint);
    if (this.dead.has(endpoint)) throw new Error('refused');
    this.kept.set(key, value);
  }
  async readAll(): Promise<ReadonlyMap<string, string>> {
    return this.kept;
  }
  async members(): Promise<readonly never[]> {
    return [];
  }
  close(): void {}
}

async function untilAcked(writer: Writer, step: number, count: number): Promise<void> {
  for (let tries = 0; tries < 500 && writer.countOf(step).ackedWrites < count; tries += 1) await sleep(10);
  expect(writer.countOf(step).ackedWrites).toBeGreaterThanOrEqual(count);
}

function started(etcd: FakeEtcd, endpoints: readonly string[]): Writer {
  const writer = new Writer(etcd, async () => endpoints);
  writer.beginStep();
  writer.start();
  return writer;
}

test('every acknowledged write is read back, and none is lost when etcd kept them all', async () => {
  const etcd = new FakeEtcd();
  const writer = started(etcd, ['a']);
  await untilAcked(writer, 0, 5);
  await writer.stop();
  expect(await writer.lostByStep()).toEqual([0]);
  expect(etcd.kept.size).toBe(writer.countOf(0).ackedWrites);
});

test('an acknowledged write that is gone, or differs, counts as lost in the step that wrote it', async () => {
  const etcd = new FakeEtcd();
  const writer = started(etcd, ['a']);
  await untilAcked(writer, 0, 3);
  writer.beginStep();
  await untilAcked(writer, 1, 3);
  await writer.stop();
  const [first = ''] = [...etcd.kept.keys()];
  const last = [...etcd.kept.keys()].at(-1) ?? '';
  etcd.kept.delete(first);
  etcd.kept.set(last, 'something else');
  expect(await writer.lostByStep()).toEqual([1, 1]);
});

test('two writers of one cluster, each with keys of its own, do not overwrite each other', async () => {
  const etcd = new FakeEtcd();
  const writers = ['/one/', '/two/'].map((prefix) => new Writer(etcd, async () => ['a'], prefix));
  for (const writer of writers) {
    writer.beginStep();
    writer.start();
  }
  for (const writer of writers) await untilAcked(writer, 0, 3);
  await Promise.all(writers.map((writer) => writer.stop()));
  const acked = writers.reduce((sum, writer) => sum + writer.countOf(0).ackedWrites, 0);
  expect(etcd.kept.size).toBe(acked);
});

test('a write that is refused is not counted, and the next goes to the next endpoint', async () => {
  const etcd = new FakeEtcd();
  etcd.dead.add('a');
  const writer = started(etcd, ['a', 'b']);
  await untilAcked(writer, 0, 3);
  await writer.stop();
  expect(writer.countOf(0).failedWrites).toBeGreaterThan(0);
  expect(etcd.asked).toContain('b');
  expect(etcd.kept.size).toBe(writer.countOf(0).ackedWrites);
});

test('every write is kept with its time, acknowledged or not, in the order in which they were sent', async () => {
  const etcd = new FakeEtcd();
  etcd.dead.add('a');
  const writer = started(etcd, ['a', 'b']);
  await untilAcked(writer, 0, 2);
  await writer.stop();
  const { ackedWrites, failedWrites } = writer.countOf(0);
  const sentMs = writer.writes.map(([atMs]) => atMs);
  expect(sentMs).toEqual([...sentMs].sort((a, b) => a - b));
  expect(writer.writes.filter(([, , acknowledged]) => acknowledged === 1)).toHaveLength(ackedWrites);
  expect(writer.writes.filter(([, , acknowledged]) => acknowledged === 0)).toHaveLength(failedWrites);
  expect(failedWrites).toBeGreaterThan(0);
});

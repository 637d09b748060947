import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Etcd3 } from 'etcd3';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { EtcdClients } from '../../../functions/adapters/etcd/clients.ts';
import { openEtcd } from '../../../functions/adapters/etcd/open.ts';
import { snapshot } from '../../../functions/adapters/etcd/snapshot.ts';
import { IntactCheck } from '../../../functions/core/backup/intact.ts';
import { type EtcdProcess, etcdBinDir, foundersOf, loopback } from '../../support/etcd-process.ts';

const VALUE_BYTES = 1_000_000;
const VALUE_COUNT = 16;
/** Sixteen messages of 32 KB in the stream, and what HTTP/2 and the kernel have on the way. */
const HELD_BYTES_MAX = 3_000_000;
const MINUTE_MS = 60_000;
/** Of a member that is frozen; the real one is half a minute. */
const SILENCE_MS = 500;

let dir = '';
let members: readonly EtcdProcess[] = [];
const [first, second] = [() => processAt(0), () => processAt(1)];

function processAt(index: number): EtcdProcess {
  const found = members[index];
  if (found === undefined) throw new Error(`there is no member ${index}`);
  return found;
}

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'etcd-snapshot-'));
  const addresses = [loopback(0), loopback(1)];
  const settings = {
    addresses,
    prefix: 'm',
    token: `snapshot-${process.pid}`,
    dir,
    binDir: await etcdBinDir(),
  };
  members = foundersOf(settings);
  for (const member of members) await member.start();
  for (const member of members) await member.ready();
  const client = new Etcd3({ hosts: first().clientUrl });
  for (let index = 0; index < VALUE_COUNT; index += 1)
    await client.put(`/v/${index}`).value(Buffer.alloc(VALUE_BYTES, index));
  client.close();
});
beforeEach(async () => {
  for (const member of members) {
    member.thaw();
    if (!member.isRunning) await member.start();
  }
  for (const member of members) await member.ready();
});
afterAll(async () => {
  for (const member of members) await member.kill();
  await rm(dir, { recursive: true, force: true });
});

const until = (): number => Date.now() + MINUTE_MS;

async function judge(chunks: AsyncIterable<Uint8Array>) {
  const check = new IntactCheck();
  for await (const chunk of chunks) check.add(chunk);
  return check.end();
}

test('a snapshot comes whole, with the checksum that etcd puts behind it', async () => {
  const port = openEtcd({ deadlineMs: 2_000 });
  const verdict = await judge(port.snapshot(second().clientUrl, until()));
  port.close();
  expect(verdict.problem).toBeNull();
  expect(verdict.sizeBytes).toBeGreaterThan(VALUE_COUNT * VALUE_BYTES);
});

test('a snapshot comes from a member that has lost its majority, too', async () => {
  await first().kill();
  const port = openEtcd({ deadlineMs: 2_000 });
  const verdict = await judge(port.snapshot(second().clientUrl, until()));
  port.close();
  expect(verdict.problem).toBeNull();
});

test('etcd waits while nobody reads: no more is held here than a few messages', async () => {
  const clients = new EtcdClients({ deadlineMs: 2_000 });
  const chunks = snapshot(clients, second().clientUrl, until());
  const check = new IntactCheck();
  const before = process.memoryUsage();
  const beginning = await chunks.next();
  if (beginning.done !== true) check.add(beginning.value);
  // Time enough for etcd to send all 16 MB, if anybody took them.
  await sleep(300);
  const after = process.memoryUsage();
  expect(after.external - before.external).toBeLessThan(HELD_BYTES_MAX);
  for await (const chunk of chunks) check.add(chunk);
  clients.close();
  expect(check.end().problem).toBeNull();
});

test('a member that dies on the way is a failure, never a shorter snapshot', async () => {
  const port = openEtcd({ deadlineMs: 2_000 });
  let readBytes = 0;
  const reading = (async () => {
    for await (const chunk of port.snapshot(second().clientUrl, until())) {
      readBytes += chunk.length;
      if (readBytes > 1_000_000 && second().isRunning) await second().kill();
    }
  })();
  await expect(reading).rejects.toMatchObject({ name: 'OperationError', code: 'ETCD_UNAVAILABLE' });
  port.close();
  expect(readBytes).toBeGreaterThan(1_000_000);
});

test('a member that falls silent on the way is given up in time', async () => {
  const clients = new EtcdClients({ deadlineMs: 2_000 });
  const startedMs = performance.now();
  const reading = (async () => {
    let isFrozen = false;
    for await (const chunk of snapshot(clients, second().clientUrl, until(), SILENCE_MS)) {
      if (!isFrozen && chunk.length > 0) second().freeze();
      isFrozen = true;
    }
  })();
  await expect(reading).rejects.toMatchObject({
    code: 'ETCD_UNAVAILABLE',
    message: expect.stringMatching(/fell silent/),
  });
  clients.close();
  expect(performance.now() - startedMs).toBeLessThan(SILENCE_MS * 10);
});

test('nothing comes after the deadline of the whole', async () => {
  const port = openEtcd({ deadlineMs: 2_000 });
  const reading = (async () => {
    for await (const _ of port.snapshot(second().clientUrl, Date.now() + 150)) await sleep(50);
  })();
  await expect(reading).rejects.toMatchObject({ code: 'ETCD_UNAVAILABLE' });
  port.close();
});

test('where nothing listens, it fails at once and says so', async () => {
  await second().kill();
  const port = openEtcd({ deadlineMs: 2_000 });
  await expect(judge(port.snapshot(second().clientUrl, until()))).rejects.toMatchObject({
    code: 'ETCD_UNAVAILABLE',
    message: expect.stringMatching(/nothing listens|could not be reached/),
  });
  port.close();
});

test('whoever stops reading leaves etcd nothing to send', async () => {
  const port = openEtcd({ deadlineMs: 2_000 });
  for await (const chunk of port.snapshot(second().clientUrl, until())) {
    expect(chunk.length).toBeGreaterThan(0);
    break;
  }
  const [probe] = await port.probe([second().clientUrl]);
  expect(probe).toMatchObject({ kind: 'status', linearizable: true });
  port.close();
});

import { once } from 'node:events';
import { createServer, type Http2Server } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, expect, test } from 'vitest';
import { openEtcd } from '../../../functions/adapters/etcd/open.ts';

/** A function lives for many passes: what one of them leaves open is there for all that follow. */
const HOST = '127.0.0.1';
/** grpc-js tries again five times in it where nobody tells it not to. */
const WATCHED_MS = 1_500;

let server: Http2Server;

afterEach(() => server.close());

async function listen(port: number): Promise<number> {
  server = createServer();
  server.listen(port, HOST);
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

test('whoever was asked before it listened is not connected to after the pass', async () => {
  const free = await listen(0);
  server.close();
  await once(server, 'close');
  const etcd = openEtcd({ deadlineMs: 500 });
  const [probe] = await etcd.probe([`http://${HOST}:${free}`]);
  expect(probe).toMatchObject({ kind: 'silent' });
  etcd.close();

  let sessionCount = 0;
  await listen(free);
  server.on('session', () => {
    sessionCount += 1;
  });
  await sleep(WATCHED_MS);
  expect(sessionCount).toBe(0);
});

test('whoever was asked before it listened is heard by the next question', async () => {
  const free = await listen(0);
  server.close();
  await once(server, 'close');
  const etcd = openEtcd({ deadlineMs: 1_000 });
  await etcd.probe([`http://${HOST}:${free}`]);
  let sessionCount = 0;
  await listen(free);
  server.on('session', (session) => {
    sessionCount += 1;
    session.once('stream', () => session.destroy());
  });
  await etcd.probe([`http://${HOST}:${free}`]);
  etcd.close();
  expect(sessionCount).toBeGreaterThan(0);
});

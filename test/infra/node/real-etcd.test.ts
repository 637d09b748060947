import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, expect, test } from 'vitest';
import { isRecord } from '../../../functions/core/json.ts';
import { memberIdOf } from '../../../functions/core/raft-ids.ts';
import { decodeReport } from '../../../functions/core/report.ts';
import { noteAnswer } from '../../support/answering-etcd.ts';
import { clientUrlOf, etcdBinDir, loopback, peerUrlOf } from '../../support/etcd-process.ts';
import { INSTANCE, MemberHost, REPORT_NAME } from './member-host.ts';

const ADDRESS = loopback(15);
const TOKEN = 'core-1-real';
const WITHIN_MS = 20_000;
const text = (value: string): string => Buffer.from(value).toString('base64');

let host: MemberHost;
afterEach(() => host.destroy());

/** One call of etcd's JSON gateway, repeated until it answers. */
async function call(path: string, body: unknown): Promise<unknown> {
  const deadline = Date.now() + WITHIN_MS;
  for (;;) {
    const answer = await fetch(`${clientUrlOf(ADDRESS)}/v3/${path}`, {
      method: 'POST',
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(2_000),
    }).catch(() => null);
    if (answer?.ok) return answer.json();
    if (Date.now() > deadline) throw new Error(`etcd does not answer ${path}; log:\n${host.log}`);
    await sleep(50);
  }
}

async function readKey(key: string): Promise<string | null> {
  const answer = await call('kv/range', { key: text(key) });
  const first: unknown = isRecord(answer) && Array.isArray(answer['kvs']) ? answer['kvs'][0] : null;
  return isRecord(first) ? Buffer.from(String(first['value']), 'base64').toString() : null;
}

/** That it is the etcd that the tests are run for, and no other of this machine. */
async function noteVersion(): Promise<void> {
  const status = await call('maintenance/status', {});
  await noteAnswer(isRecord(status) ? String(status['version']) : 'that tells no version');
}

/** The machine's etcd, by the name that the kernel has for it. */
function etcdPid(): number {
  const children = readFileSync(`/proc/${host.pid}/task/${host.pid}/children`, 'utf8').trim().split(' ');
  const pid = children.find((child) => readFileSync(`/proc/${child}/comm`, 'utf8').trim() === 'etcd');
  if (pid === undefined) throw new Error('no etcd runs');
  return Number(pid);
}

test('a real etcd starts by its ticket, keeps its data over a crash and a reboot, and not over a wiped disk', async () => {
  const peerUrl = peerUrlOf(ADDRESS);
  const memberId = memberIdOf(peerUrl, TOKEN);
  const ticket = { peerUrl, clientUrl: clientUrlOf(ADDRESS), token: TOKEN, memberId };
  host = new MemberHost({ address: ADDRESS, etcd: { dir: await etcdBinDir() } });
  host.giveTicket({ ...ticket, start: { initialCluster: `${INSTANCE}=${peerUrl}`, initialState: 'new' } });
  await host.boot();
  await noteVersion();
  await call('kv/put', { key: text('kept'), value: text('yes') });
  expect(await call('cluster/member/list', {})).toMatchObject({
    members: [{ ID: memberId, name: INSTANCE }],
  });

  host.giveTicket({ ...ticket, state: 'started', start: null });
  process.kill(etcdPid(), 'SIGKILL');
  await host.says('etcd ended with status 137');
  expect(await readKey('kept')).toBe('yes');

  await host.powerOff();
  await host.boot();
  expect(await readKey('kept')).toBe('yes');

  await host.powerOff();
  host.wipe();
  await host.boot();
  await host.until(() => host.region.parameters.has(REPORT_NAME), 'report');
  await host.reads();
  const report = decodeReport(INSTANCE, host.region.parameters.get(REPORT_NAME) ?? '');
  expect(report).toEqual({ instanceId: INSTANCE, kind: 'empty-disk', memberId });
  expect(existsSync(host.path('var/lib/etcd/member'))).toBe(false);
}, 90_000);

test('should the data vanish between the decision and the start, a real etcd founds nothing', async () => {
  const peerUrl = peerUrlOf(ADDRESS);
  host = new MemberHost({ address: ADDRESS, etcd: { dir: await etcdBinDir() } });
  // The first of two etcds on the PATH: it lets the data vanish at the very last moment.
  host.program(
    'etcd',
    `#!/bin/sh\n[ "$1" = --version ] || [ ! -e '${host.path('vanish')}' ] || rm -r "$ETCD_DATA_DIR/member"\nexec '${await etcdBinDir()}/etcd' "$@"\n`,
  );
  const ticket = {
    peerUrl,
    clientUrl: clientUrlOf(ADDRESS),
    token: TOKEN,
    memberId: memberIdOf(peerUrl, TOKEN),
  };
  host.giveTicket({ ...ticket, start: { initialCluster: `${INSTANCE}=${peerUrl}`, initialState: 'new' } });
  await host.boot();
  await noteVersion();
  await call('kv/put', { key: text('kept'), value: text('yes') });
  await host.powerOff();
  writeFileSync(host.path('vanish'), '');
  await host.boot();
  await host.until(() => host.region.parameters.has(REPORT_NAME), 'report');
  expect(host.log).toContain('cannot fetch cluster info from peer urls');
  expect(existsSync(host.path('var/lib/etcd/member/wal'))).toBe(false);
}, 90_000);

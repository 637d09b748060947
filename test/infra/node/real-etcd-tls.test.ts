import { mkdtempSync, rmSync } from 'node:fs';
import { type RequestOptions, request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { memberIdOf } from '../../../functions/core/raft-ids.ts';
import { Names } from '../../../infra/local/fleet/names.ts';
import { type Certificates, makeCertificates } from '../../support/certificates.ts';
import { etcdBinDir, loopback } from '../../support/etcd-process.ts';
import { INSTANCE, MemberHost } from './member-host.ts';

const ADDRESS = loopback(14);
const TOKEN = 'core-1-real';
const WITHIN_MS = 20_000;

let dir: string;
let host: MemberHost;
let names: Names;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'etcd-autopilot-names-'));
  names = new Names(join(dir, 'hosts'), 'eu-west-3');
  names.add(INSTANCE, ADDRESS);
});
afterEach(async () => {
  await host.destroy();
  rmSync(dir, { recursive: true });
});

const nameOf = (): string => `${INSTANCE}.${names.domain}`;

/** Writes a key by etcd's JSON gateway as a client with that identity; resolves with the status, or with the refusal. */
function put(made: Certificates, identity: Pick<RequestOptions, 'cert' | 'key'>): Promise<string> {
  const body = JSON.stringify({ key: 'a2V5', value: 'eA==' });
  return new Promise((resolve) => {
    const outgoing = request(
      {
        host: ADDRESS,
        port: 2379,
        path: '/v3/kv/put',
        method: 'POST',
        servername: nameOf(),
        ca: made.ca,
        agent: false,
        timeout: 2_000,
        ...identity,
      },
      (answer) => {
        answer.resume();
        resolve(String(answer.statusCode));
      },
    );
    outgoing.on('timeout', () => outgoing.destroy(new Error('no answer')));
    outgoing.on('error', (error) => resolve('code' in error ? String(error.code) : error.message));
    outgoing.end(body);
  });
}

async function untilServed(made: Certificates): Promise<void> {
  const deadline = Date.now() + WITHIN_MS;
  while ((await put(made, made.client)) !== '200') {
    if (Date.now() > deadline) throw new Error(`etcd does not serve; log:\n${host.log}`);
    await sleep(50);
  }
}

test('a real etcd serves with what the script brought it: clients of its authority only, and a renewed one after a restart', async () => {
  const [made, renewed] = [makeCertificates(names.domain), makeCertificates(names.domain)];
  const peerUrl = `https://${nameOf()}:2380`;
  const ticket = {
    peerUrl,
    clientUrl: `https://${nameOf()}:2379`,
    listenAddress: ADDRESS,
    token: TOKEN,
    memberId: memberIdOf(peerUrl, TOKEN),
  };
  host = new MemberHost({
    address: ADDRESS,
    etcd: { dir: await etcdBinDir() },
    hosts: names.path,
    parameters: { Tls: 'parameters' },
  });
  giveCertificates(made);
  host.giveTicket({ ...ticket, start: { initialCluster: `${INSTANCE}=${peerUrl}`, initialState: 'new' } });
  await host.boot();
  await untilServed(made);
  expect(await put(made, {}), 'nobody').toMatch(/ALERT|TLS|ECONNRESET/);
  expect(await put(made, renewed.client), 'a stranger').toMatch(/ALERT|TLS|ECONNRESET/);

  giveCertificates(renewed);
  host.giveTicket({ ...ticket, state: 'started', start: null });
  await host.powerOff();
  await host.boot();
  await untilServed(renewed);
  expect(await put(renewed, made.client), 'a client of before').toMatch(/ALERT|TLS|ECONNRESET/);
  for (const { key } of [made.member, renewed.member]) expect(host.log).not.toContain(key.split('\n')[1]);
}, 90_000);

function giveCertificates({ ca, member }: Certificates): void {
  const path = '/etcd-autopilot-secrets/core';
  for (const [name, value] of [
    ['ca', ca],
    ['member-cert', member.cert],
    ['member-key', member.key],
  ] as const)
    host.region.parameters.set(`${path}/${name}`, value);
  host.region.secure.add(`${path}/member-key`);
}

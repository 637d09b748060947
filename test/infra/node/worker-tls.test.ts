import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type Certificates, makeCertificates, writeCertificates } from '../../support/certificates.ts';
import { EtcdProcess, etcdBinDir, loopback } from '../../support/etcd-process.ts';
import { TlsGround } from '../../support/tls-ground.ts';
import type { MemberHost } from './member-host.ts';
import { CLUSTER_ENV, clusterEnv, ENDPOINTS_NAME, isReady, textAt, workerHost } from './worker-host.ts';

const run = promisify(execFile);
const MEMBER = 'i-0bbbbbbbbbbbbbbb2';
const ADDRESS = loopback(13);

let ground: TlsGround;
/** Whose client has no common name. */
let made: Certificates;
let etcd: EtcdProcess;
let host: MemberHost;
beforeEach(async () => {
  const address = loopback(12);
  ground = await TlsGround.make('etcd.internal', new Map([[MEMBER, address]]));
  made = makeCertificates(ground.domain, '');
  writeCertificates(ground.tls.directory, made);
  etcd = new EtcdProcess({
    name: MEMBER,
    address,
    dir: mkdtempSync(join(tmpdir(), 'etcd-autopilot-tls-')),
    binDir: await etcdBinDir(),
    initialCluster: `${MEMBER}=https://${MEMBER}.${ground.domain}:2380`,
    initialState: 'new',
    token: 'tls',
    tls: ground.tls,
  });
  await etcd.start();
  host = await workerHost({
    address: ADDRESS,
    hosts: ground.tls.hostsPath,
    parameters: { Tls: 'parameters', LocalEtcd: 'grpc-proxy', EnvPrefix: '/release/' },
  });
});
afterEach(async () => {
  await host.destroy();
  await etcd.kill();
  rmSync(etcd.settings.dir, { recursive: true, force: true });
  await ground.end();
});

function giveCertificates({ ca, client }: Certificates): void {
  for (const [name, value] of [
    ['ca', ca],
    ['worker-cert', client.cert],
    ['worker-key', client.key],
  ] as const)
    host.region.parameters.set(`/etcd-autopilot-secrets/core/${name}`, value);
  host.region.secure.add('/etcd-autopilot-secrets/core/worker-key');
}

test('with certificates, grpc-proxy makes localhost an etcd without; an http address is not the cluster', async () => {
  await host.boot();
  await host.says('cannot read the parameter /etcd-autopilot-secrets/core/ca');
  giveCertificates(ground.certificates);
  await host.says('etcd grpc-proxy takes no certificate with a common name');
  giveCertificates(made);
  host.region.parameters.set(ENDPOINTS_NAME, `http://${MEMBER}.${ground.domain}:2379`);
  await host.says('holds no list of client URLs for this machine');
  expect(existsSync(host.path(CLUSTER_ENV))).toBe(false);
  host.region.parameters.set(ENDPOINTS_NAME, etcd.clientUrl);
  await isReady(host);
  const env = clusterEnv(host);
  expect(env['ETCDCTL_ENDPOINTS']).toBe(`http://${ADDRESS}:2379`);
  expect(env['AUTOPILOT_ENDPOINTS']).toBe(etcd.clientUrl);
  expect(env['ETCDCTL_CACERT']).toBeUndefined();
  await run(join(etcd.settings.binDir, 'etcdctl'), ['put', '/release/VERSION', '7'], {
    env: { PATH: process.env['PATH'], ETCDCTL_API: '3', ETCDCTL_ENDPOINTS: env['ETCDCTL_ENDPOINTS'] },
  });
  await host.until(() => textAt(host, 'etc/release.env').includes('VERSION="7"'), 'variable');
  const key = host.path('etc/etcd-autopilot/tls/client.key');
  expect(readFileSync(key, 'utf8').trim()).toBe(made.client.key.trim());
  expect((statSync(key).mode & 0o777).toString(8)).toBe('600');
  expect(host.log).not.toContain(made.client.key.split('\n')[1]);
  expect(host.log).not.toContain('ended, and is started again');
}, 60_000);

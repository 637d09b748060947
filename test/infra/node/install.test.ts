import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { joinScript, withoutComments } from '../../../infra/build/join-script.ts';
import { makeCertificates } from '../../support/certificates.ts';
import { INSTANCE, MemberHost } from './member-host.ts';

const ADDRESS = '127.40.2.1';
let host: MemberHost;
afterEach(() => host.destroy());

describe('a machine without etcd', () => {
  const name = `etcd-v3.6.14-linux-${process.arch === 'arm64' ? 'arm64' : 'amd64'}`;
  let dir = '';
  let checksum = '';
  let server: Server;
  let url = '';

  beforeAll(async () => {
    dir = mkdtempSync(join(tmpdir(), 'etcd-autopilot-release-'));
    mkdirSync(join(dir, name));
    writeFileSync(join(dir, name, 'etcdctl'), '#!/bin/sh\n');
    writeFileSync(join(dir, name, 'etcd'), RELEASED_ETCD);
    chmodSync(join(dir, name, 'etcd'), 0o755);
    const archive = join(dir, 'archive');
    execFileSync('tar', ['-czf', archive, '-C', dir, name]);
    checksum = createHash('sha256').update(readFileSync(archive)).digest('hex');
    server = createServer((request, response) => {
      const isThere = request.url === `/v3.6.14/${name}.tar.gz`;
      response.writeHead(isThere ? 200 : 404).end(isThere ? readFileSync(archive) : 'no');
    });
    await new Promise<void>((resolve) => server.listen(0, ADDRESS, resolve));
    const bound = server.address();
    url = typeof bound === 'object' && bound !== null ? `http://${ADDRESS}:${bound.port}` : '';
  });
  afterAll(() => {
    server.close();
    rmSync(dir, { recursive: true, force: true });
  });

  async function boot(parameters: Readonly<Record<string, string>>): Promise<void> {
    host = new MemberHost({ address: ADDRESS, etcd: 'none', parameters });
    host.giveTicket();
    await host.boot();
  }

  test('installs the release that the template names, and starts it', async () => {
    await boot({ EtcdReleases: url, EtcdSha256: checksum });
    await host.until(() => existsSync(host.path('var/lib/released-etcd')), 'start of the release');
    expect(readdirSync(host.path('usr/local/bin')).sort()).toEqual(['etcd', 'etcdctl']);
    expect(readdirSync(host.path('var/lib/etcd-autopilot')).sort()).toEqual(['boot.sh', 'marker', 'used']);
  });

  test('uses nothing of an archive with another checksum, and leaves its ticket unused', async () => {
    await boot({
      EtcdReleases: url,
      EtcdSha256: checksum.replace(/^./, (digit) => (digit === '0' ? '1' : '0')),
    });
    await host.says('nothing of it is used');
    expect(readdirSync(host.path('usr/local/bin'))).toEqual([]);
    const kept = () => readdirSync(host.path('var/lib/etcd-autopilot')).join();
    await host.until(() => kept() === 'boot.sh', 'end of the archive');
  });

  test('says what it cannot download, and goes on trying', async () => {
    await boot({ EtcdReleases: `${url}/elsewhere`, EtcdSha256: checksum });
    await host.says(`cannot download ${url}/elsewhere/v3.6.14/${name}.tar.gz`);
    expect(host.region.readCount).toBe(0);
  });
});

describe('under systemd', () => {
  const installed = () => host.path('var/lib/etcd-autopilot/boot.sh');
  const calls = () =>
    readFileSync(host.path('calls.log'), 'utf8')
      .split('\n')
      .filter((line) => line !== '');

  async function install(parameters: Readonly<Record<string, string>> = {}): Promise<void> {
    host = new MemberHost({ address: ADDRESS, env: { ETCD_AUTOPILOT_INIT: 'systemd' }, parameters });
    for (const name of ['systemctl', 'useradd', 'chown'])
      host.program(name, `#!/bin/sh\necho "${name} $*" >>'${host.path('calls.log')}'\n`);
    host.program('id', '#!/bin/sh\nexit 1\n');
    await host.boot();
    expect(await host.ended()).toBe(0);
  }

  test('it installs itself and the unit, starts nothing by itself, and waits for nobody', async () => {
    await install();
    const settings = readFileSync(host.path('user-data'), 'utf8').split('# Here follows')[0];
    expect(settings).toContain('\nCLUSTER=core\n');
    expect(readFileSync(installed(), 'utf8')).toBe(
      `${settings}${withoutComments(joinScript('node/member.sh'))}`,
    );
    expect(calls().slice(1)).toEqual([
      'systemctl disable --now etcd.service',
      'systemctl daemon-reload',
      'systemctl enable etcd-autopilot.service',
      'systemctl start --no-block etcd-autopilot.service',
    ]);
    expect(calls()[0]).toMatch(/^useradd -r .* etcd$/);
    expect(host.starts()).toEqual([]);
    expect(host.region.asked).toEqual([]);
  });

  test('the unit decides before every start, as root, and runs etcd without rights', async () => {
    await install();
    const unit = readFileSync(host.path('etc/systemd/system/etcd-autopilot.service'), 'utf8').split('\n');
    for (const line of [
      `ExecStartPre=+/bin/sh ${installed()} admit`,
      `EnvironmentFile=-${host.path('etc/etcd-autopilot/etcd.env')}`,
      'User=etcd',
      'Restart=always',
      'StartLimitIntervalSec=0',
      'TimeoutStartSec=infinity',
      'WantedBy=multi-user.target',
    ])
      expect(unit).toContain(line);
  });

  test('the check of the unit ends when etcd may start, with its environment written and its data owned by etcd', async () => {
    await install();
    await host.boot(['admit']);
    await host.says('waiting for a ticket');
    host.giveTicket();
    expect(await host.ended()).toBe(0);
    expect(calls()).toContain(`chown -R etcd: ${host.path('var/lib/etcd')}`);
    const lines = readFileSync(host.path('etc/etcd-autopilot/etcd.env'), 'utf8').split('\n');
    expect(lines).toContain(`ETCD_NAME=${INSTANCE}`);
    expect(lines).toContain('ETCD_INITIAL_CLUSTER_STATE=new');
    expect(host.starts()).toEqual([]);
  });

  test('certificates become those of etcd before they are in their place', async () => {
    await install({ Tls: 'parameters' });
    const made = makeCertificates('etcd.internal');
    const url = `https://${INSTANCE}.etcd.internal`;
    for (const [name, value] of [
      ['ca', made.ca],
      ['member-cert', made.member.cert],
      ['member-key', made.member.key],
    ] as const)
      host.region.parameters.set(`/etcd-autopilot-secrets/core/${name}`, value);
    host.region.secure.add('/etcd-autopilot-secrets/core/member-key');
    host.giveTicket({
      peerUrl: `${url}:2380`,
      clientUrl: `${url}:2379`,
      start: { initialCluster: `${INSTANCE}=${url}:2380`, initialState: 'new' },
    });
    await host.boot(['admit']);
    expect(await host.ended()).toBe(0);
    expect(calls()).toContain(`chown -R etcd: ${host.path('etc/etcd-autopilot/tls.new')}`);
    const lines = readFileSync(host.path('etc/etcd-autopilot/etcd.env'), 'utf8').split('\n');
    expect(lines).toContain(`ETCD_KEY_FILE='${host.path('etc/etcd-autopilot/tls/member.key')}'`);
    expect(lines).toContain('ETCD_PEER_CLIENT_CERT_AUTH=true');
  });
});

const RELEASED_ETCD = `#!/bin/sh
if [ "\${1:-}" = --version ]; then echo 'etcd Version: 3.6.14'; exit; fi
touch "$ETCD_DATA_DIR/../released-etcd"
exec sleep 30
`;

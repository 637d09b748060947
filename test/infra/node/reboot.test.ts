import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { dirname } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  addressOf,
  type ClientRequest,
  readClientRequest,
} from '../../../functions/core/reboot/fleet-lock.ts';
import { parseHttp } from '../../../functions/core/reboot/http.ts';
import { joinScript, withoutComments } from '../../../infra/build/join-script.ts';
import { butaneText, ignitionOf } from '../../../infra/node/flatcar/write.ts';
import { loopback } from '../../support/etcd-process.ts';
import { INSTANCE, MemberHost, SHELLS } from './member-host.ts';

const SECRET = 'abcdefghij-ABCDEFGHIJ_0123456789';
const NAME = '/etcd-autopilot-secrets/core/reboot-secret';
const ADDRESS = loopback(14);

interface Asked {
  readonly path: string;
  readonly request: ClientRequest | { readonly kind: string };
}

let gate: Server;
let asked: Asked[];
/** What the gate answers from now on; the last one again and again. */
let answers: (readonly [status: number, body: string])[];
let host: MemberHost;

beforeEach(async () => {
  asked = [];
  answers = [[200, '']];
  gate = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => {
      body += chunk.toString();
    });
    request.on('end', () => {
      const path = request.url ?? '';
      const { method, headers } = request;
      // As the function reads it.
      const parsed = parseHttp({ rawPath: path, headers, body, requestContext: { http: { method } } });
      if (parsed === null) throw new Error('no request');
      asked.push({ path, request: readClientRequest(parsed, addressOf(path).rest) });
      const [status, text] = answers.length > 1 ? (answers.shift() ?? [500, '']) : (answers[0] ?? [500, '']);
      response.writeHead(status, { 'content-type': 'application/json' }).end(text);
    });
  });
  await new Promise<void>((resolve) => gate.listen(0, ADDRESS, resolve));
});
afterEach(async () => {
  await host.destroy();
  gate.closeAllConnections();
  await new Promise((resolve) => gate.close(resolve));
});

const urlOfGate = (): string => {
  const bound = gate.address();
  return typeof bound === 'object' && bound !== null ? `http://${ADDRESS}:${bound.port}/` : '';
};

function prepare(
  shell: readonly string[] = ['/bin/sh'],
  over: Readonly<Record<string, string>> = {},
): MemberHost {
  const settings = { CLUSTER: 'core', REBOOT_URL: urlOfGate(), REBOOT_GROUP: 'members', ...over };
  const lines = Object.entries(settings).map(([name, value]) => `${name}=${value}\n`);
  host = new MemberHost({
    address: ADDRESS,
    shell,
    userData: `#!/bin/sh\n${lines.join('')}${withoutComments(joinScript('node/reboot.sh'))}`,
    env: { ETCD_AUTOPILOT_ASK_SECONDS: '0', ETCD_AUTOPILOT_WATCH_SECONDS: '0' },
  });
  host.program('systemctl', `#!/bin/sh\necho "$*" >>'${host.path('calls')}'\n`);
  host.region.parameters.set(NAME, SECRET);
  host.region.secure.add(NAME);
  return host;
}

const called = (): string => (existsSync(host.path('calls')) ? readFileSync(host.path('calls'), 'utf8') : '');

async function run(...mode: readonly string[]): Promise<number | null> {
  await host.boot(mode);
  return host.ended();
}

const FULL = [
  409,
  '{"kind":"failed_lock_semaphore_full","value":"semaphore currently full, all slots are locked already"}',
] as const;

describe.each(SHELLS.map((shell) => ({ shell, name: shell[0] ?? '' })))(
  'the client, by $name',
  ({ shell }) => {
    test('asks in the words of the protocol, as its instance, with the secret that its role may read', async () => {
      prepare(shell);
      expect(await run('acquire')).toBe(0);
      expect(asked).toEqual([
        {
          path: `/core/${SECRET}/v1/pre-reboot`,
          request: { operation: 'lock', group: 'members', id: INSTANCE },
        },
      ]);
      expect(await run('release')).toBe(0);
      expect(asked.at(-1)).toMatchObject({
        path: `/core/${SECRET}/v1/steady-state`,
        request: { operation: 'unlock' },
      });
      expect(host.region.badSignatures).toEqual([]);
      expect(host.log).toContain('may reboot: holds the lock of members');
      expect(host.log).not.toContain(SECRET);
    });

    test('asks until it may, says each reason once, and reboots then, and not before', async () => {
      prepare(shell);
      const tolerant = [
        409,
        '{"kind":"cluster_not_tolerant","value":"voter i-1 does not answer (voterSilent)"}',
      ] as const;
      answers = [FULL, FULL, tolerant, [200, '']];
      expect(await run('reboot')).toBe(0);
      expect(asked).toHaveLength(4);
      expect(called()).toBe('reboot\n');
      expect(host.log.match(/semaphore currently full/g)).toHaveLength(1);
      expect(host.log).toContain('cluster_not_tolerant: voter i-1 does not answer (voterSilent) (HTTP 409)');
    });
  },
);

describe('the client', () => {
  test.each([
    ['the gate says no', [FULL] as const, {}],
    ['the gate is broken', [[502, '<html>Bad Gateway</html>']] as const, {}],
    ['something else answers well', [[204, '']] as const, {}],
    ['nobody answers', [[200, '']] as const, { REBOOT_URL: 'http://127.0.0.1:9/' }],
  ])('takes it for a no where %s', async (_what, given, over) => {
    prepare(['/bin/sh'], over);
    answers = [...given];
    expect(await run('acquire')).toBe(1);
    expect(host.log).toContain('may not reboot now: the gate');
    expect(host.log).not.toContain(SECRET);
    expect(called()).toBe('');
  });

  test.each([
    ['does not exist', () => host.region.parameters.delete(NAME), 'cannot read the parameter'],
    ['is readable to all', () => host.region.secure.delete(NAME), 'must be a SecureString'],
    [
      'would be another URL',
      () => host.region.parameters.set(NAME, `${SECRET}/../x`),
      'must be a SecureString',
    ],
    ['is empty', () => host.region.parameters.set(NAME, ''), 'must be a SecureString'],
  ])('asks nobody where the secret %s', async (_what, spoil, words) => {
    prepare();
    spoil();
    expect(await run('acquire')).toBe(1);
    expect(host.log).toContain(words);
    expect(asked).toEqual([]);
  });

  test('gives the lock back where the reboot does not even begin', async () => {
    prepare();
    host.program('systemctl', '#!/bin/sh\nexit 1\n');
    expect(await run('reboot')).toBe(1);
    expect(asked.map(({ path }) => path.split('/').at(-1))).toEqual(['pre-reboot', 'steady-state']);
  });

  test.each([
    ['Debian and Ubuntu', () => writeFileSync(host.path('run/reboot-required'), '')],
    [
      'Flatcar',
      () =>
        host.program(
          'update_engine_client',
          '#!/bin/sh\necho CURRENT_OP=UPDATE_STATUS_UPDATED_NEED_REBOOT\n',
        ),
    ],
    [
      'Amazon Linux',
      () =>
        host.program(
          'needs-restarting',
          "#!/bin/sh\necho 'Reboot is required to fully utilize these updates.'\nexit 1\n",
        ),
    ],
  ])('watches for an update that wants a reboot, on %s', async (_what, install) => {
    prepare();
    mkdirSync(host.path('run'), { recursive: true });
    host.program('systemctl', `#!/bin/sh\necho "$*" >>'${host.path('calls')}'\nsleep 60\n`);
    install();
    await host.boot(['watch']);
    await host.until(() => called() !== '', 'reboot');
    expect(called()).toBe('reboot\n');
    expect(asked).toHaveLength(1);
  });

  test('asks nobody while no update wants a reboot, or only a service does', async () => {
    prepare();
    host.program(
      'needs-restarting',
      '#!/bin/sh\necho \'No core libraries or services have been updated.\'\necho >>"$ETCD_AUTOPILOT_ROOT/looked"\n',
    );
    await host.boot(['watch']);
    await host.until(
      () => existsSync(host.path('looked')) && statSync(host.path('looked')).size > 2,
      'third look',
    );
    expect(asked).toEqual([]);
  });

  test.each([
    [{ REBOOT_URL: '' }, ['acquire'], 'REBOOT_URL is empty'],
    [{}, ['lock'], 'usage: reboot.sh'],
  ])('says what is wrong with how it is called: %j %j', async (over, mode, words) => {
    prepare(['/bin/sh'], over);
    expect(await run(...mode)).toBe(2);
    expect(host.log).toContain(words);
  });
});

describe('what it installs', () => {
  test('are units that give the lock back at every boot until that succeeds, and that watch for updates', async () => {
    prepare();
    expect(await run('install')).toBe(0);
    const steady = readFileSync(host.path('etc/systemd/system/etcd-autopilot-steady.service'), 'utf8');
    const script = host.path('var/lib/etcd-autopilot/reboot.sh');
    expect(steady).toContain(`ExecStart=/bin/sh ${script} release\n`);
    expect(steady).toContain('Restart=on-failure\n');
    const watching = readFileSync(host.path('etc/systemd/system/etcd-autopilot-reboot.service'), 'utf8');
    expect(watching).toContain(`ExecStart=/bin/sh ${script} watch\n`);
    expect(readFileSync(script, 'utf8')).toBe(readFileSync(host.path('user-data'), 'utf8'));
    expect((statSync(script).mode & 0o777).toString(8)).toBe('600');
    expect(called()).toBe(
      [
        'enable etcd-autopilot-steady.service',
        'enable etcd-autopilot-reboot.service',
        'daemon-reload',
        'start --no-block etcd-autopilot-steady.service etcd-autopilot-reboot.service\n',
      ].join('\n'),
    );
    execFileSync('/bin/sh', ['-n', script]);
  });

  test('is one unit where there is Zincati, which then asks by itself', async () => {
    prepare();
    const unit = host.path('usr/lib/systemd/system/zincati.service');
    mkdirSync(dirname(unit), { recursive: true });
    writeFileSync(unit, '');
    expect(await run('install')).toBe(0);
    expect(called()).toContain('start --no-block etcd-autopilot-zincati.service\n');
    expect(existsSync(host.path('etc/systemd/system/etcd-autopilot-reboot.service'))).toBe(false);
    expect(await run('zincati')).toBe(0);
    const file = host.path('run/zincati/config.d/90-etcd-autopilot.toml');
    expect(readFileSync(file, 'utf8')).toBe(
      `[identity]
group = "members"
node_uuid = "${INSTANCE.slice(2).padStart(32, '0')}"
[updates]
enabled = true
strategy = "fleet_lock"
[updates.fleet_lock]
base_url = "${urlOfGate()}core/${SECRET}/"
`,
    );
    // Where there is no group of that name, for root alone: never for everybody.
    expect(statSync(file).mode & 0o007).toBe(0);
    expect(called()).toContain('--no-block try-restart zincati.service\n');
    expect(host.log).not.toContain(SECRET);
  });

  test('fits beside a member into user data as Ignition', () => {
    prepare();
    const bytes = (role: 'member' | 'reboot') =>
      Buffer.byteLength(JSON.stringify(ignitionOf(butaneText(role))));
    expect(bytes('member') + bytes('reboot')).toBeLessThan(16_384);
    const names = (text: string) => [...text.matchAll(/^ +([A-Z_]+)=/gm)].map(([, name]) => name);
    expect(names(butaneText('reboot'))).toEqual([
      'CLUSTER',
      'REBOOT_URL',
      'REBOOT_GROUP',
      'REBOOT_SECRET',
      'REBOOT_STRATEGY',
    ]);
  });
});

import { execFile, execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, watch } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { EtcdProcess, etcdBinDir, loopback, peerUrlOf } from '../../support/etcd-process.ts';
import { type MemberHost, SHELLS } from './member-host.ts';
import { ENDPOINTS_NAME, isReady, textAt, type WorkerOptions, workerHost } from './worker-host.ts';

const run = promisify(execFile);
const ADDRESS = loopback(9);
const FILE = 'etc/release.env';
const MARK = 'echo run >>"$ETCD_AUTOPILOT_ROOT/marks"';

let etcd: EtcdProcess;
let host: MemberHost;

beforeAll(async () => {
  const address = loopback(8);
  etcd = new EtcdProcess({
    name: 'files',
    address,
    dir: mkdtempSync(join(tmpdir(), 'etcd-autopilot-files-')),
    binDir: await etcdBinDir(),
    initialCluster: `files=${peerUrlOf(address)}`,
    initialState: 'new',
    token: 'files',
  });
  await etcd.start();
  await etcd.ready();
});
afterAll(async () => {
  await etcd.kill();
  rmSync(etcd.settings.dir, { recursive: true, force: true });
});
beforeEach(() => etcdctl('del', '--prefix', '/'));
afterEach(() => host.destroy());

async function etcdctl(...args: readonly string[]): Promise<void> {
  await run(join(etcd.settings.binDir, 'etcdctl'), args, {
    env: { PATH: process.env['PATH'], ETCDCTL_API: '3', ETCDCTL_ENDPOINTS: etcd.clientUrl },
  });
}
const put = (key: string, value: string) => etcdctl('put', '--', key, value);

async function boot(options: Partial<WorkerOptions> = {}): Promise<void> {
  const { parameters, ...others } = options;
  host = await workerHost({
    address: ADDRESS,
    parameters: { LocalEtcd: 'none', EnvPrefix: '/release/', ...parameters },
    ...others,
  });
  host.program(
    'restart-app',
    `#!/bin/sh\ncat '${host.path(FILE)}' >>'${host.path('restarts')}'\nexit "$(cat '${host.path('verdict')}' 2>/dev/null || echo 0)"\n`,
  );
  host.region.parameters.set(ENDPOINTS_NAME, etcd.clientUrl);
  await host.boot();
}

const file = () => textAt(host, FILE);
const holds = (part: string) => host.until(() => file().includes(part), `${part} in ${file()}`);
/** What a shell that loads the file has in its variables. */
const loaded = (name: string, shell: readonly string[] = ['/bin/sh']): string => {
  const [command = '', ...args] = shell;
  return execFileSync(command, [...args, '-c', `set -eu; . '${host.path(FILE)}'; printf %s "$${name}"`], {
    cwd: host.root,
    env: { PATH: '/usr/bin:/bin' },
    stdio: ['ignore', 'pipe', 'pipe'], // of a bash whose input is a socket, .bashrc has a word
  }).toString();
};

const HOSTILE = `$(touch pwned) \`touch pwned\` "; touch pwned; " ' \\ \\" \${HOME} %s\n# Left out\ntouch pwned\n`;

test('values are data: whatever they hold, a shell reads back what was written, and runs nothing', async () => {
  await put('/release/HOSTILE', HOSTILE);
  await put('/release/EMPTY', '');
  await put('/release/UMLAUT', 'größer');
  await boot();
  await isReady(host);
  for (const shell of SHELLS) {
    expect(loaded('HOSTILE', shell)).toBe(HOSTILE);
    expect(loaded('EMPTY', shell)).toBe('');
    expect(loaded('UMLAUT', shell)).toBe('größer');
  }
  expect(readdirSync(host.root)).not.toContain('pwned');
  expect((statSync(host.path(FILE)).mode & 0o777).toString(8)).toBe('644');
});

test('a key that is no name of a variable, or one that shells run, is left out and said once, and the others are there', async () => {
  for (const key of ['9LIVES', 'with-dash', 'a/b', 'x\ntouch pwned', 'LD_PRELOAD', 'PATH', 'GOOD'])
    await put(`/release/${key}`, 'v');
  await boot();
  await isReady(host);
  await put('/release/LATER', 'v');
  await holds('LATER');
  const lines = file().split('\n');
  expect(lines.filter((line) => line !== '' && !line.startsWith('#'))).toEqual(['GOOD="v"', 'LATER="v"']);
  expect(lines.filter((line) => line.startsWith('# Left out'))).toHaveLength(6);
  expect(host.log).toContain('left out LD_PRELOAD: shells or the loader run what it holds');
  expect(host.log).toContain('left out x?touch pwned: no name of a variable');
  expect(loaded('GOOD')).toBe('v');
});

describe('a change', () => {
  test('is there at once and whole, and then the command is run; not for what the boot commands found', async () => {
    await put('/release/VERSION', '1');
    await boot({
      parameters: {
        EnvCommand: 'restart-app now',
        BootCommands: `grep -q VERSION $ETCD_AUTOPILOT_ROOT/${FILE}\n${MARK}`,
      },
    });
    await isReady(host);
    expect(textAt(host, 'marks')).toBe('run\n');
    expect(textAt(host, 'restarts')).toBe('');
    const seen: string[] = [];
    const watcher = watch(host.path('etc'), (_event, name) => {
      if (name === 'release.env') seen.push(file());
    });
    for (let n = 2; n <= 6; n += 1) await put('/release/VERSION', String(n).repeat(2_000));
    await holds('66666');
    await host.until(() => textAt(host, 'restarts').includes('66666'), 'command');
    watcher.close();
    expect(seen.filter((text) => !/^# Made.*\nVERSION="(.)\1*"\n$/.test(text))).toEqual([]);
    await etcdctl('put', '/other/VERSION', 'x');
    const restarts = textAt(host, 'restarts');
    await host.reads(2);
    expect(textAt(host, 'restarts'), 'nothing changed').toBe(restarts);
  });

  test('is told by a watch, long before the prefix is read again', async () => {
    await put('/release/VERSION', '1');
    await boot({ env: { ETCD_AUTOPILOT_POLL_SECONDS: '' } }); // in real seconds: it is read every 30
    await isReady(host);
    await put('/release/VERSION', '2');
    await holds('VERSION="2"');
    await put('/release/VERSION', '3');
    await holds('VERSION="3"');
  });

  test('whose command failed is told again until it works', async () => {
    await put('/release/VERSION', '1');
    await boot({ parameters: { EnvCommand: 'restart-app' } });
    await isReady(host);
    execFileSync('sh', ['-c', `echo 4 >'${host.path('verdict')}'`]);
    await put('/release/VERSION', '2');
    await host.says('it failed, or took more than 60 s, and will be repeated: restart-app');
    rmSync(host.path('verdict'));
    const before = textAt(host, 'restarts').length;
    await host.until(() => textAt(host, 'restarts').length > before, 'repetition');
    const after = textAt(host, 'restarts').length;
    await host.reads(2);
    expect(textAt(host, 'restarts').length - after, 'at most one was under way').toBeLessThanOrEqual(
      after - before,
    );
  });
});

test('while etcd does not answer the file stays, and a boot waits; no keys are none only when etcd says so', async () => {
  await put('/release/VERSION', '1');
  await boot();
  await isReady(host);
  etcd.freeze();
  try {
    await host.says(`keeping /etc/release.env as it is: etcd does not answer: `);
    expect(loaded('VERSION')).toBe('1');
    await host.powerOff();
    host.log = '';
    await host.boot();
    await host.says('waiting for the keys below /release/');
    expect(loaded('VERSION')).toBe('1');
    expect(existsSync(host.path('run/etcd-autopilot/ready'))).toBe(false);
  } finally {
    etcd.thaw();
  }
  await isReady(host);
  await etcdctl('del', '--prefix', '/release/');
  await host.until(
    () => file() === '# Made by etcd-autopilot of the keys below /release/: there are none\n',
    'empty file',
  );
}, 60_000);

test.each(SHELLS.map((shell) => ({ shell, name: shell.join(' ') })))(
  '$name runs it all',
  async ({ shell }) => {
    await put('/release/VERSION', HOSTILE);
    await boot({
      shell,
      parameters: { LocalEtcd: 'gateway', EnvCommand: 'restart-app', BootCommands: MARK, Metadata: 'a=b' },
    });
    await isReady(host);
    expect(loaded('VERSION')).toBe(HOSTILE);
    await put('/release/VERSION', '2');
    await host.until(() => textAt(host, 'restarts').includes('"2"'), 'command');
    expect(readFileSync(host.path('marks'), 'utf8')).toBe('run\n');
    const answers = host.region.lifecycle.filter((call) => call.startsWith('Complete'));
    expect(answers).toEqual(['CompleteLifecycleAction CONTINUE']);
    expect(await host.stop()).toBe(0);
  },
);

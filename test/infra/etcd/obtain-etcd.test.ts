import { execFileSync } from 'node:child_process';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { type Obtained, type ObtainOptions, obtainEtcd } from '../../../infra/etcd/obtain-etcd.ts';
import { serveFiles, writeProgram, writeTools } from './stand-ins.ts';

/** Nobody listens there. */
const NOWHERE = 'http://127.20.4.2:2379';

let root: string;
let kept: string;
let bin: string;
let said: string[];

/** The PATH holds the shell's own tools and `bin`, and so neither etcd, apt nor Go of this machine. */
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'etcd-obtain-'));
  kept = join(root, 'kept');
  bin = join(root, 'bin');
  said = [];
  for (const tool of ['sh', 'cp', 'mkdir', 'cat', 'tar', 'gzip', 'chmod']) {
    await writeProgram(bin, tool, `exec ${whereIs(tool)} "$@"`);
  }
  vi.stubEnv('PATH', bin);
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(root, { recursive: true, force: true });
});

const whereIs = (tool: string): string =>
  execFileSync('/bin/sh', ['-c', `PATH=/usr/local/bin:/usr/bin:/bin; command -v ${tool}`])
    .toString()
    .trim();

const obtain = (options: ObtainOptions = {}): Promise<Obtained> =>
  obtainEtcd({ dir: kept, releasesUrl: NOWHERE, say: (line) => said.push(line), ...options });

/** An apt that has this version, and counts its downloads in a file. */
async function provideApt(version: string): Promise<void> {
  const tools = join(root, 'package', 'usr', 'bin');
  await writeTools(tools, version);
  await writeProgram(bin, 'apt-get', `echo asked >> ${root}/apt; echo deb > etcd-server_1.deb`);
  await writeProgram(bin, 'dpkg-deb', `mkdir -p "$3" && cp -R ${root}/package/usr "$3/usr"`);
}

/** A Go whose `build` writes tools of the version that `go get` was asked for. */
async function provideGo(): Promise<void> {
  const body = `
case "$1" in
  get) printf '%s' "\${2##*@v}" > version ;;
  build)
    v=$(cat version)
    case "$4" in
      */etcd) printf '#!/bin/sh\\necho "etcd Version: %s"\\n' "$v" > "$4" ;;
      *) printf '#!/bin/sh\\necho "etcdctl version: %s"\\n' "$v" > "$4" ;;
    esac
    chmod 755 "$4" ;;
esac`;
  await writeProgram(bin, 'go', body);
}

describe('the PATH comes first', () => {
  test('etcd of the PATH is used when it is new enough, and nothing is brought', async () => {
    await writeTools(bin, '3.5.16');
    expect(await obtain()).toEqual({ dir: bin, version: '3.5.16', how: `found in ${bin}` });
    await expect(readdir(kept)).rejects.toThrow('ENOENT');
  });

  test('etcd of the PATH is passed over when it is too old, differs from its etcdctl, or is not the wanted one', async () => {
    await provideApt('3.4.23');
    await writeTools(bin, '3.4.22');
    expect((await obtain()).version).toBe('3.4.23');
    await writeTools(bin, '3.5.16', '3.5.15');
    expect((await obtain()).version).toBe('3.4.23');
    await writeTools(bin, '3.5.16');
    expect((await obtain({ version: '3.4.23' })).dir).toBe(join(kept, '3.4.23'));
  });
});

describe('what is not on the PATH is brought once', () => {
  test('where the release cannot be reached, the packages serve, and it says so', async () => {
    await provideApt('3.4.23');
    const obtained = await obtain();
    expect(obtained).toMatchObject({ dir: join(kept, '3.4.23'), version: '3.4.23' });
    expect(obtained.how).toContain("the distribution's packages, unpacked");
    expect(said.join('\n')).toMatch(/downloading .*could not be downloaded.*unpacking.*etcd 3\.4\.23/s);
  });

  test('a second call finds it again without asking anybody', async () => {
    await provideApt('3.4.23');
    const first = await obtain();
    await writeProgram(bin, 'apt-get', 'exit 1');
    said = [];
    expect(await obtain()).toEqual(first);
    expect(said).toHaveLength(1);
  });

  test('another version brought on wish does not change what a call without wishes gets', async () => {
    await provideApt('3.4.23');
    await provideGo();
    await obtain();
    expect((await obtain({ version: '3.6.14' })).version).toBe('3.6.14');
    expect((await obtain()).version).toBe('3.4.23');
  });

  test('two calls at the same time end with one and the same folder', async () => {
    await provideApt('3.4.23');
    const both = await Promise.all([obtain(), obtain()]);
    expect(both.map(({ dir }) => dir)).toEqual([join(kept, '3.4.23'), join(kept, '3.4.23')]);
    expect((await readdir(kept)).sort()).toEqual(['3.4.23', 'chosen']);
  });

  test('a package of another version is passed over for the Go module', async () => {
    await provideApt('3.4.23');
    await provideGo();
    const obtained = await obtain({ version: '3.7.1' });
    expect(obtained).toMatchObject({ version: '3.7.1', dir: join(kept, '3.7.1') });
    expect(obtained.how).toContain('built from the Go modules');
  });

  test('one source can be asked for', async () => {
    await provideApt('3.4.23');
    await provideGo();
    expect((await obtain({ from: 'module', version: '3.6.14' })).how).toContain('Go modules');
    expect(said.join('\n')).not.toContain('downloading');
  });

  test('a package that is too old is not used', async () => {
    await provideApt('3.3.25');
    await expect(obtain()).rejects.toThrow('its 3.3.25 is too old');
    expect(await readdir(kept)).toEqual([]);
  });
});

describe('what cannot be had is said', () => {
  test('with the reason of every source', async () => {
    await expect(obtain()).rejects.toThrow(
      /3\.4\.23 or newer cannot be had here\. path: .*release: .*ECONNREFUSED.*package: .*there is no apt-get here\. module: .*there is no go here$/,
    );
  });

  test('a release that is not the pinned one ends it, and no other source is asked', async () => {
    await provideApt('3.4.23');
    const name = 'etcd-v3.6.14-linux-amd64.tar.gz';
    const server = await serveFiles(new Map([[`/v3.6.14/${name}`, Buffer.from('forged')]]));
    vi.spyOn(process, 'arch', 'get').mockReturnValue('x64');
    await expect(obtain({ releasesUrl: server.url })).rejects.toThrow('refused');
    vi.restoreAllMocks();
    await server.close();
    expect(await readdir(kept)).toEqual([]);
  });

  test('what is no version is refused before anything happens', async () => {
    await expect(obtain({ version: '../3.6.14' })).rejects.toThrow('is not a version');
    expect(said).toEqual([]);
  });
});

describe('the command', () => {
  const command = fileURLToPath(new URL('../../../infra/etcd/obtain.ts', import.meta.url));
  const runCommand = (args: readonly string[]) =>
    execFileSync(process.execPath, [command, ...args], { stdio: 'pipe', env: { PATH: bin } }).toString();

  test('prints the folder and nothing else', async () => {
    await writeTools(bin, '3.5.16');
    expect(runCommand(['--dir', kept])).toBe(`${bin}\n`);
  });

  test('fails with the reason', () => {
    expect(() => runCommand(['--dir', kept, '--version', 'new'])).toThrow('"new" is not a version');
    expect(() => runCommand(['--dir', kept, '--from', 'mars'])).toThrow('--from is one of');
  });
});

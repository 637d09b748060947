import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { findBinaries } from '../../../infra/matrix/binaries.ts';
import { runMatrix } from '../../../infra/matrix/matrix.ts';
import { writeProgram, writeTools } from '../etcd/stand-ins.ts';

let root: string;
let good: string;
let bad: string;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'etcd-matrix-'));
  good = join(root, 'good');
  bad = join(root, 'bad');
  await writeServer(good, '9.8.7');
  await mkdir(bad);
});
afterEach(() => rm(root, { recursive: true, force: true }));

/** Tools that say that they are `version`, of which etcd serves and answers as `answered`. */
async function writeServer(dir: string, version: string, answered = version): Promise<void> {
  await writeTools(dir, version);
  const answer = JSON.stringify({ etcdserver: answered });
  const script = `
    const url = new URL(process.argv.find((text) => text.startsWith('--listen-client-urls=')).split('=')[1]);
    require('node:http').createServer((_, response) => response.end('${answer}')).listen(url.port, url.hostname);
  `;
  await writeFile(join(dir, 'serve.cjs'), script);
  const serve = `exec '${process.execPath}' '${join(dir, 'serve.cjs')}' "$@"`;
  await writeProgram(dir, 'etcd', `[ "$1" = --version ] && exec echo "etcd Version: ${version}"\n${serve}`);
}

async function command(...args: readonly string[]) {
  const told = { out: '', err: '' };
  const code = await runMatrix(args, {
    out: (text) => {
      told.out += text;
    },
    err: (text) => {
      told.err += text;
    },
  });
  return { code, ...told };
}

/** Exit code 2, one line that says it, and no suite was begun. */
async function expectRefused(args: readonly string[], line: string | RegExp): Promise<void> {
  const { code, out, err } = await command(...args);
  expect(err).toMatch(line);
  expect(err.trim().split('\n')).toHaveLength(1);
  expect(err).toMatch(/^test:matrix: /);
  expect(out).not.toContain('running');
  expect(code).toBe(2);
}

describe('before any test a binary is refused with exit code 2 and a line that names it', () => {
  test('that is missing', async () => {
    await expectRefused(['--binaries', bad], `there is no ${bad}/etcd`);
    await writeProgram(bad, 'etcd', 'echo "etcd Version: 3.6.14"');
    await expectRefused(['--binaries', bad], `there is no ${bad}/etcdctl`);
  });

  test('that does not run', async () => {
    await writeTools(bad, '3.6.14');
    await writeProgram(bad, 'etcd', 'echo "cannot execute: wrong machine" >&2; exit 126');
    await expectRefused(
      ['--binaries', bad],
      `${bad}/etcd does not run: ${bad}/etcd: cannot execute: wrong machine`,
    );
    await writeProgram(bad, 'etcd', 'exit 3');
    await expectRefused(['--binaries', bad], `${bad}/etcd does not run: `);
    await writeFile(join(bad, 'etcd'), '\u007fELF of another machine');
    await expectRefused(['--binaries', bad], `${bad}/etcd does not run: `);
  });

  test('that does not say which version it is', async () => {
    await writeTools(bad, '3.6.14');
    await writeProgram(bad, 'etcd', 'echo hello');
    await expectRefused(['--binaries', bad], `${bad}/etcd runs, but does not say which version it is`);
  });

  test('whose two tools differ', async () => {
    await writeTools(bad, '3.6.14', '3.5.16');
    await expectRefused(['--binaries', bad], `${bad}/etcd is 3.6.14, but its etcdctl is 3.5.16`);
  });

  test('that is another version than was asked for', async () => {
    await expectRefused(
      ['--versions', '3.6.14', '--binaries', good],
      `${good}/etcd is 9.8.7, which is not among --versions 3.6.14`,
    );
  });

  test('that serves as another version than it says it is', async () => {
    await writeServer(bad, '3.6.14', '3.4.23');
    await expectRefused(
      ['--binaries', bad],
      `${bad}/etcd says that it is 3.6.14, but 3.4.23 answers when it serves`,
    );
  });

  test('that says its version and then does not serve', async () => {
    await writeTools(bad, '3.6.14');
    await expectRefused(['--binaries', bad], `${bad}/etcd does not serve: it ends with 0`);
  });

  test('that is there twice', async () => {
    await writeServer(bad, '9.8.7');
    await expectRefused(['--binaries', `${good},${bad}`], 'both hold etcd 9.8.7: give one');
  });

  test('and all that are wrong are told together', async () => {
    const { code, err } = await command('--binaries', `${bad},${join(root, 'nowhere')},${good}`);
    expect(code).toBe(2);
    expect(err).toBe(
      `test:matrix: there is no ${bad}/etcd\ntest:matrix: there is no ${join(root, 'nowhere')}/etcd\n`,
    );
  });
});

test('a mistake of the input is exit code 2 and one line, and help is exit code 0', async () => {
  await expectRefused(['--versions', 'newest'], '"newest" is not a version');
  await expectRefused(['--only', 'everything'], 'there is no suite "everything"');
  expect(await command('--help')).toMatchObject({
    code: 0,
    err: '',
    out: expect.stringContaining('--binaries'),
  });
});

test('a version that no folder has is obtained, and the oldest comes first', async () => {
  const older = join(root, 'older');
  await writeServer(older, '3.4.23');
  const obtain = vi.fn(async () => ({ version: '3.4.23', dir: older, how: 'obtained' }));
  const wish = { versions: ['9.8.7', '3.4.23'], folders: [good] };
  const found = await findBinaries(wish, () => undefined, obtain);
  expect(found.map(({ version, dir }) => [version, dir])).toEqual([
    ['3.4.23', older],
    ['9.8.7', good],
  ]);
  expect(obtain).toHaveBeenCalledExactlyOnceWith(expect.objectContaining({ version: '3.4.23' }));
});

test('a version that cannot be had is refused with the reason', async () => {
  const obtain = () => Promise.reject(new Error('etcd 3.6.99 cannot be had here'));
  const finding = findBinaries({ versions: ['3.6.99'], folders: [] }, () => undefined, obtain);
  await expect(finding).rejects.toThrow('etcd 3.6.99 cannot be had here');
});

import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { fetchRelease } from '../../../infra/etcd/from-release.ts';
import { type Request, SourceUnavailable } from '../../../infra/etcd/source.ts';
import { versionIn } from '../../../infra/etcd/version.ts';
import { serveFiles, writeProgram, writeTools } from './stand-ins.ts';

const NAME = `etcd-v9.8.7-linux-${process.arch === 'x64' ? 'amd64' : process.arch}`;
const PATH = `/v9.8.7/${NAME}.tar.gz`;

let dir: string;
let archive: Buffer;

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'etcd-release-'));
  await writeTools(join(dir, NAME), '9.8.7');
  await writeProgram(join(dir, NAME), 'etcdutl', 'echo etcdutl');
  execFileSync('tar', ['-czf', join(dir, 'archive.tar.gz'), '-C', dir, NAME]);
  archive = await readFile(join(dir, 'archive.tar.gz'));
});
afterEach(() => rm(dir, { recursive: true, force: true }));

const pinned = (): Readonly<Record<string, string>> => ({
  [`${NAME}.tar.gz`]: createHash('sha256').update(archive).digest('hex'),
});

async function requestFrom(releasesUrl: string): Promise<Request> {
  const into = join(dir, 'into');
  const scratch = join(dir, 'scratch');
  await mkdir(into);
  await mkdir(scratch);
  return { version: '9.8.7', into, scratch, releasesUrl, say: () => undefined };
}

async function serving<T>(file: Buffer | 'hang' | null, work: (url: string) => Promise<T>): Promise<T> {
  const server = await serveFiles(new Map(file === null ? [] : [[PATH, file]]));
  try {
    return await work(server.url);
  } finally {
    await server.close();
  }
}

test('an archive with the pinned checksum is unpacked', async () => {
  const request = await serving(archive, async (url) => {
    const asked = await requestFrom(url);
    await fetchRelease(asked, pinned());
    return asked;
  });
  expect(await versionIn(request.into)).toBe('9.8.7');
  expect((await readdir(request.into)).sort()).toEqual(['etcd', 'etcdctl', 'etcdutl']);
});

test('an archive with another checksum is refused, and nothing of it is unpacked', async () => {
  const forged = Buffer.concat([archive, Buffer.from('x')]);
  await serving(forged, async (url) => {
    const request = await requestFrom(url);
    const failing = fetchRelease(request, pinned());
    await expect(failing).rejects.toThrow(/has SHA-256 [0-9a-f]{64}, not the pinned [0-9a-f]{64}: refused/);
    await expect(failing).rejects.not.toBeInstanceOf(SourceUnavailable);
    expect(await readdir(request.into)).toEqual([]);
    expect(await readdir(request.scratch)).toEqual([]);
  });
});

test('a version without a pinned checksum is not even downloaded', async () => {
  const server = await serveFiles(new Map([[PATH, archive]]));
  await expect(fetchRelease(await requestFrom(server.url), {})).rejects.toBeInstanceOf(SourceUnavailable);
  expect(server.asked).toEqual([]);
  await server.close();
});

test('a server that has no such release, or is not there, leaves the choice to the next source', async () => {
  const request = await serving(null, async (url) => {
    const asked = await requestFrom(url);
    await expect(fetchRelease(asked, pinned())).rejects.toThrow('could not be downloaded: status 404');
    return asked;
  });
  const failing = fetchRelease(request, pinned());
  await expect(failing).rejects.toBeInstanceOf(SourceUnavailable);
  await expect(failing).rejects.toThrow('ECONNREFUSED');
});

test('a server that does not answer is given up soon', async () => {
  await serving('hang', async (url) => {
    const request = await requestFrom(url);
    const startedAtMs = performance.now();
    await expect(fetchRelease(request, pinned())).rejects.toThrow('no answer in time');
    expect(performance.now() - startedAtMs).toBeLessThan(9_000);
  });
}, 12_000);

import { createHash } from 'node:crypto';
import { copyFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { run } from './run.ts';
import { type Request, SourceUnavailable } from './source.ts';
import { TOOLS } from './version.ts';

export const PINNED_VERSION = '3.6.14';

/** SHA-256 of the archives, as published beside each release. Only what is listed is ever unpacked. */
export const CHECKSUMS: Readonly<Record<string, string>> = {
  'etcd-v3.6.14-linux-amd64.tar.gz': 'ffe840ff9295808e88cce2794a18a5ac87f12a5203c8314d0bf6aa119b41bac5',
};

export const RELEASES_URL = 'https://github.com/etcd-io/etcd/releases/download';

/** Long enough for a slow handshake and two redirects; who is cut off should not wait longer. */
const ANSWER_WITHIN_MS = 6_000;
/** 24 MB, at 100 KB a second. */
const DOWNLOAD_WITHIN_MS = 240_000;

/** How the official releases name the folder in an archive, and the archive. */
export const releaseName = (version: string, arch: string): string => `etcd-v${version}-linux-${arch}`;

/**
 * The official release for a machine like this one, or of another `arch`, checked against its pinned SHA-256.
 *
 * @throws {SourceUnavailable} no checksum is pinned for it, or the server was not reached.
 * @throws {Error} the archive is not the one that was pinned: nothing of it is used.
 */
export async function fetchRelease(
  request: Request,
  checksums: Readonly<Record<string, string>> = CHECKSUMS,
  arch: string = process.arch === 'x64' ? 'amd64' : process.arch,
): Promise<void> {
  const version = request.version ?? PINNED_VERSION;
  const name = releaseName(version, arch);
  const expected = checksums[`${name}.tar.gz`];
  if (expected === undefined) throw new SourceUnavailable(`no checksum is pinned for ${name}.tar.gz`);
  const url = `${request.releasesUrl}/v${version}/${name}.tar.gz`;
  request.say(`downloading ${url}`);
  const archive = await download(url);
  const actual = createHash('sha256').update(archive).digest('hex');
  if (actual !== expected) {
    throw new Error(`${url} has SHA-256 ${actual}, not the pinned ${expected}: refused`);
  }
  const file = join(request.scratch, 'release.tar.gz');
  await writeFile(file, archive);
  await run('tar', ['-xzf', file, '-C', request.scratch], { timeoutMs: 60_000 });
  for (const tool of TOOLS) await copyFile(join(request.scratch, name, tool), join(request.into, tool));
  await copyFile(join(request.scratch, name, 'etcdutl'), join(request.into, 'etcdutl')).catch(
    () => undefined,
  );
}

async function download(url: string): Promise<Buffer> {
  const abort = new AbortController();
  const answer = setTimeout(() => abort.abort(new Error('no answer in time')), ANSWER_WITHIN_MS);
  const whole = setTimeout(() => abort.abort(new Error('too slow')), DOWNLOAD_WITHIN_MS);
  try {
    const response = await fetch(url, { signal: abort.signal });
    clearTimeout(answer);
    if (!response.ok) throw new Error(`status ${response.status}`);
    return Buffer.from(await response.arrayBuffer());
  } catch (error) {
    throw new SourceUnavailable(`${url} could not be downloaded: ${reasonOf(error)}`, { cause: error });
  } finally {
    clearTimeout(answer);
    clearTimeout(whole);
  }
}

/** `fetch failed` says nothing; what failed is in its cause. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? error.cause.message : error.message;
}

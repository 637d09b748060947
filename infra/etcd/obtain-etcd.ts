import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildModules } from './from-module.ts';
import { unpackPackages } from './from-package.ts';
import { findOnPath } from './from-path.ts';
import { fetchRelease, RELEASES_URL } from './from-release.ts';
import { type Kept, keep, recallChoice, recallVersion, rememberChoice } from './kept.ts';
import { type Request, SOURCES, type Source, SourceUnavailable } from './source.ts';
import { isAtLeast, isVersion, OLDEST_VERSION, versionIn } from './version.ts';

export interface ObtainOptions {
  /** Exactly this version, `3.6.14`; left out: the first source that has one new enough. */
  readonly version?: string;
  /** From this source and no other. */
  readonly from?: Source;
  /** Where obtained versions are kept, one folder each; `.local/etcd` of the checkout by default. */
  readonly dir?: string;
  /** Base of the official releases, for those who mirror them. The pinned checksums hold there too. */
  readonly releasesUrl?: string;
  /** Told in words what happens. */
  readonly say?: (line: string) => void;
}

export interface Obtained {
  /** Folder with `etcd` and `etcdctl`. */
  readonly dir: string;
  readonly version: string;
  readonly how: string;
}

const DEFAULT_DIR = fileURLToPath(new URL('../../.local/etcd', import.meta.url));

/**
 * Finds etcd and etcdctl, or brings them into a private folder; nothing is
 * installed. What was brought once is found again without the network.
 *
 * @throws {Error} no source could serve, with every reason; or an archive was not the pinned one.
 */
export async function obtainEtcd(options: ObtainOptions = {}): Promise<Obtained> {
  const { version = null, from = null, dir = DEFAULT_DIR, say = () => undefined } = options;
  if (version !== null && !isVersion(version)) {
    throw new Error(`"${version}" is not a version: give it like 3.6.14`);
  }
  const ready = await findReady(dir, version, from);
  if (ready !== null) {
    say(`etcd ${ready.version}: ${ready.how}`);
    return ready;
  }
  const obtained = await bring(dir, version, from, options.releasesUrl ?? RELEASES_URL, say);
  if (version === null && from === null) await rememberChoice(dir, obtained.version);
  say(`etcd ${obtained.version}: ${obtained.how}`);
  return obtained;
}

async function findReady(
  root: string,
  version: string | null,
  from: Source | null,
): Promise<Obtained | null> {
  if (from === null || from === 'path') {
    const found = await findOnPath(version);
    if (found !== null) return { ...found, how: `found in ${found.dir}` };
  }
  const wanted = version ?? (from === null ? await recallChoice(root) : null);
  const kept = wanted === null ? null : await recallVersion(root, wanted);
  return kept !== null && (from === null || from === kept.source) ? describe(kept) : null;
}

const describe = (kept: Kept): Obtained => ({
  dir: kept.dir,
  version: kept.version,
  how: `${HOW[kept.source]}, kept in ${kept.dir}`,
});

const HOW: Readonly<Record<Source, string>> = {
  path: 'from the PATH',
  release: 'the official release, checked against its pinned SHA-256',
  package: "the distribution's packages, unpacked",
  module: 'built from the Go modules',
};

const BRING: Readonly<Record<Exclude<Source, 'path'>, (request: Request) => Promise<void>>> = {
  release: (request) => fetchRelease(request),
  package: unpackPackages,
  module: buildModules,
};

async function bring(
  root: string,
  version: string | null,
  from: Source | null,
  releasesUrl: string,
  say: (line: string) => void,
): Promise<Obtained> {
  const reasons: string[] = [];
  for (const source of SOURCES) {
    if (from !== null && from !== source) continue;
    try {
      return describe(await bringFrom(source, root, { version, releasesUrl, say }));
    } catch (error) {
      if (!(error instanceof SourceUnavailable)) throw error;
      if (source !== 'path') say(error.message);
      reasons.push(`${source}: ${error.message}`);
    }
  }
  throw new Error(
    `etcd ${version ?? `${OLDEST_VERSION} or newer`} cannot be had here. ${reasons.join('. ')}`,
  );
}

async function bringFrom(
  source: Source,
  root: string,
  wish: Pick<Request, 'version' | 'releasesUrl' | 'say'>,
): Promise<Kept> {
  if (source === 'path') throw new SourceUnavailable('no etcd and etcdctl of that version on the PATH');
  await mkdir(root, { recursive: true });
  const work = await mkdtemp(join(root, '.work-'));
  const into = join(work, 'into');
  const scratch = join(work, 'scratch');
  try {
    await mkdir(into);
    await mkdir(scratch);
    await BRING[source]({ ...wish, into, scratch });
    return await keep(root, into, source, await acceptedVersion(into, wish.version));
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

async function acceptedVersion(dir: string, wanted: string | null): Promise<string> {
  const found = await versionIn(dir);
  if (found === null) throw new SourceUnavailable('what it brought does not run here');
  if (wanted !== null && found !== wanted) throw new SourceUnavailable(`it has ${found}, not ${wanted}`);
  if (!isAtLeast(found, OLDEST_VERSION)) throw new SourceUnavailable(`its ${found} is too old`);
  return found;
}

import { copyFile, mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { otherRelease } from './debian-releases.ts';
import { run } from './run.ts';
import { type Request, SourceUnavailable } from './source.ts';

const PACKAGES = ['etcd-server', 'etcd-client'] as const;

/**
 * The packages of Debian and Ubuntu, downloaded and unpacked, not installed: no
 * root, no service started, the system's own package lists left as they are. A
 * version that another Debian has is taken from there.
 *
 * @throws {SourceUnavailable} no apt here, or no such package.
 */
export async function unpackPackages({ version, into, scratch, say }: Request): Promise<void> {
  say(`unpacking the distribution's packages ${PACKAGES.join(' and ')}`);
  try {
    await download(version, scratch, say);
    const files = (await readdir(scratch)).filter((name) => name.endsWith('.deb'));
    for (const file of files) {
      await run('dpkg-deb', ['-x', join(scratch, file), join(scratch, 'root')], { timeoutMs: 60_000 });
    }
    await copyTools(join(scratch, 'root', 'usr', 'bin'), into);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new SourceUnavailable(`the distribution's packages could not be had: ${reason}`, { cause: error });
  }
}

/** A fresh image has no package lists, and no machine has another release's: these are fetched into a private folder. */
async function download(version: string | null, scratch: string, say: (line: string) => void): Promise<void> {
  const fetchPackages = (options: readonly string[]) =>
    run('apt-get', [...options, 'download', ...PACKAGES], { cwd: scratch, timeoutMs: 120_000 });
  const release = version === null ? null : await otherRelease(version, scratch);
  const isThere =
    release === null &&
    (await fetchPackages(SANDBOX).then(
      () => true,
      () => false,
    ));
  if (isThere) return;
  say(
    release === null
      ? 'fetching package lists first'
      : `fetching the package lists of the Debian that has ${version}`,
  );
  const options = [...(await privateLists(scratch)), ...(release ?? [])];
  await run('apt-get', [...options, 'update'], { timeoutMs: 120_000 });
  await fetchPackages(options);
}

/** apt's own user cannot write into our folder; without this it warns, or fails. */
const SANDBOX = ['-o', 'APT::Sandbox::User='];

async function privateLists(scratch: string): Promise<readonly string[]> {
  const lists = join(scratch, 'lists');
  const cache = join(scratch, 'cache');
  await mkdir(join(lists, 'partial'), { recursive: true });
  await mkdir(join(cache, 'archives', 'partial'), { recursive: true });
  const settings = [`Dir::State::lists=${lists}`, `Dir::Cache=${cache}`, 'Debug::NoLocking=1'];
  return [...SANDBOX, ...settings.flatMap((setting) => ['-o', setting])];
}

async function copyTools(from: string, into: string): Promise<void> {
  const tools = (await readdir(from)).filter((name) => name.startsWith('etcd'));
  for (const tool of tools) await copyFile(join(from, tool), join(into, tool));
}

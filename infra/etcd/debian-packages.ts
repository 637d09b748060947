import { mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { run } from './run.ts';

export interface Wanted {
  readonly packages: readonly string[];
  /** Options with which apt looks at another release than the machine's own, see `otherRelease`. */
  readonly release: readonly string[] | null;
  /** Empty folder; the files are unpacked below it. */
  readonly scratch: string;
  readonly say: (line: string) => void;
}

/**
 * Downloads packages of Debian or Ubuntu and unpacks them; returns the folder that stands for `/`. Nothing is
 * installed, and what they depend on is not brought.
 *
 * @throws {Error} no apt here, or no such package.
 */
export async function unpackDebian(wanted: Wanted): Promise<string> {
  const { scratch } = wanted;
  await download(wanted);
  const root = join(scratch, 'root');
  const files = (await readdir(scratch)).filter((name) => name.endsWith('.deb'));
  for (const file of files) {
    await run('dpkg-deb', ['-x', join(scratch, file), root], { timeoutMs: 60_000 });
  }
  return root;
}

/** A fresh image has no package lists, and no machine has another release's: these are fetched into a private folder. */
async function download({ packages, release, scratch, say }: Wanted): Promise<void> {
  const fetchPackages = (options: readonly string[]) =>
    run('apt-get', [...options, 'download', ...packages], { cwd: scratch, timeoutMs: 120_000 });
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
      : 'fetching the package lists of the Debian that has that version',
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

import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** Which Debian has which etcd. They run on other Debians too; what does not run is not kept. */
const CODENAMES: ReadonlyMap<string, string> = new Map([
  ['3.4.23', 'bookworm'],
  ['3.5.16', 'trixie'],
]);

/** The machine's own settings, which name its mirror; tests have others. */
export interface AptHome {
  readonly osRelease: string;
  readonly aptDir: string;
}
export const THIS_MACHINE: AptHome = { osRelease: '/etc/os-release', aptDir: '/etc/apt' };

/**
 * Options with which apt looks at the Debian that has `version`, on this machine's
 * own mirror; `null` where no other Debian than this machine's is known to have it.
 */
export async function otherRelease(
  version: string,
  scratch: string,
  home: AptHome = THIS_MACHINE,
): Promise<readonly string[] | null> {
  const codename = CODENAMES.get(version);
  const own = /^VERSION_CODENAME="?([a-z]+)"?$/m.exec(await textOf(home.osRelease))?.[1];
  if (codename === undefined || own === undefined || own === codename) return null;
  const parts = join(scratch, 'sources');
  await mkdir(parts, { recursive: true });
  const sources = await ownSources(home.aptDir, own);
  if (sources.length === 0) return null;
  for (const [index, { text, kind }] of sources.entries()) {
    await writeFile(join(parts, `${index}.${kind}`), `${text.replaceAll(own, codename)}\n`);
  }
  return ['-o', 'Dir::Etc::sourcelist=/dev/null', '-o', `Dir::Etc::sourceparts=${parts}`];
}

interface Sources {
  readonly text: string;
  readonly kind: 'list' | 'sources';
}

/** The entries for the machine's own release, without its updates and without other people's packages. */
async function ownSources(aptDir: string, codename: string): Promise<readonly Sources[]> {
  const folder = join(aptDir, 'sources.list.d');
  const names = (await readdir(folder).catch(() => [])).map((name) => join(folder, name));
  const found: Sources[] = [];
  for (const path of [join(aptDir, 'sources.list'), ...names]) {
    const kind: Sources['kind'] = path.endsWith('.list') ? 'list' : 'sources';
    if (!path.endsWith(`.${kind}`)) continue;
    const entries = (await textOf(path)).split(kind === 'list' ? '\n' : /\n\s*\n/);
    const isOwn = new RegExp(`^(?:deb\\b|Suites:).*\\s${codename}(?:\\s|$)`, 'm');
    found.push(
      ...entries.filter((text) => isOwn.test(text) && /\bmain\b/.test(text)).map((text) => ({ text, kind })),
    );
  }
  return found;
}

const textOf = (path: string): Promise<string> => readFile(path, 'utf8').catch(() => '');

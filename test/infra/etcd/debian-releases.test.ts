import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { otherRelease } from '../../../infra/etcd/debian-releases.ts';

const DEB822 = `Types: deb
URIs: http://mirror.example/debian
Suites: bookworm bookworm-updates
Components: main

Types: deb
URIs: http://mirror.example/debian-security
Suites: bookworm-security
Components: main
`;
const ONE_LINE = `# deb http://old.example/debian bookworm main
deb http://mirror.example/debian bookworm main contrib
deb http://third.example/apt stable main
`;

let root: string;
let home: { readonly osRelease: string; readonly aptDir: string };

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'etcd-apt-'));
  home = { osRelease: join(root, 'os-release'), aptDir: join(root, 'apt') };
  await mkdir(join(home.aptDir, 'sources.list.d'), { recursive: true });
  await writeFile(home.osRelease, 'ID=debian\nVERSION_CODENAME=bookworm\n');
});
afterEach(() => rm(root, { recursive: true, force: true }));

async function sourcesWritten(): Promise<readonly string[]> {
  const dir = join(root, 'sources');
  const names = (await readdir(dir)).sort();
  return Promise.all(names.map(async (name) => `${name}: ${await readFile(join(dir, name), 'utf8')}`));
}

test("a version of another Debian is looked for there, on the machine's own mirror and nowhere else", async () => {
  await writeFile(join(home.aptDir, 'sources.list.d', 'debian.sources'), DEB822);
  await writeFile(join(home.aptDir, 'sources.list.d', 'ignored.save'), DEB822);
  expect(await otherRelease('3.5.16', root, home)).toEqual([
    '-o',
    'Dir::Etc::sourcelist=/dev/null',
    '-o',
    `Dir::Etc::sourceparts=${join(root, 'sources')}`,
  ]);
  expect(await sourcesWritten()).toEqual([
    '0.sources: Types: deb\nURIs: http://mirror.example/debian\nSuites: trixie trixie-updates\nComponents: main\n',
  ]);
});

test('the older form of the settings is read too', async () => {
  await writeFile(join(home.aptDir, 'sources.list'), ONE_LINE);
  expect(await otherRelease('3.5.16', root, home)).not.toBeNull();
  expect(await sourcesWritten()).toEqual(['0.list: deb http://mirror.example/debian trixie main contrib\n']);
});

test.each([
  ['the version is that of this Debian', '3.4.23', 'bookworm'],
  ['no Debian is known to have the version', '3.6.14', 'bookworm'],
  ['the machine has no Debian or tells no name', '3.5.16', ''],
])('nothing is done when %s', async (_, version, codename) => {
  await writeFile(join(home.aptDir, 'sources.list'), ONE_LINE);
  await writeFile(home.osRelease, `ID=debian\nVERSION_CODENAME=${codename}\n`);
  expect(await otherRelease(version, root, home)).toBeNull();
});

test('nothing is done when the settings of apt name no mirror of it', async () => {
  expect(await otherRelease('3.5.16', root, home)).toBeNull();
});

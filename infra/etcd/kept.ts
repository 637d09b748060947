import { chmod, readdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { SOURCES, type Source } from './source.ts';
import { isVersion, versionIn } from './version.ts';

/** A version that was brought before. */
export interface Kept {
  readonly dir: string;
  readonly version: string;
  readonly source: Source;
}

/** Written last: a folder without it was never finished. */
const MARK = 'source';
/** Which version a call without wishes got, so that a matrix of others does not change the answer. */
const CHOICE = 'chosen';

/** Moves the tools to their place in one step; whoever was faster at the same time is right. */
export async function keep(root: string, from: string, source: Source, version: string): Promise<Kept> {
  const dir = join(root, version);
  for (const tool of await readdir(from)) await chmod(join(from, tool), 0o755);
  await writeFile(join(from, MARK), source);
  try {
    await rename(from, dir);
  } catch (error) {
    const winner = await recallVersion(root, version);
    if (winner === null) throw error;
    return winner;
  }
  return { dir, version, source };
}

export async function recallVersion(root: string, version: string): Promise<Kept | null> {
  const dir = join(root, version);
  const mark = await textOf(join(dir, MARK));
  const source = SOURCES.find((candidate) => candidate === mark);
  if (source === undefined || (await versionIn(dir)) !== version) return null;
  return { dir, version, source };
}

export const rememberChoice = (root: string, version: string): Promise<void> =>
  writeFile(join(root, CHOICE), version);

export async function recallChoice(root: string): Promise<string | null> {
  const version = await textOf(join(root, CHOICE));
  return version !== null && isVersion(version) ? version : null;
}

const textOf = (path: string): Promise<string | null> =>
  readFile(path, 'utf8').then(
    (text) => text.trim(),
    () => null,
  );

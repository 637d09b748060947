import { existsSync } from 'node:fs';
import { mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { Metafile } from 'esbuild';
import { archiveOf } from './archive.ts';
import { bundleHandler } from './bundle.ts';

/** The name of the handler's file inside every archive; serverless.yml says `handler.handler`. */
export const HANDLER_FILE = 'handler.mjs';

export interface Artefact {
  readonly name: string;
  readonly archivePath: string;
  readonly bundleBytes: number;
  readonly metafile: Metafile;
}

/** Folders below `functionsDir` that have a `handler.ts`, sorted. */
export async function functionNames(functionsDir: string): Promise<readonly string[]> {
  const names = await readdir(functionsDir);
  return names.filter((name) => existsSync(join(functionsDir, name, 'handler.ts'))).sort();
}

/**
 * Makes `<outDir>/<function>.zip` for every function, and `<function>.meta.json`
 * beside it, which says what went in. The same sources give the same bytes.
 */
export async function buildFunctions(
  root: string,
  functionsDir: string,
  outDir: string,
): Promise<readonly Artefact[]> {
  await mkdir(resolve(root, outDir), { recursive: true });
  const names = await functionNames(resolve(root, functionsDir));
  return Promise.all(
    names.map((name) => buildOne(root, join(functionsDir, name, 'handler.ts'), outDir, name)),
  );
}

async function buildOne(root: string, entry: string, outDir: string, name: string): Promise<Artefact> {
  const { code, metafile } = await bundleHandler(entry, root);
  const archivePath = resolve(root, outDir, `${name}.zip`);
  await replaceFile(archivePath, archiveOf(HANDLER_FILE, code));
  await replaceFile(resolve(root, outDir, `${name}.meta.json`), Buffer.from(JSON.stringify(metafile)));
  return { name, archivePath, bundleBytes: code.length, metafile };
}

/** Others may be reading the old file: they see the old or the new one, never half of it. */
async function replaceFile(path: string, content: Uint8Array): Promise<void> {
  const draft = `${path}.${process.pid}`;
  try {
    await writeFile(draft, content);
    await rename(draft, path);
  } finally {
    await rm(draft, { force: true });
  }
}

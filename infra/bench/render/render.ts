import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { lineOf } from '../../cli/failure.ts';
import { readFigures } from './figures-file.ts';
import { renderPages } from './page.ts';

export interface RenderOptions {
  /** What a run of the benchmark left behind. */
  readonly file: string;
  /** Where the page and its pictures go. */
  readonly folder: string;
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
}

/** Writes the page of measured figures and its pictures. 0: done. 2: the file is not there, or not of the benchmark. */
export async function render({ file, folder, out, err }: RenderOptions): Promise<number> {
  try {
    const pages = renderPages(readFigures(await readFile(file, 'utf8')));
    await mkdir(folder, { recursive: true });
    for (const [name, text] of pages) {
      await writeFile(join(folder, name), text);
      out(`wrote ${relative(process.cwd(), join(folder, name))}\n`);
    }
    return 0;
  } catch (error) {
    err(`bench: cannot render ${file}: ${lineOf(error)}\n`);
    return 2;
  }
}

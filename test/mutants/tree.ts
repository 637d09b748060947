import { cp, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { type Mutant, mutated } from './mutant.ts';

/** What a test of the core, of the engine or of the simulation may read. */
const NEEDED = ['functions', 'infra', 'test', 'package.json', 'tsconfig.json'];

/** A private copy of the sources: one fault at a time is put into it, and taken out again. */
export class Tree {
  readonly root: string;

  private constructor(root: string) {
    this.root = root;
  }

  /** Copies the tree at `from`, which may be another copy; its packages are shared. */
  static async of(from: string): Promise<Tree> {
    const root = await mkdtemp(join(tmpdir(), 'etcd-autopilot-mutants-'));
    for (const name of NEEDED) await cp(join(from, name), join(root, name), { recursive: true });
    await symlink(resolve(from, 'node_modules'), join(root, 'node_modules'), 'dir');
    return new Tree(root);
  }

  /** Runs `work` on the faulty tree, and mends it afterwards; `null`: the place of the fault is not there exactly once. */
  async with<T>(mutant: Mutant, work: () => Promise<T>): Promise<T | null> {
    const path = join(this.root, mutant.file);
    const text = await readFile(path, 'utf8');
    const faulty = mutated(text, mutant);
    if (faulty === null) return null;
    await writeFile(path, faulty);
    try {
      return await work();
    } finally {
      await writeFile(path, text);
    }
  }

  remove(): Promise<void> {
    return rm(this.root, { recursive: true, force: true });
  }
}

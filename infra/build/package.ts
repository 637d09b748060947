/**
 * `node infra/build/package.ts` (`npm run package`): the archives of the functions and the
 * templates of clusters and workers in `.build/`, the stack's templates in `.serverless/`. Needs
 * no network and no account.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { cp, glob, mkdir, mkdtemp, readdir, rename, rm, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { writeFlatcar } from '../node/flatcar/write.ts';
import { buildFunctions } from './functions.ts';
import { writeClusterTemplate, writeWorkersTemplate } from './render-cluster.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const TEMPLATE_SOURCES = ['serverless.yml', 'infra/build/autopilot.yml'];
/** Everything that the package is made of. */
const SOURCES = [
  ...['functions/**/*.ts', 'infra/build/*', 'infra/*.yml', 'infra/node/*.sh'],
  ...['serverless.yml', 'package-lock.json'],
];

export const CREATE_TEMPLATE = '.serverless/cloudformation-template-create-stack.json';
export const UPDATE_TEMPLATE = '.serverless/cloudformation-template-update-stack.json';

/** Runs a command in a folder, to its end. @throws {Error} it failed. */
export type Run = (command: readonly string[], folder: string) => Promise<void>;

export async function packageStack(root: string = ROOT): Promise<void> {
  await buildFunctions(root, 'functions', '.build');
  await writeTemplates(root, '.serverless');
  for (const write of [writeClusterTemplate, writeWorkersTemplate]) write(resolve(root, '.build'));
  writeFlatcar(resolve(root, '.build/flatcar'));
}

/**
 * Writes the templates to `outDir`. osls empties its folder before it begins: it
 * works on copies, so that who reads the templates finds old or new ones, never none.
 */
export async function writeTemplates(root: string, outDir: string, run: Run = runHere): Promise<void> {
  const stage = await mkdtemp(join(root, '.build', 'stage-'));
  try {
    for (const file of [...TEMPLATE_SOURCES, ...(await archives(root))]) {
      await cp(join(root, file), join(stage, file));
    }
    await run([process.execPath, join(root, 'node_modules/osls/bin/serverless.js'), 'package'], stage);
    await mkdir(resolve(root, outDir), { recursive: true });
    for (const name of await readdir(join(stage, '.serverless'))) {
      await rename(join(stage, '.serverless', name), resolve(root, outDir, name));
    }
  } finally {
    await rm(stage, { recursive: true, force: true });
  }
}

async function archives(root: string): Promise<readonly string[]> {
  const names = await readdir(join(root, '.build'));
  return names.filter((name) => name.endsWith('.zip')).map((name) => join('.build', name));
}

async function runHere([command = '', ...argv]: readonly string[], cwd: string): Promise<void> {
  const child = spawn(command, argv, { cwd, stdio: ['ignore', 'ignore', 'pipe'] });
  let complaint = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    complaint += text;
  });
  const [code] = await once(child, 'close');
  if (code !== 0) throw new Error(`osls package ended with ${code}:\n${complaint}`);
}

/** Packages only if a source is newer than the package: tests and the local region start with this. */
export async function ensurePackaged(root: string = ROOT): Promise<void> {
  if (!(await isFresh(root))) await packageStack(root);
}

async function isFresh(root: string): Promise<boolean> {
  const packaged = join(root, UPDATE_TEMPLATE);
  if (!existsSync(packaged)) return false;
  const packagedAt = (await stat(packaged)).mtimeMs;
  for await (const source of glob(SOURCES, { cwd: root })) {
    if ((await stat(join(root, source))).mtimeMs > packagedAt) return false;
  }
  return true;
}

if (import.meta.main) {
  await packageStack();
  process.stdout.write(
    `packaged: .build/*.zip, .build/cluster.yml, .build/workers.yml, ${CREATE_TEMPLATE}, ${UPDATE_TEMPLATE}\n`,
  );
}

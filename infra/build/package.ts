/**
 * `node infra/build/package.ts` (`npm run package`): the archives of the functions
 * in `.build/`, the templates in `.serverless/`. Needs no network and no account.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { glob, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildFunctions } from './functions.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
/** Everything that the package is made of. */
const SOURCES = ['functions/**/*.ts', 'infra/build/*', 'serverless.yml', 'package-lock.json'];

export const CREATE_TEMPLATE = '.serverless/cloudformation-template-create-stack.json';
export const UPDATE_TEMPLATE = '.serverless/cloudformation-template-update-stack.json';

export async function packageStack(root: string = ROOT): Promise<void> {
  await buildFunctions(root, 'functions', '.build');
  const osls = spawn(process.execPath, [join(root, 'node_modules/osls/bin/serverless.js'), 'package'], {
    cwd: root,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let complaint = '';
  osls.stderr.setEncoding('utf8').on('data', (text: string) => {
    complaint += text;
  });
  const [code] = await once(osls, 'close');
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
  process.stdout.write(`packaged: .build/*.zip, ${CREATE_TEMPLATE}, ${UPDATE_TEMPLATE}\n`);
}

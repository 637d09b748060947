import { spawn } from 'node:child_process';
import { existsSync, globSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { Failure } from './failure.ts';

/** What packaging reads. A newer one of these makes the package stale. */
const SOURCES = [
  'functions/**/*.ts',
  'infra/build/**',
  'infra/node/**',
  'infra/cluster.yml',
  'serverless.yml',
  'package.json',
  'package-lock.json',
];
/** What packaging writes last of its two steps. */
const PRODUCTS = ['.build/cluster.yml', '.serverless/cloudformation-template-update-stack.json'];
const TOLD_CHARS_MAX = 600;

/** Whether what was packaged last is missing, or older than a source of it. */
export function isPackageStale(root: string): boolean {
  const products = PRODUCTS.map((name) => join(root, name));
  if (!products.every((path) => existsSync(path))) return true;
  const packagedMs = Math.min(...products.map((path) => statSync(path).mtimeMs));
  return globSync(SOURCES, { cwd: root }).some((name) => statSync(join(root, name)).mtimeMs > packagedMs);
}

/**
 * Packages the project as `npm run package` does, if need be.
 *
 * @throws {Failure} packaging failed, with the end of what it said.
 */
export async function ensurePackaged(root: string, log: (line: string) => void): Promise<void> {
  if (!isPackageStale(root)) return;
  log('packaging the functions and templates (npm run package)');
  const { code, output } = await run(root, 'npm', ['run', '--silent', 'package']);
  if (code !== 0) throw new Failure(`npm run package failed: ${output.slice(-TOLD_CHARS_MAX)}`);
}

function run(
  cwd: string,
  command: string,
  args: readonly string[],
): Promise<{ readonly code: number | null; readonly output: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    const keep = (chunk: Buffer): void => {
      output += chunk.toString();
    };
    child.stdout.on('data', keep);
    child.stderr.on('data', keep);
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, output }));
  });
}

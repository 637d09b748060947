// `npm run demo` on a fresh checkout: installs the packages if they are not there, then tells the story.
import { fileURLToPath } from 'node:url';
import { findOwnNode, runInPlace } from '../cli/own-node.js';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

async function install() {
  process.stdout.write('   0.0  installing the npm packages, once (npm ci)\n');
  return runInPlace('demo', 'npm', ['ci', '--no-audit', '--no-fund'], { cwd: ROOT });
}

const failed = findOwnNode() === null ? await install() : 0;
const node = findOwnNode();
if (failed !== 0 || node === null) {
  process.stderr.write('demo: the npm packages could not be installed; "npm ci" says why\n');
  process.exitCode = 1;
} else {
  const main = fileURLToPath(new URL('./main.ts', import.meta.url));
  process.exitCode = await runInPlace('demo', node, [main, ...process.argv.slice(2)]);
}

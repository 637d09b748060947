#!/usr/bin/env node
import { fileURLToPath } from 'node:url';
import { findOwnNode, runInPlace } from './own-node.js';

const USAGE_ERROR = 2;
const node = findOwnNode();
if (node === null) {
  process.stderr.write('etcd-autopilot: its packages are not installed: run "npm ci" in its folder first\n');
  process.exitCode = USAGE_ERROR;
} else {
  const main = fileURLToPath(new URL('./main.ts', import.meta.url));
  process.exitCode = await runInPlace('etcd-autopilot', node, [main, ...process.argv.slice(2)]);
}

#!/usr/bin/env node
// The host's Node may be too old for the project's sources: this file runs them with the one that npm installed.
import { spawn } from 'node:child_process';
import { createRequire } from 'node:module';
import { constants } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'];
const USAGE_ERROR = 2;

const node = findNode();
if (node === null) {
  process.stderr.write('etcd-autopilot: its packages are not installed: run "npm ci" in its folder first\n');
  process.exitCode = USAGE_ERROR;
} else {
  run(node);
}

function findNode() {
  try {
    return join(dirname(createRequire(import.meta.url).resolve('node/package.json')), 'bin', 'node');
  } catch {
    return null;
  }
}

function run(command) {
  const main = fileURLToPath(new URL('./main.ts', import.meta.url));
  const child = spawn(command, [main, ...process.argv.slice(2)], { stdio: 'inherit' });
  // A terminal signals both processes: a command that handles a signal must bear it twice.
  for (const signal of SIGNALS) process.on(signal, () => child.kill(signal));
  child.on('error', (error) => {
    process.stderr.write(`etcd-autopilot: ${command} does not start: ${error.message}\n`);
    process.exitCode = USAGE_ERROR;
  });
  child.on('exit', (code, signal) => {
    process.exitCode = signal === null ? (code ?? USAGE_ERROR) : 128 + constants.signals[signal];
  });
}

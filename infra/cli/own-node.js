// The host's Node may be too old for the project's sources: they run on the one that npm installed. Plain
// JavaScript, because it is what runs before anything is installed.
import { spawn } from 'node:child_process';
import { createRequire } from 'node:module';
import { constants } from 'node:os';
import { dirname, join } from 'node:path';

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'];
const NOT_STARTED = 2;

/** Path of the Node that npm installed with the project, or `null` before that. */
export function findOwnNode() {
  try {
    return join(dirname(createRequire(import.meta.url).resolve('node/package.json')), 'bin', 'node');
  } catch {
    return null;
  }
}

/** Runs a command in this process's place: its terminal, its signals, its exit code. Resolves with the code. */
export function runInPlace(name, command, args, options = {}) {
  return new Promise((resolve) => {
    const child = spawn(command, args, { stdio: 'inherit', ...options });
    // A terminal signals both processes: a command that handles a signal must bear it twice.
    for (const signal of SIGNALS) process.on(signal, () => child.kill(signal));
    child.on('error', (error) => {
      process.stderr.write(`${name}: ${command} does not start: ${error.message}\n`);
      resolve(NOT_STARTED);
    });
    child.on('exit', (code, signal) => {
      resolve(signal === null ? (code ?? NOT_STARTED) : 128 + constants.signals[signal]);
    });
  });
}

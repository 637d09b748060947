import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** Ends the process groups it watches when this process is gone, however it went. */
export interface Guard {
  readonly watch: (group: number) => void;
  readonly forget: (group: number) => void;
  /** Ends what is still watched, and the guard. */
  readonly close: () => Promise<void>;
}

export function startGuard(): Guard {
  const child = spawn('/bin/sh', [fileURLToPath(new URL('./guard.sh', import.meta.url))], {
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
  });
  child.stdin.on('error', () => undefined); // the guard was killed; nothing to do about it here
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  return {
    watch: (group) => void child.stdin.write(`+ ${group}\n`),
    forget: (group) => void child.stdin.write(`- ${group}\n`),
    close: () => {
      child.stdin.end();
      return ended;
    },
  };
}

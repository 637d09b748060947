import { readdirSync, readFileSync } from 'node:fs';

/** A process that is not a zombie. */
export interface Process {
  readonly pid: number;
  readonly name: string;
  /** By SIGSTOP: it keeps its sockets and does nothing. */
  readonly isStopped: boolean;
}

/** Whether there was a process to signal. */
export function signalProcess(pid: number, signal: NodeJS.Signals): boolean {
  try {
    return process.kill(pid, signal);
  } catch {
    return false; // it ended meanwhile
  }
}

/** Whether the group still has a process that is not a zombie; signals it on the way. */
export function killGroup(group: number, signal: NodeJS.Signals | 0): boolean {
  try {
    process.kill(-group, signal);
  } catch {
    return false;
  }
  return processesOf(group).length > 0;
}

export function processesOf(group: number): readonly Process[] {
  return readdirSync('/proc')
    .filter((entry) => /^\d+$/.test(entry))
    .flatMap((entry) => {
      const stat = readStat(entry);
      // After "pid (name)": state, parent, process group.
      const match = /^\d+ \((.*)\) (\S) \d+ (\d+) /s.exec(stat);
      const inGroup = match !== null && Number(match[3]) === group && match[2] !== 'Z';
      return inGroup ? [{ pid: Number(entry), name: match[1] ?? '', isStopped: match[2] === 'T' }] : [];
    });
}

function readStat(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/stat`, 'utf8');
  } catch {
    return ''; // it ended meanwhile
  }
}

import { Failure } from '../failure.ts';
import type { Terminal } from '../terminal.ts';

/** How a command that changes something goes about it. */
export interface Manner {
  /** Nobody is asked. */
  readonly yes: boolean;
  readonly dryRun: boolean;
  readonly json: boolean;
  readonly waitMs: number;
  /** Progress, for people. */
  readonly say: (text: string) => void;
}

export interface MannerOptions {
  readonly yes?: boolean;
  readonly dryRun?: boolean;
  readonly json?: boolean;
  readonly waitMinutes: string;
}

const WAIT_MINUTES_MAX = 1_440;

/** @throws {Failure} nobody can be asked, and nothing says that nobody need be */
export function mannerOf(terminal: Terminal, options: MannerOptions): Manner {
  const { yes = false, dryRun = false, json = false, waitMinutes } = options;
  const minutes = /^\d{1,4}$/.test(waitMinutes) ? Number(waitMinutes) : 0;
  if (minutes < 1 || minutes > WAIT_MINUTES_MAX) {
    throw new Failure(`--wait-minutes takes 1 to ${WAIT_MINUTES_MAX}, not "${waitMinutes}"`);
  }
  if (!yes && !dryRun && terminal.ask === undefined) {
    throw new Failure(
      'nobody can be asked here: give --yes to do it, or --dry-run to see what would be done',
    );
  }
  return { yes, dryRun, json, waitMs: minutes * 60_000, say: json ? terminal.err : terminal.out };
}

/** Asks, where --yes does not answer; anything but yes is no. */
export async function confirm(terminal: Terminal, { yes, say }: Manner, question: string): Promise<boolean> {
  if (yes) return true;
  const answer = (await terminal.ask?.(`\n${question} [y/N] `)) ?? '';
  const isYes = /^y(es)?$/i.test(answer.trim());
  if (!isYes) say('nothing was done\n');
  return isYes;
}

import { setTimeout as sleep } from 'node:timers/promises';
import type { RecoverAnswer } from '../../../functions/membership/answer-recovery.ts';
import { EXIT, Failure } from '../failure.ts';
import { toldLine } from '../table.ts';
import type { Terminal } from '../terminal.ts';
import { askRecover } from './answer.ts';

/** What a recovery is watched with. */
export interface Course {
  readonly terminal: Terminal;
  readonly cluster: string;
  readonly stack: string;
  readonly isJson: boolean;
  readonly minutes: number;
  /** Number of the last recovery that was over before; 0: none was. */
  readonly endedBefore: number;
}

const LOOK_EVERY_MS = 2_000;
/** A choice that was taken stands in a record within a pass or two. */
const BEGIN_MS = 120_000;

/**
 * Watches a recovery until its loss is told, and says each new step once. `nonce`: of the choice that began it; that
 * another one did is told. A look that fails is no end: the recovery goes on by itself.
 */
export async function follow(course: Course, nonce: string | null): Promise<number> {
  const { terminal, cluster, stack, isJson } = course;
  const startedMs = Date.now();
  let told = '';
  for (let first = true; first || Date.now() - startedMs < course.minutes * 60_000; first = false) {
    if (!first) await sleep(LOOK_EVERY_MS);
    const answer = await askRecover(terminal.env, stack, cluster, {}).catch(asUnheard);
    if (answer === null) continue;
    const other = otherOf(answer, nonce);
    if (other !== null) return fail(course, `another choice was first: ${other}`);
    if ((answer.done?.number ?? 0) > course.endedBefore) return end(course, answer);
    if (answer.recovery === null && Date.now() - startedMs > BEGIN_MS)
      return fail(course, 'the choice was not taken; look again');
    const line = answer.waits.find(({ kind }) => kind === 'recovering');
    if (!isJson && line !== undefined && line.text !== told) terminal.out(`${toldLine(cluster, line)}\n`);
    told = line?.text ?? told;
  }
  return fail(course, `it is not over after ${course.minutes} minutes, and goes on by itself`);
}

function otherOf({ recovery }: RecoverAnswer, nonce: string | null): string | null {
  if (nonce === null || recovery === null || recovery.nonce === nonce) return null;
  return `recovery ${recovery.number} was begun at ${recovery.at} by ${recovery.by}`;
}

function end({ terminal, isJson }: Course, answer: RecoverAnswer): number {
  const { done } = answer;
  if (isJson) terminal.out(`${JSON.stringify(answer, null, 2)}\n`);
  else terminal.out(`recovery ${done?.number} is over (${done?.outcome}): ${done?.text}\n`);
  return EXIT.fine;
}

function fail({ terminal }: Course, words: string): number {
  terminal.err(`${words}\n`);
  return EXIT.notHealthy;
}

function asUnheard(error: unknown): null {
  if (error instanceof Failure) return null;
  throw error;
}

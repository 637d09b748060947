import type { ChangeSetPort, ChangeSetRequest, Cloud, MadeChangeSet } from '../cloud/ports.ts';
import { Failure } from '../failure.ts';
import type { Terminal } from '../terminal.ts';
import { type Change, type ChangeSet, isReplacing } from './change-set.ts';
import { changesText, countText } from './change-text.ts';
import { firstFailures } from './events.ts';
import { refusingGate } from './gates.ts';
import { confirm, type Manner } from './manner.ts';
import { endingText, goesOnText, isAsWanted, type Operation } from './outcome.ts';
import { knownEvents, type Watched, watchStack } from './watch.ts';

/** A change set of hundreds of resources takes seconds; more says that something hangs. */
const PLAN_MS_MAX = 300_000;
const LOOK_FIRST_MS = 200;
const LOOK_MS_MAX = 2_000;

/** What is to be done to a stack. */
export interface Work extends ChangeSetRequest {
  /** The command that would try it again. */
  readonly again: string;
  /** The stack was there before, planned or alive: what was only planned goes, the stack stays. */
  readonly isThere: boolean;
  /** What of this cluster. */
  readonly cluster: string;
  /** What the changes do to instances that run, in words. */
  readonly told?: (changes: readonly Change[]) => readonly string[];
}

/** `goesOn`: it was not finished within the time. */
export type Outcome = 'done' | 'unchanged' | 'planned' | 'declined' | 'failed' | 'goesOn';

/** How a command ended; printed as it is with --json. */
export interface Result {
  readonly stack: string;
  readonly outcome: Outcome;
  readonly status: string | null;
  readonly changes: readonly Change[];
  /** What failed first. */
  readonly reasons: readonly string[];
  readonly outputs: Readonly<Record<string, string>>;
}

/** Shows what would change, asks, does it, and tells how it goes. */
export async function carryOut(
  cloud: Cloud,
  terminal: Terminal,
  work: Work,
  manner: Manner,
): Promise<Result> {
  const { say } = manner;
  say(`planning stack ${work.stack}\n`);
  const made = await cloud.changeSets.make(work);
  const discard = () => discardWhole(cloud, work, made);
  terminal.onStop?.(() => discard().catch(() => undefined));
  const planned = await lookUntilReady(cloud, made).catch(async (error: unknown) => {
    await discard().catch(() => undefined);
    throw error;
  });
  const answer = await consent(terminal, work, planned, manner).catch(async (error: unknown) => {
    await discard().catch(() => undefined);
    throw error;
  });
  if (answer !== 'done') {
    await discard();
    return { ...nothingDone(work.stack), outcome: answer, changes: planned.changes };
  }
  terminal.onStop?.(async () => say(`\n${goesOnText(work.stack)}`));
  const known = await knownEvents(cloud.stacks, made.stackId);
  await cloud.changeSets.execute(made);
  const watched = await watchStack(cloud, {
    stackId: made.stackId,
    known,
    waitMs: manner.waitMs,
    say: (line) => say(`${line}\n`),
  });
  const operation = work.isNew ? 'create' : 'update';
  const { stack, again, cluster } = work;
  const ended = tellEnding({ stack, operation, again, cluster }, watched, manner);
  const outputs = Object.fromEntries((await cloud.stacks.find(made.stackId))?.outputs ?? []);
  return { ...ended, changes: planned.changes, outputs };
}

export const nothingDone = (stack: string): Omit<Result, 'outcome'> => ({
  stack,
  status: null,
  changes: [],
  reasons: [],
  outputs: {},
});

/** Says how an operation ended. */
export function tellEnding(
  about: {
    readonly stack: string;
    readonly operation: Operation;
    readonly again: string;
    readonly cluster?: string;
  },
  { status, events }: Watched,
  { say }: Pick<Manner, 'say'>,
): Result {
  const { stack, operation, again, cluster } = about;
  if (status === null) {
    say(`it is not finished within the time of --wait-minutes; ${goesOnText(stack)}`);
    return { ...nothingDone(stack), outcome: 'goesOn' };
  }
  const side = refusingGate(events);
  const gate = side === null || cluster === undefined ? null : { side, cluster };
  const ending = { operation, stack, status, reasons: firstFailures(events), gate };
  const isDone = isAsWanted(ending);
  say(`${endingText(ending, again)}`);
  return {
    ...nothingDone(stack),
    outcome: isDone ? 'done' : 'failed',
    status,
    reasons: isDone ? [] : ending.reasons,
  };
}

/** `done`: go on. Shows the changes first. */
async function consent(
  terminal: Terminal,
  { stack, told }: Work,
  { state, reason, changes }: ChangeSet,
  manner: Manner,
): Promise<'done' | 'unchanged' | 'planned' | 'declined'> {
  if (state === 'failed') throw new Failure(`the changes of stack ${stack} cannot be planned: ${reason}`);
  if (state === 'empty') {
    manner.say(`stack ${stack}: nothing to change\n`);
    return 'unchanged';
  }
  manner.say(changesText(stack, changes));
  for (const line of told?.(changes) ?? []) manner.say(`\n${line}\n`);
  if (manner.dryRun) return 'planned';
  const replaced = changes.filter(isReplacing).length;
  const question = replaced === 0 ? 'Do this?' : `Do this, with ${countText(replaced, 'replacement')}?`;
  return (await confirm(terminal, manner, question)) ? 'done' : 'declined';
}

async function lookUntilReady(
  { changeSets, clock }: Pick<Cloud, 'changeSets' | 'clock'>,
  made: MadeChangeSet,
): Promise<ChangeSet> {
  const startMs = clock.nowMs();
  let pauseMs = LOOK_FIRST_MS;
  while (clock.nowMs() - startMs < PLAN_MS_MAX) {
    const seen = await changeSets.look(made);
    if (seen.state !== 'pending') return seen;
    await clock.sleep(pauseMs);
    pauseMs = Math.min(LOOK_MS_MAX, pauseMs * 2);
  }
  throw new Failure(`CloudFormation did not finish planning within ${PLAN_MS_MAX / 1_000} s; try again`);
}

/** Leaves nothing behind: a stack that exists only because of the change set goes with it. */
async function discardWhole(
  { changeSets, stacks }: { readonly changeSets: ChangeSetPort; readonly stacks: Cloud['stacks'] },
  { isNew, isThere }: Work,
  made: MadeChangeSet,
): Promise<void> {
  await changeSets.discard(made);
  if (!isNew || isThere) return;
  const stack = await stacks.find(made.stackId);
  if (stack?.status === 'REVIEW_IN_PROGRESS') await stacks.remove(made.stackId);
}

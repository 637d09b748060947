import type { Cloud } from '../cloud/ports.ts';
import type { Terminal } from '../terminal.ts';
import { nothingDone, type Result, tellEnding } from './carry-out.ts';
import type { Manner } from './manner.ts';
import { goesOnText } from './outcome.ts';
import { conditionOf, type Stack } from './stack.ts';
import { knownEvents, watchStack } from './watch.ts';

/** Deletes a stack and tells how it goes; nobody is asked. */
export async function removeStack(
  cloud: Cloud,
  terminal: Terminal,
  stack: Pick<Stack, 'id' | 'name'>,
  manner: Manner,
  again: string,
): Promise<Result> {
  const { say, waitMs } = manner;
  const known = await knownEvents(cloud.stacks, stack.id);
  // Somebody else may have deleted it meanwhile: then its last event is known, and no other comes.
  const now = await cloud.stacks.find(stack.id);
  if (now === null || conditionOf(now.status) === 'gone') {
    say(`stack ${stack.name}: deleted already\n`);
    return { ...nothingDone(stack.name), outcome: 'done', status: 'DELETE_COMPLETE' };
  }
  terminal.onStop?.(async () => say(`\n${goesOnText(stack.name)}`));
  say(`deleting stack ${stack.name}\n`);
  await cloud.stacks.remove(stack.id);
  const watched = await watchStack(cloud, {
    stackId: stack.id,
    known,
    waitMs,
    say: (line) => say(`${line}\n`),
  });
  return tellEnding({ stack: stack.name, operation: 'delete', again }, watched, manner);
}

import type { Action } from './plan.ts';

/**
 * The first actions that may be done on one look: the first alone, whatever it is, or as many as
 * only write down, tell and let go. Those change nothing that was seen, so that a look between them
 * would show what is known; whatever does more gets a look of its own.
 */
export function firstRow(actions: readonly Action[]): readonly Action[] {
  const end = actions.findIndex((action, index) => !isQuiet(action) || isSecondMemory(actions, index));
  return actions.slice(0, end === -1 ? actions.length : Math.max(1, end));
}

function isQuiet(action: Action): boolean {
  switch (action.kind) {
    case 'writeTicket':
    case 'remember':
    case 'publishList':
    case 'publishStatus':
    case 'signalStack':
      return true;
    case 'answerHook':
      return action.result === 'CONTINUE';
    default:
      return false;
  }
}

/** Both were made from the memory that was read: the second would forget the first. */
const isSecondMemory = (actions: readonly Action[], index: number): boolean =>
  actions[index]?.kind === 'remember' && actions.findIndex(({ kind }) => kind === 'remember') < index;

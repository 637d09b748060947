import type { Cloud } from '../cloud/ports.ts';
import { Failure } from '../failure.ts';
import type { Terminal } from '../terminal.ts';
import { confirm, type Manner } from './manner.ts';
import { removeStack } from './remove.ts';
import { conditionOf, type Stack } from './stack.ts';

/** What a new stack finds where its name is. */
export interface Way {
  /** Another plan waits there: it stays. */
  readonly isThere: boolean;
}

/**
 * Makes sure that a new stack can have its name: a creation that failed is deleted where that was asked for.
 *
 * @throws {Failure} the name is taken
 */
export async function clearTheWay(
  cloud: Cloud,
  terminal: Terminal,
  request: {
    readonly stack: string;
    readonly called: string;
    readonly again: string;
    readonly replaceFailed: boolean;
  },
  manner: Manner,
): Promise<Way> {
  const before = await cloud.stacks.find(request.stack);
  if (before === null) return { isThere: false };
  const condition = conditionOf(before.status);
  if (condition === 'gone') return { isThere: false };
  if (condition === 'planned') return { isThere: true };
  if (condition !== 'failedCreation' || !request.replaceFailed) {
    throw new Failure(takenText(before, request.called, condition));
  }
  await deleteFailed(cloud, terminal, before, request.again, manner);
  return { isThere: false };
}

async function deleteFailed(
  cloud: Cloud,
  terminal: Terminal,
  before: Stack,
  again: string,
  manner: Manner,
): Promise<void> {
  const { name, status } = before;
  if (manner.dryRun)
    throw new Failure(
      `stack ${name} (${status}) would be deleted first; what comes then cannot be shown before`,
    );
  const sure = await confirm(terminal, manner, `Delete what is left of stack ${name} (${status}) first?`);
  if (!sure) throw new Failure(`stack ${name} stays as it is`);
  const { outcome } = await removeStack(cloud, terminal, before, manner, `${again} --replace-failed`);
  if (outcome !== 'done') throw new Failure(`stack ${name} could not be deleted`);
}

function takenText(
  { name, status }: Stack,
  called: string,
  condition: ReturnType<typeof conditionOf>,
): string {
  switch (condition) {
    case 'usable':
      return `stack ${name} exists already (${status}): etcd-autopilot update ${called} changes it`;
    case 'busy':
      return `stack ${name} is at work (${status}): wait until it rests; etcd-autopilot list shows it`;
    case 'failedCreation':
      return `an earlier creation of stack ${name} failed (${status}): give --replace-failed to delete that first`;
    default:
      return `stack ${name} is in state ${status}: delete it first, with etcd-autopilot destroy ${called}`;
  }
}

/** @throws {Failure} the stack cannot be changed in its state */
export function requireUsable(stack: Stack, called: string): void {
  const condition = conditionOf(stack.status);
  if (condition === 'usable') return;
  const where = `stack ${stack.name} (${stack.status})`;
  if (condition === 'busy')
    throw new Failure(`${where} is at work: wait until it rests; etcd-autopilot list shows it`);
  if (condition === 'failedCreation' || condition === 'planned')
    throw new Failure(
      `${where} was never created as a whole: launch it again with --replace-failed, or etcd-autopilot destroy ${called}`,
    );
  throw new Failure(`${where} cannot be changed in this state: see its events in CloudFormation`);
}

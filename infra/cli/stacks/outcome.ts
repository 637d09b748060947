import { type GateSide, gateAdvice } from './gates.ts';

/** What was asked of a stack. */
export type Operation = 'create' | 'update' | 'delete';

/** Where a stack came to rest after an operation. */
export interface Ending {
  readonly operation: Operation;
  readonly stack: string;
  readonly status: string;
  /** What failed first. */
  readonly reasons: readonly string[];
  /** The gate that refused, and of which cluster. */
  readonly gate?: { readonly side: GateSide; readonly cluster: string } | null;
}

const WANTED: Readonly<Record<Operation, string>> = {
  create: 'CREATE_COMPLETE',
  update: 'UPDATE_COMPLETE',
  delete: 'DELETE_COMPLETE',
};

export const isAsWanted = ({ operation, status }: Pick<Ending, 'operation' | 'status'>): boolean =>
  status === WANTED[operation];

/**
 * An ending for people: that it went well, or what failed, where that leaves the stack, and what to do.
 * `again` is the command that would try it once more.
 */
export function endingText(ending: Ending, again: string): string {
  const { operation, stack, status, reasons } = ending;
  if (isAsWanted(ending)) return `stack ${stack}: ${DONE[operation]}\n`;
  const causes = reasons.length === 0 ? ['no reason was told; see the events above'] : reasons;
  return [
    `stack ${stack}: not ${DONE[operation]}; it ended in ${status}\n`,
    ...causes.map((cause) => `  ${cause}\n`),
    `${adviceFor(ending, again)}\n`,
  ].join('');
}

const DONE: Readonly<Record<Operation, string>> = {
  create: 'created',
  update: 'updated',
  delete: 'deleted',
};

function adviceFor({ stack, status, gate = null }: Ending, again: string): string {
  if (gate !== null && status === 'UPDATE_ROLLBACK_COMPLETE')
    return gateAdvice(gate.side, gate.cluster, again);
  switch (status) {
    case 'ROLLBACK_COMPLETE':
      return `Nothing of it is left but its name, which stays taken. Mend the cause, then: ${again} --replace-failed`;
    case 'ROLLBACK_FAILED':
    case 'CREATE_FAILED':
      return `Some of it is left. Mend the cause, then: ${again} --replace-failed (it deletes the rest first)`;
    case 'UPDATE_ROLLBACK_COMPLETE':
      return `Everything is as it was before. Mend the cause, then try again: ${again}`;
    case 'UPDATE_ROLLBACK_FAILED':
      return `It is between old and new. Mend the cause (etcd-autopilot status tells what a cluster lacks), then: aws cloudformation continue-update-rollback --stack-name ${stack}`;
    case 'DELETE_FAILED':
      return `What could not be deleted is still there. Mend the cause, then: ${again}`;
    default:
      return `See its events: aws cloudformation describe-stack-events --stack-name ${stack}`;
  }
}

/** For who stops the command, or waits no longer, while the stack goes on. */
export const goesOnText = (stack: string): string =>
  `stack ${stack} goes on without this command. See how it ends: etcd-autopilot list, or aws cloudformation describe-stack-events --stack-name ${stack}\n`;

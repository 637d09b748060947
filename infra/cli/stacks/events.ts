import { GATE_TYPE, waitingGate } from './gates.ts';

/** One line of a stack's story. */
export interface StackEvent {
  readonly id: string;
  readonly atMs: number;
  readonly logicalId: string;
  readonly physicalId: string;
  readonly type: string;
  readonly status: string;
  readonly reason: string;
}

const STACK_TYPE = 'AWS::CloudFormation::Stack';
/** What did not fail by itself: CloudFormation gave it up because something else had failed. */
const CASCADED =
  /cancell?ed|^The following resource\(s\) failed|^Rollback requested|^Resource .* was not attempted/i;
const REASONS_MAX = 5;
const REASON_CHARS_MAX = 400;
/** A gate names everything that the cluster lacks. */
const GATE_REASON_CHARS_MAX = 2_000;
/** CloudFormation's own words around those of a custom resource. */
const WRAPPED =
  /^Received response status \[FAILED\] from custom resource\. Message returned: ([\s\S]*?)( \(RequestId: [^)]*\))?$/;
/** It has begun, told a second time. */
const TAKEN = /^(Resource (creation|update) )?Initiated$/i;

/** An event of the stack as a whole, not of a resource in it. */
export const isOfStack = (event: StackEvent, stackId: string): boolean =>
  event.type === STACK_TYPE && event.physicalId === stackId;

/** The state in which the stack came to rest, or `null` while it works. */
export function endOf(events: readonly StackEvent[], stackId: string): string | null {
  const last = events.filter((event) => isOfStack(event, stackId)).at(-1);
  return last === undefined || last.status.endsWith('_IN_PROGRESS') ? null : last.status;
}

/** An event for people: seconds since the beginning, state, resource, and the reason where there is one. */
export function progressLine(event: StackEvent, startMs: number): string {
  const seconds = Math.max(0, Math.round((event.atMs - startMs) / 1_000));
  const reason = event.reason === '' ? '' : `: ${wordsOf(event)}`;
  const type = event.type === STACK_TYPE ? '' : ` (${event.type})`;
  return `${`${seconds} s`.padStart(6)}  ${event.status}  ${event.logicalId}${type}${reason}`;
}

/**
 * CloudFormation tells that it works on a resource a second time, when the service has taken it. What it does to a group
 * meanwhile is news, and has the same state: there the words differ.
 */
export function isNews(before: readonly StackEvent[], { logicalId, status, reason }: StackEvent): boolean {
  const last = before.findLast((event) => event.logicalId === logicalId);
  if (last?.status !== status) return true;
  return reason !== '' && !TAKEN.test(reason) && reason !== last.reason;
}

/** What failed first, oldest first; what was only cancelled because of it is left out. */
export function firstFailures(events: readonly StackEvent[]): readonly string[] {
  const failed = events.filter(({ status }) => status.endsWith('_FAILED'));
  const own = failed.filter(({ reason }) => reason !== '' && !CASCADED.test(reason));
  const resources = own.filter(({ type }) => type !== STACK_TYPE);
  const told = resources.length > 0 ? resources : own;
  const lines = told
    .toSorted((left, right) => left.atMs - right.atMs)
    .map((event) => `${event.logicalId} (${event.type}): ${wordsOf(event)}`);
  return [...new Set(lines)].slice(0, REASONS_MAX);
}

/** The resources that are being worked on now. */
export function underWay(events: readonly StackEvent[]): readonly string[] {
  const last = new Map<string, StackEvent>();
  for (const event of events) if (event.type !== STACK_TYPE) last.set(event.logicalId, event);
  return [...last.values()].flatMap(({ logicalId, type, status }) => {
    if (!status.endsWith('_IN_PROGRESS')) return [];
    return [type === GATE_TYPE && status !== 'DELETE_IN_PROGRESS' ? waitingGate(logicalId) : logicalId];
  });
}

/** The reason of an event in one line, a custom resource's own words without those around them. */
function wordsOf({ type, reason }: StackEvent): string {
  const line = reason.replaceAll(/\s+/g, ' ').trim();
  const own = WRAPPED.exec(line)?.[1] ?? line;
  const charsMax = type === GATE_TYPE ? GATE_REASON_CHARS_MAX : REASON_CHARS_MAX;
  return own.length > charsMax ? `${own.slice(0, charsMax)}…` : own;
}

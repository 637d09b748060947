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
  const reason = event.reason === '' ? '' : `: ${shortened(event.reason)}`;
  const type = event.type === STACK_TYPE ? '' : ` (${event.type})`;
  return `${`${seconds} s`.padStart(6)}  ${event.status}  ${event.logicalId}${type}${reason}`;
}

/** CloudFormation tells that it works on a resource a second time, when the service has taken it. */
export const isNews = (before: readonly StackEvent[], { logicalId, status }: StackEvent): boolean =>
  before.findLast((event) => event.logicalId === logicalId)?.status !== status;

/** What failed first, oldest first; what was only cancelled because of it is left out. */
export function firstFailures(events: readonly StackEvent[]): readonly string[] {
  const failed = events.filter(({ status }) => status.endsWith('_FAILED'));
  const own = failed.filter(({ reason }) => reason !== '' && !CASCADED.test(reason));
  const resources = own.filter(({ type }) => type !== STACK_TYPE);
  const told = resources.length > 0 ? resources : own;
  const lines = told
    .toSorted((left, right) => left.atMs - right.atMs)
    .map(({ logicalId, type, reason }) => `${logicalId} (${type}): ${shortened(reason)}`);
  return [...new Set(lines)].slice(0, REASONS_MAX);
}

/** The resources that are being worked on now. */
export function underWay(events: readonly StackEvent[]): readonly string[] {
  const last = new Map<string, string>();
  for (const { type, logicalId, status } of events) if (type !== STACK_TYPE) last.set(logicalId, status);
  return [...last].flatMap(([logicalId, status]) => (status.endsWith('_IN_PROGRESS') ? [logicalId] : []));
}

function shortened(reason: string): string {
  const line = reason.replaceAll(/\s+/g, ' ').trim();
  return line.length > REASON_CHARS_MAX ? `${line.slice(0, REASON_CHARS_MAX)}…` : line;
}

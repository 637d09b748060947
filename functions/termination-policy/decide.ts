import type { InstanceId } from '../core/identity.ts';
import { clusterPath } from '../core/names.ts';
import type { Clock } from '../core/ports.ts';
import {
  type Choice,
  chooseLeaver,
  clusterOf,
  freely,
  NEEDED,
  type Telling,
  tellingOf,
} from '../core/termination/choose.ts';
import { hold } from '../core/termination/holds.ts';
import type { LeavingGroup } from '../core/termination/ports.ts';
import type { TerminationRequest } from '../core/termination/request.ts';
import type { TerminationPorts } from '../edge/termination-wiring.ts';
import { isBeingDeleted } from '../engine/deletion.ts';

export interface Question {
  readonly request: TerminationRequest;
  /** Unique to this invocation: a status that answers a look of this one tells of now. */
  readonly requestId: string;
  /** No waiting goes beyond this. */
  readonly deadlineMs: number;
  /** Told of a look that could not be asked for. */
  readonly onLookNotAsked: (cluster: string, error: unknown) => void;
}

export interface Decision {
  /** `null`: the group belongs to none, or nobody could tell. */
  readonly cluster: string | null;
  readonly choice: Choice;
}

const POLL_EVERY_MS = 200;
/** Left after the last reading, to decide and to answer. */
const SPARE_MS = 100;

/**
 * Who may go. A status of this very moment is asked for, and waited for as long as there is time; without an
 * answer a young one is good enough, since membership judges once more before it lets the instance go.
 *
 * @throws {OperationError} nobody could tell how the group or its cluster is.
 */
export async function decide(ports: TerminationPorts, clock: Clock, question: Question): Promise<Decision> {
  const { request } = question;
  const group = await ports.groups.readGroup(request.groupName);
  if (group === null) return { cluster: null, choice: held(request.groupName) };
  const owner = clusterOf(group);
  if ('free' in owner) return { cluster: null, choice: freely(request, owner.free) };
  const { cluster } = owner;
  // At once, beside the reading: every millisecond before it is one less for the answer.
  void askForLook(ports, clock, cluster, question);
  const isGroupDeleting = isBeingDeleted(ports.stacks, group);
  const look = (texts: ReadonlyMap<string, string>, deleting: boolean) =>
    chooseAmong(group, request, texts, deleting, tellingOf(texts, question.requestId, clock.nowMs()), clock);
  const [first, deleting] = await Promise.all([readTexts(ports, cluster), isGroupDeleting]);
  const choice = look(first, deleting);
  if (choice.kind === 'free') return { cluster, choice };
  return { cluster, choice: look(await awaitTelling(ports, clock, cluster, question, first), deleting) };
}

const held = (groupName: string): Choice => ({ kind: 'held', shortfalls: [hold('groupUnknown', groupName)] });

const chooseAmong = (
  group: LeavingGroup,
  request: TerminationRequest,
  texts: ReadonlyMap<string, string>,
  isGroupDeleting: boolean,
  telling: Telling,
  clock: Clock,
): Choice => chooseLeaver({ request, group, texts, isGroupDeleting, telling, nowMs: clock.nowMs() });

/** Reads until the status answers us, or the time is over: the last reading. */
async function awaitTelling(
  ports: TerminationPorts,
  clock: Clock,
  cluster: string,
  { requestId, deadlineMs }: Question,
  first: ReadonlyMap<string, string>,
): Promise<ReadonlyMap<string, string>> {
  let texts = first;
  const isOver = (): boolean => clock.nowMs() + POLL_EVERY_MS + SPARE_MS > deadlineMs;
  const isTold = (): boolean => tellingOf(texts, requestId, clock.nowMs()) === 'answer';
  while (!isTold() && !isOver()) {
    await clock.sleep(POLL_EVERY_MS);
    texts = await readTexts(ports, cluster);
  }
  return texts;
}

/** By their names below the cluster's path. */
async function readTexts(ports: TerminationPorts, cluster: string): Promise<ReadonlyMap<string, string>> {
  const path = clusterPath(cluster);
  const found = await ports.parameters.read(NEEDED.map((name) => path + name));
  return new Map([...found].map(([name, text]) => [name.slice(path.length), text]));
}

async function askForLook(
  { queue }: TerminationPorts,
  clock: Clock,
  cluster: string,
  { requestId, onLookNotAsked }: Question,
): Promise<void> {
  const nonce = `${requestId}/${clock.nowMs()}`;
  const body = {
    etcdAutopilot: 1,
    request: 'look',
    cluster,
    from: 'termination-policy',
    nonce,
    answer: true,
  };
  try {
    await queue.askForLook(cluster, JSON.stringify(body));
  } catch (error) {
    onLookNotAsked(cluster, error);
  }
}

/** What the platform is told. */
export function idsOf(choice: Choice): readonly InstanceId[] {
  switch (choice.kind) {
    case 'chosen':
      return [choice.instanceId];
    case 'free':
      return choice.instanceIds;
    case 'held':
      return [];
  }
}

import type { InstanceId } from '../core/identity.ts';
import type { Clock } from '../core/ports.ts';
import { SHORTFALL_ADVICE } from '../core/shortfalls.ts';
import { type Choice, freely } from '../core/termination/choose.ts';
import { HOLD_ADVICE, type HoldCode, hold } from '../core/termination/holds.ts';
import { parseTermination, type TerminationRequest } from '../core/termination/request.ts';
import type { CallCounter } from '../edge/call-counter.ts';
import { within } from '../edge/deadline.ts';
import { errorFields, type Logger } from '../edge/logger.ts';
import type { Metrics } from '../edge/metrics.ts';
import type { TerminationPorts } from '../edge/termination-wiring.ts';
import { type Decision, decide, idsOf } from './decide.ts';

export interface Room {
  /** Opened inside of the work, so that a broken deployment is answered as well. */
  readonly connect: () => { readonly ports: TerminationPorts; readonly dryRun: boolean };
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly takeCalls: CallCounter['take'];
}

export interface Invocation {
  readonly requestId: string;
  readonly remainingMs: number;
  /** What of the platform's two seconds was over before the handler began: the load of a cold function. */
  readonly lostMs: number;
}

export interface Answer {
  readonly InstanceIDs: readonly InstanceId[];
}

/** The platform takes two seconds for no answer; this much of them is used at most. */
const ANSWER_WITHIN_MS = 1_800;
/** Of Lambda's own limit. */
const RESERVE_MS = 150;
const BUDGET_MIN_MS = 300;

/**
 * Answers in time whatever happens: whoever cannot tell, fails or is late names nobody, and is asked again.
 * Never throws.
 */
export async function answerTermination(room: Room, event: unknown, invocation: Invocation): Promise<Answer> {
  const startedAtMs = room.clock.nowMs();
  const { remainingMs, lostMs } = invocation;
  const budgetMs = Math.max(BUDGET_MIN_MS, Math.min(ANSWER_WITHIN_MS - lostMs, remainingMs - RESERVE_MS));
  const parsed = parseTermination(event);
  if (!parsed.ok) return told(room, invocation, null, nobody('eventUnreadable', parsed.reason), startedAtMs);
  const { request } = parsed;
  const work = attempt(room, request, invocation, startedAtMs + budgetMs);
  const decision = await within(budgetMs, work, () => nobody('late', String(budgetMs)));
  return told(room, invocation, request, decision, startedAtMs);
}

interface Outcome extends Decision {
  readonly error?: unknown;
}

const nobody = (code: HoldCode, subject: string): Outcome => ({
  cluster: null,
  choice: { kind: 'held', shortfalls: [hold(code, subject)] },
});

async function attempt(
  room: Room,
  request: TerminationRequest,
  { requestId }: Invocation,
  deadlineMs: number,
): Promise<Outcome> {
  try {
    const { ports, dryRun } = room.connect();
    const onLookNotAsked = (cluster: string, error: unknown) =>
      room.logger.warn({ event: 'look.notAsked', requestId, cluster, ...errorFields(error) });
    const decision = await decide(ports, room.clock, { request, requestId, deadlineMs, onLookNotAsked });
    return dryRun ? { ...decision, choice: freely(request, 'dryRun') } : decision;
  } catch (error) {
    const words = error instanceof Error ? error.message : String(error);
    return { ...nobody('failed', words), error };
  }
}

/** Codes of this function's own that tell of trouble here, not in the cluster. */
const TROUBLE: readonly string[] = ['eventUnreadable', 'groupUnknown', 'late', 'failed'];

function told(
  room: Room,
  { requestId }: Invocation,
  request: TerminationRequest | null,
  { cluster, choice, error }: Outcome,
  startedAtMs: number,
): Answer {
  const codes = choice.kind === 'held' ? choice.shortfalls.map(({ code }) => code) : [];
  const level = codes.some((code) => TROUBLE.includes(code)) ? 'error' : 'info';
  room.logger[level]({
    event: 'termination.answered',
    requestId,
    ...(cluster === null ? {} : { cluster }),
    ...(request === null ? {} : { trigger: request.cause, name: request.groupName }),
    outcome: choice.kind,
    because: wordsOf(choice),
    waitKinds: codes,
    ...(choice.kind === 'chosen' ? { instanceId: choice.instanceId } : {}),
    calls: room.takeCalls(),
    durationMs: room.clock.nowMs() - startedAtMs,
    ...(error === undefined ? {} : errorFields(error)),
  });
  if (cluster !== null) room.metrics.emit(cluster, metricsOf(choice, codes));
  return { InstanceIDs: idsOf(choice) };
}

/** Each reason with what to do about it. */
const wordsOf = (choice: Choice): string =>
  choice.kind === 'held'
    ? choice.shortfalls.map(({ code, text }) => `${text}: ${ADVICE[code]}`).join('; ')
    : choice.because;

const ADVICE = { ...SHORTFALL_ADVICE, ...HOLD_ADVICE };

/** One figure for each reason, so that an update that does not go on can be alarmed on. */
function metricsOf(choice: Choice, codes: readonly string[]): Readonly<Record<string, number>> {
  return {
    TerminationChosen: choice.kind === 'chosen' ? 1 : 0,
    TerminationHeld: choice.kind === 'held' ? 1 : 0,
    ...Object.fromEntries(codes.map((code) => [`TerminationHeld_${code}`, 1])),
  };
}

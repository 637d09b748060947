import { clusterNameIn } from '../core/custom-resource.ts';
import { OperationError } from '../core/errors.ts';
import { isLettingGo } from '../core/gate/letting-go.ts';
import type { GateMessage } from '../core/gate/message.ts';
import { deadlineOf, isLastReceive } from '../core/gate/timing.ts';
import { dryAnswer, type GateWords, openAnswer, refusedAnswer, shutAnswer } from '../core/gate/words.ts';
import { type Gate, readGateProperties } from '../core/gate-resource.ts';
import type { Clock } from '../core/ports.ts';
import type { Shortfall } from '../core/shortfalls.ts';
import { within } from '../edge/deadline.ts';
import type { GatePorts } from '../edge/wiring-gate.ts';
import { Watch, type Watched } from './watch.ts';

/** What one receive of a request comes to. */
export type Decision = {
  /** `null`: nothing yet, it comes back. */
  readonly words: GateWords | null;
  readonly shortfalls: readonly Shortfall[];
  readonly askCount: number;
  /** What went wrong on the way, and should not have. */
  readonly error: unknown;
};

export interface Receive {
  /** Opened inside of the work, so that a broken deployment is answered as well. */
  readonly connect: () => GatePorts;
  readonly clock: Clock;
  readonly message: GateMessage;
  /** Until then it must be decided. */
  readonly budgetMs: number;
  readonly onTrouble: (error: OperationError) => void;
}

/** A receive watches no longer than this: the request comes back, and no function waits for an hour. */
const WATCH_MS = 12_000;
/** One that begins when the time is over still waits this long for an answer: nothing else is told to be as it was. */
const LAST_LOOK_MS = 5_000;
const NOTHING = { shortfalls: [], askCount: 0, error: null } as const;

/** Decides about one receive of one request. Never fails: at the last one a bug of ours is the reason of a refusal. */
export async function decide(receive: Receive): Promise<Decision> {
  const parsed = readGateProperties(receive.message.request);
  try {
    return parsed.ok ? await watch(receive, parsed.gate) : await refuse(receive, parsed.problems);
  } catch (error) {
    const isLast =
      !parsed.ok || isLastReceive(receive.message, parsed.gate.timeoutSeconds, receive.clock.nowMs());
    const reason = `the gate failed: ${error instanceof Error ? error.message : String(error)}`;
    return { ...NOTHING, error, words: isLast ? refusedAnswer(reason) : null };
  }
}

async function watch(receive: Receive, gate: Gate): Promise<Decision> {
  const { clock, message, budgetMs } = receive;
  const ports = receive.connect();
  const own = new Watch(ports, clock, gate, message, receive.onTrouble);
  const nowMs = clock.nowMs();
  const deadlineMs = deadlineOf(message, gate.timeoutSeconds);
  const untilMs = Math.min(nowMs + Math.min(budgetMs, WATCH_MS), Math.max(deadlineMs, nowMs + LAST_LOOK_MS));
  const watched = await within<Watched>(budgetMs, own.run(deadlineMs, untilMs), () => own.verdict);
  const { askCount } = own;
  if (watched.kind !== 'shut') return { ...NOTHING, askCount, words: openAnswer(gate.cluster, watched) };
  const { shortfalls, isFinal } = watched;
  const isVain = isFinal || ports.isDry === true;
  const isLast = (isVain && own.isStackKnown) || isLastReceive(message, gate.timeoutSeconds, clock.nowMs());
  if (isLast && ports.isDry === true) return { ...NOTHING, askCount, words: dryAnswer(gate.cluster) };
  return { ...NOTHING, shortfalls, askCount, words: isLast ? shutAnswer(gate, watched) : null };
}

/** Whoever put it in knew other properties: two versions of the functions, for a moment. */
async function refuse(receive: Receive, problems: readonly string[]): Promise<Decision> {
  const { request } = receive.message;
  const words = refusedAnswer(problems.join('; '));
  const isGoing = await isStackLettingGo(receive, request.stackId);
  return {
    ...NOTHING,
    words: isGoing ? openAnswer(clusterNameIn(request) ?? '', { kind: 'lettingGo' }) : words,
  };
}

async function isStackLettingGo({ connect, onTrouble }: Receive, stackId: string): Promise<boolean> {
  try {
    return isLettingGo(await connect().stackStatus.statusOf(stackId));
  } catch (error) {
    if (!(error instanceof OperationError)) throw error;
    onTrouble(error);
    return false;
  }
}

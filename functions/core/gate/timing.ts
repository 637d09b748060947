import type { GateMessage } from './message.ts';

/** An answer that nobody took is offered this much longer: about what a template adds for its own `ServiceTimeout`. */
const OFFER_MS = 60_000;
/** Below the `maxReceiveCount` of the queue: from then on a request would end with the dead, unanswered. */
export const RECEIVES_MAX = 900;

/** When a request is answered, whatever the cluster is like. */
export const deadlineOf = ({ sentAtMs }: GateMessage, timeoutSeconds: number): number =>
  sentAtMs + timeoutSeconds * 1_000;

/** Whether it must be answered now: it may not come back before somebody gives up. */
export const isLastReceive = (message: GateMessage, timeoutSeconds: number, nowMs: number): boolean =>
  message.receiveCount >= RECEIVES_MAX || nowMs >= deadlineOf(message, timeoutSeconds);

/** Whether an answer that nobody takes is offered no more. */
export const isGivenUp = (message: GateMessage, timeoutSeconds: number, nowMs: number): boolean =>
  message.receiveCount >= RECEIVES_MAX || nowMs >= deadlineOf(message, timeoutSeconds) + OFFER_MS;

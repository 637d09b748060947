/** A reason to name nobody, of this function's own. */
export interface Held {
  readonly code: HoldCode;
  readonly subject: string | null;
  readonly text: string;
}

export type HoldCode = keyof typeof HOLD_ADVICE;

/**
 * Why nobody goes now, beside what keeps the cluster from tolerating one more failure: the closed list, each
 * with what to do. docs/gates.md tells of each (checked by a test).
 */
export const HOLD_ADVICE = {
  eventUnreadable: 'call it by Auto Scaling only',
  groupUnknown: 'wait: Auto Scaling did not say how the group is; if it stays, see the log of the function',
  notTold: 'wait: the autopilot looks, and the next answer knows; if it stays, see the log of membership',
  leaverPresent: 'wait until it is gone',
  nobodyLeft: 'nothing: whom the platform suggested is leaving or protected already',
  lastVoter: 'delete the stack if the cluster is to go: its last voter is never taken by the way',
  late: 'wait: the next answer is in time; if it stays, see the log of the function',
  failed: 'see the log of the function; nobody goes until it works again',
} as const;

const TEXT: Readonly<Record<HoldCode, (subject: string) => string>> = {
  eventUnreadable: (subject) => `what it was called with cannot be read: ${subject}`,
  groupUnknown: (subject) => `Auto Scaling tells of no group ${subject}`,
  notTold: () => 'no status of this moment tells how the cluster is',
  leaverPresent: (subject) => `${subject} is leaving already`,
  nobodyLeft: () => 'none of the suggested instances can go',
  lastVoter: (subject) => `${subject} is the last voter`,
  late: (subject) => `it was not decided within ${subject} ms`,
  failed: (subject) => `it failed: ${subject}`,
};

export const hold = (code: HoldCode, subject: string | null = null): Held => ({
  code,
  subject,
  text: TEXT[code](subject ?? ''),
});

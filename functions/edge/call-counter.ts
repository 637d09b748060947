import type { AwsCall, OnCall } from '../adapters/aws-calls.ts';

/** Counts calls by API; `take` tells what was counted since it was last taken. */
export interface CallCounter {
  readonly onCall: OnCall;
  take(): Readonly<Partial<Record<AwsCall, number>>>;
}

export function createCallCounter(): CallCounter {
  let counts: Partial<Record<AwsCall, number>> = {};
  return {
    onCall: (call) => {
      counts[call] = (counts[call] ?? 0) + 1;
    },
    take: () => {
      const taken = counts;
      counts = {};
      return taken;
    },
  };
}

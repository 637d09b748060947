import type { CfnAnswer } from '../cfn.ts';
import type { Gate } from '../gate-resource.ts';
import { SHORTFALL_ADVICE, type Shortfall } from '../shortfalls.ts';
import type { GateShut } from './judge.ts';

/** What a gate answers, but for the id. */
export type GateWords = Omit<CfnAnswer, 'physicalId'>;

/** Why a gate lets pass. */
export type OpenBecause =
  | { readonly kind: 'whole'; readonly voterCount: number; readonly since: string }
  | { readonly kind: 'notFounded' }
  | { readonly kind: 'lettingGo' };

/** A stack event that nobody reads to its end tells nothing: the first few are enough to begin with. */
const SHORTFALLS_TOLD = 5;
/** Names of strangers may be of any length. */
const TEXT_CHARS_MAX = 200;

/** The same in the same case, without times of its own: an answer that is repeated is the same text. */
export function openAnswer(cluster: string, because: OpenBecause): GateWords {
  const isWhole = because.kind === 'whole';
  return {
    status: 'SUCCESS',
    reason: openReason(cluster, because),
    // Always all of them: CloudFormation fails a stack that asks for one that was not given.
    attributes: {
      Cluster: cluster,
      Voters: String(isWhole ? because.voterCount : 0),
      Since: isWhole ? because.since : '',
    },
  };
}

function openReason(cluster: string, because: OpenBecause): string {
  switch (because.kind) {
    case 'whole':
      return `cluster '${cluster}' is whole: ${because.voterCount} voters${because.since && `, since ${because.since}`}`;
    case 'notFounded':
      return `cluster '${cluster}' is not founded: there is nothing to protect yet`;
    case 'lettingGo':
      return `cluster '${cluster}' was not judged: the stack is rolled back or deleted, which no gate holds up`;
  }
}

/** The answer when the time is over, or when no time would help. */
export function shutAnswer({ cluster, timeoutSeconds }: Gate, { shortfalls, isFinal }: GateShut): GateWords {
  const words = list(cluster, shortfalls);
  return refusedAnswer(
    isFinal
      ? `cluster '${cluster}' cannot be as required, however long it is waited for: ${words}`
      : `after ${timeoutSeconds} seconds cluster '${cluster}' was not as required: ${words}`,
  );
}

/** Where the autopilot only looks on. */
export const dryAnswer = (cluster: string): GateWords =>
  refusedAnswer(
    `cluster '${cluster}' cannot be judged: the autopilot runs with DryRun and publishes nothing; deploy it without, or leave the gates out of the stack`,
  );

export const refusedAnswer = (reason: string): GateWords => ({ status: 'FAILED', reason, attributes: {} });

function list(cluster: string, shortfalls: readonly Shortfall[]): string {
  const told = shortfalls.slice(0, SHORTFALLS_TOLD).map(({ code, text }) => {
    const short = text.length <= TEXT_CHARS_MAX ? text : `${text.slice(0, TEXT_CHARS_MAX)}…`;
    return `${short} (${code}: ${SHORTFALL_ADVICE[code]})`;
  });
  const more = shortfalls.length - told.length;
  return [
    ...told,
    ...(more > 0 ? [`and ${more} more, which etcd-autopilot status --cluster ${cluster} tells`] : []),
  ].join('; ');
}

import type { Strength } from './lanes.ts';
import type { Limits } from './recording.ts';

/** The limits in words, for the report. */
export function limitsText({ gapMsMax, keepsQuorum, votersMin }: Limits): string {
  const told = [
    gapMsMax === null ? '' : `at most ${gapMsMax / 1_000} s between two acknowledged writes`,
    keepsQuorum ? 'a majority of the voters answers all the time' : '',
    votersMin === undefined ? '' : `never fewer than ${votersMin} voters`,
  ].filter((words) => words !== '');
  return ['it converges, nothing is lost', ...told].join('; ');
}

/** What a step came to. */
export interface Outcome {
  readonly fromMs: number;
  readonly wholeMs: number | null;
  readonly toMs: number;
  readonly ackedWrites: number;
  readonly lostWrites: number;
  readonly longestGapMs: number | null;
}

/** One status that came too late is weather; a cluster without quorum stays so for longer. */
const SEEN_MS = 700;

/** Why a step does not pass, in words; empty when it does. */
export function judge(
  outcome: Outcome,
  limits: Limits,
  strengths: readonly Strength[],
  isWritten = true,
): readonly string[] {
  const { wholeMs, ackedWrites, lostWrites, longestGapMs, fromMs, toMs } = outcome;
  const seconds = ((toMs - fromMs) / 1_000).toFixed(0);
  const problems: string[] = [];
  if (wholeMs === null) problems.push(`it did not converge within ${seconds} s`);
  if (isWritten && ackedWrites === 0) problems.push('no write was acknowledged');
  if (lostWrites > 0) problems.push(`${lostWrites} acknowledged writes are lost`);
  if (limits.gapMsMax !== null && (longestGapMs ?? 0) > limits.gapMsMax)
    problems.push(
      `${longestGapMs} ms passed between two acknowledged writes, at most ${limits.gapMsMax} may`,
    );
  const worst = limits.keepsQuorum ? quorumLossIn(strengths, fromMs, toMs) : null;
  if (worst !== null)
    problems.push(
      `only ${worst.answering} of ${worst.voters} voters answered, which is less than the quorum of ${worst.quorum}`,
    );
  const fewest = fewestVoters(strengths, fromMs, toMs);
  if (limits.votersMin !== undefined && fewest !== null && fewest < limits.votersMin)
    problems.push(`there were only ${fewest} voters for a while, at least ${limits.votersMin} must stay`);
  return problems;
}

function fewestVoters(strengths: readonly Strength[], fromMs: number, toMs: number): number | null {
  const counts = strengths
    .filter((one) => one.toMs > fromMs && one.fromMs < toMs)
    .map(({ voters }) => voters);
  return counts.length === 0 ? null : Math.min(...counts);
}

function quorumLossIn(strengths: readonly Strength[], fromMs: number, toMs: number): Strength | null {
  const lost = strengths.filter(
    (strength) =>
      strength.answering < strength.quorum &&
      Math.min(strength.toMs, toMs) - Math.max(strength.fromMs, fromMs) >= SEEN_MS,
  );
  return lost[0] ?? null;
}

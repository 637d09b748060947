import type { Sample, SampledMember } from '../demo/recording.ts';

export interface Goal {
  /** How many voters there must be. */
  readonly size: number;
  /** Instances that must not be among them. */
  readonly gone: readonly string[];
}

/** Full voting strength, as etcd itself shows it: so many voters, all of them answering, and nobody else a member. */
export function isStrong({ members, instances }: Sample, { size, gone }: Goal): boolean {
  if (members === null || members.length !== size) return false;
  return members.every(
    ({ instanceId, isLearner }) =>
      !isLearner &&
      !gone.includes(instanceId) &&
      instances.some((instance) => instance.id === instanceId && instance.answers),
  );
}

/** Two looks in a row: one status that came too late is weather. */
const LOOKS_MIN = 2;

/** The fewest voters that answered between two times, as two looks in a row saw it; `null`: nobody looked often enough. */
export function fewestVoters(samples: readonly Sample[], fromMs: number, toMs: number): number | null {
  const counts = samples
    .filter(({ atMs, members }) => members !== null && atMs >= fromMs && atMs <= toMs)
    .map((sample) => answeringVoters(sample).length);
  const pairs = counts.slice(1).map((count, index) => Math.max(count, counts[index] ?? count));
  return pairs.length === 0 ? null : Math.min(...pairs);
}

/** How long fewer voters answered than quorum needs, between two times. */
export function quorumLostMs(samples: readonly Sample[], fromMs: number, toMs: number): number {
  let lostMs = 0;
  let looks = 0;
  let sinceMs = 0;
  for (const sample of samples.filter(({ atMs }) => atMs >= fromMs && atMs <= toMs)) {
    const isLost = lacksQuorum(sample);
    if (isLost && looks === 0) sinceMs = sample.atMs;
    if (!isLost && looks >= LOOKS_MIN) lostMs += sample.atMs - sinceMs;
    looks = isLost ? looks + 1 : 0;
  }
  return looks >= LOOKS_MIN ? lostMs + (toMs - sinceMs) : lostMs;
}

/** Nobody tells a member list where nobody has a leader. */
function lacksQuorum(sample: Sample): boolean {
  if (sample.members === null) return true;
  return answeringVoters(sample).length < Math.floor(votersIn(sample).length / 2) + 1;
}

const votersIn = ({ members }: Sample): readonly SampledMember[] =>
  (members ?? []).filter(({ isLearner }) => !isLearner);

const answeringVoters = (sample: Sample): readonly SampledMember[] =>
  votersIn(sample).filter(({ instanceId }) =>
    sample.instances.some(({ id, answers }) => id === instanceId && answers),
  );

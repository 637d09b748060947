import { explainWait } from '../core/explain.ts';
import type { InstanceId } from '../core/identity.ts';
import type { Observation } from '../core/observation.ts';
import type { WaitKind } from '../core/plan/plan.ts';
import type { RecoveryDone } from '../core/recovery/done.ts';
import { judgeLoss, type KnownVoter } from '../core/recovery/evidence.ts';
import { lossText, lostAtLeast } from '../core/recovery/loss.ts';
import { type Options, optionsIn } from '../core/recovery/options.ts';
import type { LastSeen, RecoveryRecord, RecoverySource } from '../core/recovery/record.ts';
import { openRecovery } from '../core/recovery/records.ts';
import { lastSeenOf } from '../core/recovery/sources.ts';
import type { PassReport } from '../engine/report.ts';
import type { Told } from './answer.ts';

/** What a lost cluster could be brought back from, with the evidence; or how far that is. */
export interface RecoverAnswer {
  readonly etcdAutopilot: 1;
  readonly ok: true;
  readonly request: 'recover';
  readonly cluster: string;
  readonly at: string | null;
  /** `has`: a voter answers. `transient`: it may come back by itself. `permanent`: it cannot, by evidence. */
  readonly quorum: 'has' | 'transient' | 'permanent' | 'unknown';
  readonly voters: readonly KnownVoter[];
  readonly lastSeen: LastSeen | null;
  /** Survivors first, the most advanced of them first; then snapshots, the one that holds the most first. */
  readonly options: readonly AnsweredOption[];
  /** Instances that end, whatever is chosen. */
  readonly fenced: readonly InstanceId[];
  /** Why nothing can be chosen; empty: something can. */
  readonly obstacles: readonly string[];
  /** Given back with a choice, it says that this very answer was read. */
  readonly confirm: string;
  /** Whether the choice that came with the request was handed on to be done. */
  readonly taken: boolean;
  /** The recovery that is under way; `null`: none is. */
  readonly recovery: RecoveryRecord | null;
  /** How the last one ended; `null`: there was none, or it is under way. */
  readonly done: (RecoveryDone & { readonly number: number }) | null;
  readonly waits: readonly Told<WaitKind>[];
}

export type AnsweredOption = RecoverySource & {
  /** Writes that are known to be lost with it, decimal text; `null`: nobody had seen the lost cluster. */
  readonly losesAtLeast: string | null;
  /** What it may lose, in words. */
  readonly loss: string;
};

/** The answer to `recover`, from a pass that only looked. */
export function recoverAnswer(
  report: PassReport,
  cluster: string,
  forced: readonly InstanceId[],
  taken = false,
): RecoverAnswer {
  const { world, waits } = report;
  const told = waits.map((wait) => ({ kind: wait.kind, text: explainWait(cluster, wait) }));
  const head = { etcdAutopilot: 1, ok: true, request: 'recover', cluster, taken, waits: told } as const;
  if (world === null) return { ...head, ...NOTHING, obstacles: told.map(({ text }) => text) };
  const options = optionsIn(world, forced);
  const lastSeen = lastSeenIn(world);
  return {
    ...head,
    at: new Date(world.takenAtMs).toISOString(),
    quorum: quorumIn(world),
    voters: options.verdict.known,
    lastSeen,
    options: options.sources.map((source) => optionOf(source, lastSeen)),
    fenced: options.fenced,
    obstacles: obstaclesOf(options),
    confirm: options.digest,
    recovery: openRecovery(world.records),
    done: doneIn(world),
  };
}

const NOTHING = {
  at: null,
  quorum: 'unknown',
  voters: [],
  lastSeen: null,
  options: [],
  fenced: [],
  confirm: '',
  recovery: null,
  done: null,
} as const;

const obstaclesOf = ({ obstacles, sources }: Options): readonly string[] =>
  obstacles.length > 0 || sources.length > 0
    ? obstacles
    : ['neither a survivor shows its database nor is there a snapshot: there is nothing to recover from'];

function quorumIn(world: Observation): RecoverAnswer['quorum'] {
  if (world.etcd.view !== null) return 'has';
  const { permanent, known } = judgeLoss(world);
  if (known.length === 0) return 'unknown';
  return permanent ? 'permanent' : 'transient';
}

const lastSeenIn = (world: Observation): LastSeen | null =>
  lastSeenOf(world) ?? openRecovery(world.records)?.lastSeen ?? null;

const optionOf = (source: RecoverySource, lastSeen: LastSeen | null): AnsweredOption => ({
  ...source,
  losesAtLeast: lostAtLeast(lastSeen, source.revision),
  loss: lossText(lastSeen, source.revision),
});

function doneIn({ records }: Observation): RecoverAnswer['done'] {
  const { latest, done } = records.recovery;
  return latest === null || done === null ? null : { ...done, number: latest.number };
}

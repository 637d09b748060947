import type { BasePlan } from '../../core/dns/base.ts';
import type { Hold, Release } from '../../core/dns/hooks.ts';
import type { OperationError } from '../../core/errors.ts';
import type { Finding } from '../../core/finding.ts';

export type DnsOutcome = 'settled' | 'waiting' | 'failed' | 'dryRun';

/** One thing that was done, or refused. */
export type DnsStep =
  | {
      readonly kind: 'changeRecords';
      readonly plan: Pick<BasePlan, 'cluster' | 'base' | 'changes'>;
      readonly error: OperationError | null;
      /** What Route 53 objected to. */
      readonly refusal: string | null;
    }
  | {
      readonly kind: 'completeHook';
      readonly cluster: string;
      readonly release: Release;
      readonly error: OperationError | null;
    };

export interface ClusterReport {
  readonly cluster: string;
  readonly findings: readonly Finding[];
  readonly holds: readonly Hold[];
  readonly changedCount: number;
  readonly releasedCount: number;
}

/** What a pass over a zone came to. */
export interface DnsReport {
  readonly outcome: DnsOutcome;
  readonly clusters: readonly ClusterReport[];
  /** Everything was seen and done: what was sent before needs no other pass. */
  readonly isComplete: boolean;
  readonly failedBeatCount: number;
  /** How long it only waited, for what is on its way or cached. */
  readonly waitedMs: number;
  readonly error: OperationError | null;
}

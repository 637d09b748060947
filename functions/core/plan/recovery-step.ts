import type { InstanceId } from '../identity.ts';
import type { Hold } from '../recovery/decide.ts';
import type { RecoveryDone } from '../recovery/done.ts';
import type { QuorumNotes } from '../recovery/notes.ts';
import type { RecoveryRecord } from '../recovery/record.ts';

/** What a recovery does beyond what every founding does. All can be repeated; what is created is never written over. */
export type RecoveryAction =
  | { readonly kind: 'noteQuorum'; readonly notes: QuorumNotes }
  | { readonly kind: 'startRecovery'; readonly record: RecoveryRecord }
  | { readonly kind: 'askCapture'; readonly recovery: number; readonly instanceId: InstanceId }
  | { readonly kind: 'fenceInstance'; readonly recovery: number; readonly instanceId: InstanceId }
  | {
      readonly kind: 'claimRecovered';
      /** Of the claim. */
      readonly number: number;
      readonly recovery: number;
      readonly instanceId: InstanceId;
      readonly peerUrl: string;
      readonly restore: Restored;
      /** Added to every revision. */
      readonly bump: number;
    }
  | { readonly kind: 'finishRecovery'; readonly number: number; readonly done: RecoveryDone };

/** An object that is restored; the bucket as the settings name it. */
export interface Restored {
  readonly bucket: string | null;
  readonly key: string;
  readonly sha256: string;
  readonly sizeBytes: number;
}

/**
 * How far a recovery is. `capturing`: a survivor's database is on its way to the bucket. `sourceLost`: it was lost
 * before. `proving`: nobody has restored the copy for proof yet. `captureBad`: it cannot be restored. `fencing`:
 * those who may hold the old cluster are being ended. `blocked`: somebody shows an etcd who is not among
 * them. `founder`: a newcomer is awaited. `restoring`: the founder brings the data back.
 */
export type RecoveryStep =
  | 'capturing'
  | 'sourceLost'
  | 'proving'
  | 'captureBad'
  | 'fencing'
  | 'blocked'
  | 'founder'
  | 'restoring'
  | 'restoreFailing';

export type RecoveryWait =
  | {
      readonly kind: 'quorumLost';
      readonly permanent: true;
      /** Of the voters: those that are lost by evidence, */
      readonly instanceIds: readonly InstanceId[];
      /** and those that are not. */
      readonly left: readonly InstanceId[];
      /** Why nothing is done about it. */
      readonly hold: Hold;
      /** Whom that is about. */
      readonly about: readonly InstanceId[];
    }
  | {
      readonly kind: 'recovering';
      readonly number: number;
      readonly step: RecoveryStep;
      readonly instanceIds: readonly InstanceId[];
      /** What a person should know; empty: nothing. */
      readonly because: string;
    }
  | { readonly kind: 'choiceRefused'; readonly because: string };

import type { BackupRecord } from '../backup/parameter.ts';
import type { ErrorCode } from '../errors.ts';
import type { CheckFinding } from './finding.ts';
import type { SightSample } from './sight.ts';

/** What whoever asks for `doctor` gets: all checks, made now. Nothing was changed. */
export interface DoctorAnswer {
  readonly etcdAutopilot: 1;
  readonly ok: true;
  readonly request: 'doctor';
  readonly cluster: string;
  /** Time of the look. */
  readonly at: string;
  /** The worst first; empty: nothing is wrong as far as all checks could look. */
  readonly findings: readonly CheckFinding[];
  /** Whether the cluster was told to be degraded, which takes two looks in a row. */
  readonly degraded: boolean;
  /** What was measured, by the names of the metrics in docs/checks.md. */
  readonly figures: Readonly<Record<string, number>>;
  /** What is known of the snapshots; `null`: nothing yet. */
  readonly backup: BackupRecord | null;
  /** How far the cluster was, a look a minute, the newest last. */
  readonly samples: readonly SightSample[];
}

/** What whoever asks gets when nothing can be said. */
export interface DoctorRefusal {
  readonly etcdAutopilot: 1;
  readonly ok: false;
  readonly code: ErrorCode;
  readonly message: string;
}

export const refuseDoctor = (code: ErrorCode, message: string): DoctorRefusal => ({
  etcdAutopilot: 1,
  ok: false,
  code,
  message,
});

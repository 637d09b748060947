import type { StatusAnswer } from '../../functions/membership/answer.ts';
import type { DoctorSight } from '../cli/checks/answer.ts';
import type { ListedSnapshot } from '../cli/checks/snapshots.ts';

/** Something that was asked for, or in one line why it did not come. */
export type Asked<T> = { readonly is: T; readonly missing?: never } | { readonly missing: string };

/** What a status page is made of. */
export interface PageMaterial {
  readonly cluster: string;
  /** ISO time of the page. */
  readonly at: string;
  /** The command that makes this page anew. */
  readonly command: string;
  readonly status: Asked<StatusAnswer>;
  readonly doctor: Asked<DoctorSight>;
  readonly snapshots: Asked<readonly ListedSnapshot[]>;
}

/** What came of it, or null. */
export const cameOf = <T>(asked: Asked<T>): T | null => (asked.missing === undefined ? asked.is : null);

import type { Severity } from './finding.ts';

/** What stands of a code in the catalog. */
export interface CheckEntry {
  readonly severity: Severity;
  /** What to do. */
  readonly remedy: string;
  /** It is a notice until it has stood for so long: changes take their time. Absent: it counts at once. */
  readonly afterSeconds?: number;
}

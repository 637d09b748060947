import type { CheckCode } from './catalog.ts';

/**
 * `critical`: data or quorum is lost or about to be, or nobody guards the cluster. `warning`: a person should act.
 * `notice`: worth knowing; it ends by itself or was asked for, and nothing alarms on it.
 */
export type Severity = 'critical' | 'warning' | 'notice';

/** What the autopilot does about it: done, under way, or deliberately not its to do. */
export type Repair = 'repaired' | 'repairing' | 'left';

/** Numbers and words that a finding was judged by, by their names. */
export type Evidence = Readonly<Record<string, string | number>>;

/** Something that is not as it should be in one cluster. Checks find it, `doctor` and `status` show it. */
export interface CheckFinding {
  readonly code: CheckCode;
  readonly severity: Severity;
  /** The instance, member, group, rule, parameter, zone or name that it is about. */
  readonly subject: string;
  /** One sentence for a person: what was found. */
  readonly text: string;
  readonly evidence: Evidence;
  /** What to do, or why nothing. */
  readonly remedy: string;
  /** When it was found first, in ISO form. */
  readonly since: string;
  readonly repair: Repair;
}

/** A finding as one look has it: since when it stands, and so how much it matters, is known beside the memory. */
export type Found = Pick<CheckFinding, 'code' | 'subject' | 'text' | 'evidence' | 'repair'> & {
  /** Where it differs from what the catalog says of the code. */
  readonly severity?: Severity;
};

export const found = (
  code: CheckCode,
  subject: string,
  text: string,
  more: { readonly evidence?: Evidence; readonly repair?: Repair; readonly severity?: Severity } = {},
): Found => ({
  code,
  subject,
  text,
  evidence: more.evidence ?? {},
  repair: more.repair ?? 'left',
  ...(more.severity === undefined ? {} : { severity: more.severity }),
});

const ORDER: readonly Severity[] = ['critical', 'warning', 'notice'];

/** The worst first, then by their names: equal findings are in equal order. */
export const byWorth = (a: CheckFinding, b: CheckFinding): number =>
  ORDER.indexOf(a.severity) - ORDER.indexOf(b.severity) ||
  a.code.localeCompare(b.code) ||
  a.subject.localeCompare(b.subject);

/** What makes the cluster count as degraded, and `doctor` end with 1. */
export const isAlarming = ({ severity }: Pick<CheckFinding, 'severity'>): boolean => severity !== 'notice';

import { ADVICE, isFindingCode } from '../core/finding.ts';
import type { Observation } from '../core/observation.ts';
import { findingsIn } from '../core/registry/status.ts';

/** Something that DNS or registry found wrong, as it stands in their parameter. */
export interface AnsweredFinding {
  /** The parameter: `registry`, or `dns/` and the id of the hosted zone. */
  readonly from: string;
  readonly kind: string;
  /** The group, instance, name or key. */
  readonly subject: string;
  readonly text: string;
  /** What to do; `null` for a kind of another version. */
  readonly advice: string | null;
}

export const findingsOf = (world: Observation | null): readonly AnsweredFinding[] =>
  [...(world?.records.told ?? [])]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([from, text]) =>
      findingsIn(text).map(({ code, subject, detail }) => ({
        from,
        kind: code,
        subject,
        text: detail,
        advice: isFindingCode(code) ? ADVICE[code] : null,
      })),
    );

import { entryOf } from '../core/checks/catalog.ts';
import type { Severity } from '../core/checks/finding.ts';
import { decodeChecks } from '../core/checks/memory.ts';
import { ADVICE, isFindingCode } from '../core/finding.ts';
import { PARAMETER } from '../core/names.ts';
import type { Observation } from '../core/observation.ts';
import { findingsIn } from '../core/registry/status.ts';

/** Something that DNS, registry or checks found wrong, as it stands in their parameter. */
export interface AnsweredFinding {
  /** The parameter: `registry`, `checks`, or `dns/` and the id of the hosted zone. */
  readonly from: string;
  readonly kind: string;
  /** The group, instance, name or key. */
  readonly subject: string;
  readonly text: string;
  /** What to do; `null` for a kind of another version. */
  readonly advice: string | null;
  /** Of what checks found; absent: nobody has judged it yet. */
  readonly severity?: Severity;
  /** When checks found it first. */
  readonly since?: string;
}

/** Checks look at what the others tell, too: what both found is told by who found it. */
export function findingsOf(world: Observation | null): readonly AnsweredFinding[] {
  const told = toldIn(world);
  const isTold = ({ kind, subject }: AnsweredFinding): boolean =>
    told.some((one) => one.kind === kind && one.subject === subject);
  return [...checkedIn(world).filter((one) => !isTold(one)), ...told];
}

const toldIn = (world: Observation | null): readonly AnsweredFinding[] =>
  [...(world?.records.told ?? [])]
    .filter(([from]) => from !== PARAMETER.checks)
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

/** The worst first, as they stand there. */
function checkedIn(world: Observation | null): readonly AnsweredFinding[] {
  const decoded = decodeChecks(world?.records.told.get(PARAMETER.checks));
  if (decoded.kind === 'newer') return [];
  return decoded.memory.findings.map(({ code: kind, subject, text, severity, since }) => {
    const advice = entryOf(kind).remedy;
    return { from: PARAMETER.checks, kind, subject, text, advice, severity, since };
  });
}

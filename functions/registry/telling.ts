import type { Finding } from '../core/finding.ts';
import { errorFields, type Logger } from '../edge/logger.ts';
import type { RegistryStep } from '../engine/registry/apply.ts';
import type { RegistryReport } from '../engine/registry/pass.ts';

/** What every line of one pass has. */
export interface PassFields {
  readonly requestId: string;
  readonly cluster: string;
}

/** One line for each transaction, and for each instance that was let go. */
export function logStep(logger: Logger, pass: PassFields, step: RegistryStep): void {
  if (step.kind === 'completeHook') {
    const fields = { ...pass, kind: step.kind, instanceId: step.instanceId };
    if (step.error === null) logger.info({ event: 'step.applied', ...fields });
    else logger.warn({ event: 'step.refused', ...fields, ...errorFields(step.error) });
    return;
  }
  const { kind, changes, outcome } = step;
  const putCount = changes.filter(({ value }) => value !== null).length;
  const because = `${putCount} written, ${changes.length - putCount} deleted`;
  const fields = { ...pass, kind, changeCount: changes.length };
  if (outcome === 'committed') logger.info({ event: 'step.applied', ...fields, because });
  else logger.warn({ event: 'step.refused', ...fields, because: 'somebody else wrote one of the keys' });
}

/** Which findings a container has told of already: each gets its own line once, while it lasts. */
export class Told {
  readonly #known = new Map<string, ReadonlySet<string>>();

  log(logger: Logger, pass: PassFields, findings: readonly Finding[]): void {
    const known = this.#known.get(pass.cluster) ?? new Set();
    for (const one of findings.filter((finding) => !known.has(textOf(finding)))) {
      const { code: kind, subject: name, detail: because } = one;
      logger.warn({ event: 'finding.told', ...pass, kind, name, because });
    }
    this.#known.set(pass.cluster, new Set(findings.map(textOf)));
  }
}

const textOf = ({ code, subject, detail }: Finding): string => `${code} ${subject} ${detail}`;

export const findingKinds = ({ findings }: RegistryReport): readonly string[] => [
  ...new Set(findings.map(({ code }) => code)),
];

/** Each kind of finding has its own figure, so that it can be alarmed on. */
export function metricsOf(report: RegistryReport, durationMs: number): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const { code } of report.findings) counts[`Finding_${code}`] = (counts[`Finding_${code}`] ?? 0) + 1;
  return {
    PassDurationMs: durationMs,
    KeysCommitted: report.commitCount,
    HooksReleased: report.completedCount,
    HooksHeld: report.heldCount,
    HeartbeatsFailed: report.failedBeatCount,
    PassFailed: report.error === null ? 0 : 1,
    Findings: report.findings.length,
    ...counts,
  };
}

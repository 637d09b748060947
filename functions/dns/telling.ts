import type { RecordChange } from '../core/dns/zone-port.ts';
import type { Finding } from '../core/finding.ts';
import { errorFields, type Logger } from '../edge/logger.ts';
import type { ClusterReport, DnsReport, DnsStep } from '../engine/dns/report.ts';

/** What every line of one pass has. */
export interface PassFields {
  readonly requestId: string;
  readonly zone: string;
}

/** One line for each name that was changed, and for each instance that was let go. */
export function logStep(logger: Logger, pass: PassFields, step: DnsStep): void {
  const fields = { ...pass, kind: step.kind, ...fieldsOf(step) };
  const refusal = step.kind === 'changeRecords' ? step.refusal : null;
  if (step.error !== null) logger.warn({ event: 'step.refused', ...fields, ...errorFields(step.error) });
  else if (refusal !== null) logger.warn({ event: 'step.refused', ...fields, because: refusal });
  else logger.info({ event: 'step.applied', ...fields });
}

function fieldsOf(step: DnsStep) {
  if (step.kind === 'completeHook') {
    const { hook, because } = step.release;
    return { cluster: step.cluster, instanceId: hook.instanceId, because };
  }
  const { cluster, base, changes } = step.plan;
  return { cluster, name: base, changeCount: changes.length, because: countsOf(changes) };
}

function countsOf(changes: readonly RecordChange[]): string {
  const counts = new Map<string, number>();
  for (const { action } of changes) counts.set(action, (counts.get(action) ?? 0) + 1);
  return [...counts].map(([action, count]) => `${count} ${action}`).join(', ');
}

/** Which findings a container has told of already: each gets its own line once, while it lasts. */
export class Told {
  readonly #known = new Map<string, ReadonlySet<string>>();

  log(logger: Logger, pass: PassFields, { cluster, findings }: ClusterReport): void {
    const known = this.#known.get(`${pass.zone} ${cluster}`) ?? new Set();
    for (const one of findings.filter((finding) => !known.has(textOf(finding)))) {
      const because = one.detail;
      logger.warn({
        event: 'finding.told',
        ...pass,
        cluster,
        kind: one.code,
        name: one.subject,
        because,
      });
    }
    this.#known.set(`${pass.zone} ${cluster}`, new Set(findings.map(textOf)));
  }
}

const textOf = ({ code, subject, detail }: Finding): string => `${code} ${subject} ${detail}`;

/** The codes of all findings of a pass, each once. */
export const findingKinds = ({ clusters }: DnsReport): readonly string[] => [
  ...new Set(clusters.flatMap(({ findings }) => findings.map(({ code }) => code))),
];

/** Figures of one cluster: each kind of finding and of hold has its own, so that it can be alarmed on. */
export function metricsOf(report: ClusterReport, durationMs: number): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {};
  const count = (name: string): void => {
    counts[name] = (counts[name] ?? 0) + 1;
  };
  for (const { code } of report.findings) count(`Finding_${code}`);
  for (const { because } of report.holds) count(`Held_${because}`);
  return {
    PassDurationMs: durationMs,
    RecordsChanged: report.changedCount,
    HooksReleased: report.releasedCount,
    HooksHeld: report.holds.length,
    Findings: report.findings.length,
    ...counts,
  };
}

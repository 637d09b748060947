/** Writes figures of a cluster; CloudWatch reads them out of the log. */
export interface Metrics {
  /** Names end in their unit (`Ms`, `Seconds`, `Bytes`); all others count. */
  emit(cluster: string, values: Readonly<Record<string, number>>): void;
}

const NAMESPACE = 'EtcdAutopilot';
/** CloudWatch reads no more out of one line. */
const METRICS_PER_LINE = 100;

/** Embedded metric format: one JSON line holds the figures and how to read them. */
export function createMetrics(nowMs: () => number, write: (line: string) => void): Metrics {
  return {
    emit: (cluster, values) => {
      const entries = Object.entries(values).filter(([, value]) => Number.isFinite(value));
      for (let start = 0; start < entries.length; start += METRICS_PER_LINE) {
        write(encodeLine(cluster, nowMs(), entries.slice(start, start + METRICS_PER_LINE)));
      }
    },
  };
}

function encodeLine(cluster: string, nowMs: number, entries: readonly (readonly [string, number])[]): string {
  const Metrics = entries.map(([Name]) => ({ Name, Unit: unitOf(Name) }));
  const directive = { Namespace: NAMESPACE, Dimensions: [['cluster']], Metrics };
  const line = {
    _aws: { Timestamp: nowMs, CloudWatchMetrics: [directive] },
    ...Object.fromEntries(entries),
    cluster,
  };
  return `${JSON.stringify(line)}\n`;
}

function unitOf(name: string): string {
  if (name.endsWith('Ms')) return 'Milliseconds';
  if (name.endsWith('Seconds')) return 'Seconds';
  return name.endsWith('Bytes') ? 'Bytes' : 'Count';
}

import type { Operation } from '../core/reboot/fleet-lock.ts';
import type { Logger } from '../edge/logger.ts';
import type { Metrics } from '../edge/metrics.ts';
import type { Outcome } from '../engine/reboot/outcome.ts';

/** What every line of one request has. Never its path, which holds the secret. */
export interface About {
  readonly requestId: string;
  readonly cluster: string;
  readonly group: string;
  readonly operation: Operation;
}

interface Teller {
  readonly logger: Logger;
  readonly metrics: Metrics;
}

/** Who got what, or why not; and who holds a lock for longer than a reboot takes. */
export function tellOutcome({ logger, metrics }: Teller, about: About, outcome: Outcome): void {
  const { requestId, cluster, group, operation } = about;
  const { kind, refusal, instanceId, overdue, notes } = outcome;
  const line = { requestId, cluster, name: group };
  const because = [...(refusal === null ? [] : [refusal.value]), ...notes].join('; ');
  logger[refusal === null ? 'info' : 'warn']({
    event: 'request.answered',
    ...line,
    kind: operation === 'lock' ? 'pre-reboot' : 'steady-state',
    outcome: refusal?.kind ?? kind,
    ...(instanceId === null ? {} : { instanceId }),
    ...(because === '' ? {} : { because }),
  });
  for (const { instanceId: holder, since } of overdue)
    logger.warn({
      event: 'finding.told',
      ...line,
      kind: 'rebootOverdue',
      instanceId: holder,
      because: `it holds the lock since ${since}; look at that machine, or release its lock`,
    });
  metrics.emit(cluster, {
    ...(refusal === null
      ? { [FIGURES[kind] ?? 'RebootAnswered']: 1 }
      : { [`RebootRefused_${refusal.kind}`]: 1 }),
    ...(overdue.length === 0 ? {} : { RebootOverdue: overdue.length }),
  });
}

const FIGURES: Readonly<Record<string, string>> = {
  granted: 'RebootGranted',
  kept: 'RebootGrantedAgain',
  released: 'RebootReleased',
};

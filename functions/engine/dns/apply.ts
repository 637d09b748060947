import type { BasePlan } from '../../core/dns/base.ts';
import { packBatches } from '../../core/dns/batch.ts';
import type { ZonePlan } from '../../core/dns/plan.ts';
import { allPending, type Outcome, stateAfter } from '../../core/dns/progress.ts';
import type { Memories } from './memory.ts';
import type { DnsPorts } from './ports.ts';
import type { Readings } from './reading.ts';
import type { DnsStep } from './report.ts';

/** By cluster, then by the name that was changed. */
export type ZoneOutcomes = ReadonlyMap<string, ReadonlyMap<string, Outcome>>;

interface Work {
  readonly ports: DnsPorts;
  readonly zoneId: string;
  readonly memories: Memories;
  readonly readings: Readings;
  readonly deadlineMs: number;
  readonly onStep: (step: DnsStep) => void;
}

/** For one batch at worst, with the client's own repeats. */
const BATCH_BUDGET_MS = 8_000;

/**
 * Writes down what is about to be done, does it in as few batches as fit, each of which is safe by
 * itself, and tells what became of every name.
 */
export async function applyChanges(work: Work, plan: ZonePlan, takenAtMs: number): Promise<ZoneOutcomes> {
  const units: BasePlan[] = [];
  for (const cluster of plan.clusters) {
    const changed = cluster.bases.filter(({ changes }) => changes.length > 0);
    if (changed.length === 0) continue;
    const before = stateAfter(cluster, allPending(cluster), takenAtMs);
    const written = await work.readings.try(work.memories.write(cluster, before).then(() => true));
    // Without the note a crash would forget whom the batch took out: nothing is changed then.
    if (written === true) units.push(...changed);
  }
  const outcomes = new Map<string, Map<string, Outcome>>();
  const note = (unit: BasePlan, outcome: Outcome): void => {
    const known = outcomes.get(unit.cluster) ?? new Map<string, Outcome>();
    outcomes.set(unit.cluster, known.set(unit.base, outcome));
  };
  await sendAll(work, units, note);
  return outcomes;
}

type Note = (unit: BasePlan, outcome: Outcome) => void;

async function sendAll(work: Work, units: readonly BasePlan[], note: Note): Promise<void> {
  for (const batch of packBatches(units)) {
    const outcome = await send(work, batch);
    if (outcome === null) return;
    if (outcome.kind !== 'refused' || batch.length === 1) tell(work, batch, outcome, note);
    else if (!(await sendAlone(work, batch, note))) return;
  }
}

/** One name that Route 53 objects to must not keep the others from their changes. */
async function sendAlone(work: Work, batch: readonly BasePlan[], note: Note): Promise<boolean> {
  for (const unit of batch) {
    const outcome = await send(work, [unit]);
    if (outcome === null) return false;
    tell(work, [unit], outcome, note);
  }
  return true;
}

/** `null`: there is no time left, or no use in going on; the next look begins anew. */
async function send(work: Work, batch: readonly BasePlan[]): Promise<Outcome | null> {
  const { ports, zoneId, readings, deadlineMs } = work;
  if (ports.clock.nowMs() + BATCH_BUDGET_MS > deadlineMs || readings.isBusy) return null;
  const changes = batch.flatMap((unit) => unit.changes);
  return (await readings.tryChange(ports.zones.change(zoneId, changes))) ?? { kind: 'unsure' };
}

function tell({ readings, onStep }: Work, batch: readonly BasePlan[], outcome: Outcome, note: Note): void {
  const error = outcome.kind === 'unsure' ? readings.error : null;
  const refusal = outcome.kind === 'refused' ? outcome.reason : null;
  for (const unit of batch) {
    note(unit, outcome);
    onStep({ kind: 'changeRecords', plan: unit, error, refusal });
  }
}

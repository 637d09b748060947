import type { OutgoingEvent } from '../outgoing-event.ts';
import { entryOf } from './catalog.ts';
import { byWorth, type CheckFinding, type Found, isAlarming, type Severity } from './finding.ts';
import { type ChecksMemory, LOOKS_MAX, SUBJECT_CHARS_MAX, type WholeHook } from './memory.ts';

/** What a round comes to: what is told now, what is remembered, and who is told of a change. */
export interface Settled {
  readonly findings: readonly CheckFinding[];
  readonly memory: ChecksMemory;
  readonly events: readonly OutgoingEvent[];
}

/** What the round knows beside its findings. */
export interface Round {
  readonly cluster: string;
  readonly nowMs: number;
  /** False where the cluster is not looked after: then nothing is told, and what was remembered is dropped. */
  readonly isLookedAfter: boolean;
  readonly hooks: readonly WholeHook[];
  readonly hashedAt: string | null;
}

export function settle(all: readonly Found[], before: ChecksMemory, round: Round): Settled {
  const findings = all.map((one) => dated(one, before, round.nowMs)).sort(byWorth);
  // What is put back already ails nobody, and is told as what it was.
  const isDirty = findings.some((one) => isAlarming(one) && one.repair !== 'repaired');
  const dirtyLooks = isDirty ? Math.min(LOOKS_MAX, before.dirtyLooks + 1) : 0;
  const cleanLooks = isDirty ? 0 : Math.min(LOOKS_MAX, before.cleanLooks + 1);
  const degraded = judgeDegraded(before.degraded, findings, dirtyLooks, cleanLooks);
  const remembered = findings.map(({ code, severity, subject, text, since, repair }) => ({
    code,
    severity,
    subject,
    text,
    since,
    repair,
  }));
  const { hooks, hashedAt } = round;
  const memory = { findings: remembered, more: 0, degraded, dirtyLooks, cleanLooks, hooks, hashedAt };
  const events = round.isLookedAfter ? eventsOf(findings, before, degraded, round) : [];
  return { findings, memory, events };
}

/** A finding that stood before keeps its time. What takes its time by nature is a notice until then. */
function dated({ severity, ...one }: Found, { findings }: ChecksMemory, nowMs: number): CheckFinding {
  const known = findings.find(
    ({ code, subject }) => code === one.code && subject === one.subject.slice(0, SUBJECT_CHARS_MAX),
  );
  const entry = entryOf(one.code);
  const since = known?.since ?? new Date(nowMs).toISOString();
  const isYoung = nowMs - Date.parse(since) < (entry.afterSeconds ?? 0) * 1_000;
  const own: Severity = severity ?? (isYoung ? 'notice' : entry.severity);
  return { ...one, severity: own, remedy: entry.remedy, since };
}

/** What is critical is told at once; everything else must last, and so must its end. */
function judgeDegraded(
  was: boolean,
  findings: readonly CheckFinding[],
  dirtyLooks: number,
  cleanLooks: number,
): boolean {
  if (findings.some(({ severity }) => severity === 'critical') || dirtyLooks >= LOOKS_MAX) return true;
  return was && cleanLooks < LOOKS_MAX;
}

function eventsOf(
  findings: readonly CheckFinding[],
  before: ChecksMemory,
  degraded: boolean,
  { cluster }: Round,
): readonly OutgoingEvent[] {
  const isNew = ({ code, subject }: CheckFinding): boolean =>
    before.findings.every(
      (known) => known.code !== code || known.subject !== subject.slice(0, SUBJECT_CHARS_MAX),
    );
  // Of what membership put back it told itself, when it did.
  const isTold = ({ code, repair }: CheckFinding): boolean =>
    code === 'recordEdited' && repair === 'repaired';
  const drift = findings.filter((one) => DRIFT.includes(one.code) && isNew(one) && !isTold(one));
  const codes = [...new Set(findings.filter(isAlarming).map(({ code }) => code))];
  return [
    ...drift.map((one) => driftEvent(cluster, one)),
    ...(degraded && !before.degraded
      ? [
          {
            detailType: 'Cluster Degraded',
            detail: { cluster, findings: codes.slice(0, CODES_MAX) },
          } as const,
        ]
      : []),
    ...(before.degraded && !degraded
      ? [{ detailType: 'Cluster Healthy', detail: { cluster } } as const]
      : []),
  ];
}

const CODES_MAX = 20;

/** What somebody changed that the autopilot, or its template, had made. */
const DRIFT: readonly string[] = [
  'edited',
  'recordEdited',
  'hookMissing',
  'hookEdited',
  'processSuspended',
  'terminationPolicyMissing',
  'scheduleStopped',
  'eventsUnheard',
  'snapshotGone',
  'foreignMember',
  'nameForeign',
  'recordForeign',
  'keysForeign',
];

const driftEvent = (cluster: string, { code, subject, repair }: CheckFinding): OutgoingEvent => ({
  detailType: repair === 'repaired' ? 'Drift Repaired' : 'Drift Detected',
  detail: { cluster, code, subject },
});

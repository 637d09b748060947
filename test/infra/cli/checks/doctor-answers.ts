import type { CheckFinding } from '../../../../functions/core/checks/finding.ts';

export const finding = (over: Partial<CheckFinding> = {}): CheckFinding => ({
  code: 'hookMissing',
  severity: 'warning',
  subject: 'etcd-autopilot-core',
  text: 'the group has no launch hook',
  evidence: { hooks: 1 },
  remedy: 'nothing: it is put back',
  since: '2026-01-01T11:57:00.000Z',
  repair: 'repairing',
  ...over,
});

const AT_MS = Date.parse('2026-01-01T12:00:00.000Z');
/** So many minutes before the look, in ISO form. */
export const minutesAgo = (minutes: number): string => new Date(AT_MS - minutes * 60_000).toISOString();

/** A look a minute for half an hour, with ten writes a second. */
export const samples = Array.from({ length: 31 }, (_, index) => ({
  at: minutesAgo(30 - index),
  revision: String(1_000 + index * 600),
}));

const snapshot = (minutes: number) => ({
  key: `etcd-autopilot/core/snapshots/${minutes}.db`,
  at: minutesAgo(minutes),
  revision: '16000',
  sizeBytes: 3_145_728,
});

export const doctorAnswer = (over: Readonly<Record<string, unknown>> = {}) => ({
  etcdAutopilot: 1,
  ok: true,
  request: 'doctor',
  cluster: 'core',
  at: minutesAgo(0),
  health: 'healthy',
  findings: [] as readonly unknown[],
  backup: {
    last: snapshot(5),
    restorable: { ...snapshot(65), sha256: 'ab', clusterId: '1' },
    lastFailure: null,
    unverifiable: false,
  },
  samples,
  ...over,
});

export const snapshotList = {
  etcdAutopilot: 1,
  ok: true,
  request: 'backup',
  cluster: 'core',
  snapshots: [
    { ...listed(5), state: 'intact' },
    { ...listed(65), state: 'restorable' },
    { ...listed(125), state: 'notRestorable', reason: 'its hash differs' },
  ],
};

function listed(minutes: number) {
  const { key, at, revision, sizeBytes } = snapshot(minutes);
  return { key, takenAt: at, atRevision: revision, sizeBytes };
}

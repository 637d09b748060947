import type { DoctorSight } from '../../../infra/cli/checks/answer.ts';
import type { PageMaterial } from '../../../infra/page/material.ts';
import { replacing, silent, whole } from '../cli/answers.ts';
import { minutesAgo } from '../cli/checks/doctor-answers.ts';

const samples = Array.from({ length: 61 }, (_, index) => ({
  atMs: Date.parse(minutesAgo(60 - index)),
  revision: BigInt(1_000 + index * 600 + (index % 7) * 40),
}));

const snapshot = (minutes: number) => ({
  key: `etcd-autopilot/core/snapshots/${minutes}.db`,
  at: minutesAgo(minutes),
  revision: '16000',
  sizeBytes: 3_145_728,
});

const STATES: Readonly<Record<number, string>> = { 12: 'restorable', 72: 'intact', 132: 'notRestorable' };

export const sight: DoctorSight = {
  cluster: 'core',
  at: minutesAgo(0),
  findings: [],
  backup: {
    last: snapshot(12),
    restorable: snapshot(12),
    lastFailure: null,
    unverifiable: false,
  },
  samples,
  answer: {},
};

export const calm: PageMaterial = {
  cluster: 'core',
  at: minutesAgo(0),
  command: 'etcd-autopilot report --cluster core --out page.html',
  status: { is: whole },
  doctor: { is: sight },
  snapshots: {
    is: [12, 72, 132].map((minutes) => {
      const { key, at, revision, sizeBytes } = snapshot(minutes);
      return {
        key,
        takenAt: at,
        revision,
        sizeBytes,
        state: STATES[minutes] ?? '',
        reason: minutes === 132 ? 'its hash differs' : '',
      };
    }),
  },
};

/** A cluster in trouble: a voter that does not answer, a hook that a person deleted, a quarter of an hour unseen. */
export const troubled: PageMaterial = {
  ...calm,
  status: { is: replacing },
  doctor: {
    is: {
      ...sight,
      findings: [
        {
          code: 'voterSilent',
          severity: 'critical',
          subject: 'i-00000000000000002',
          text: 'voter i-00000000000000002 has not answered for 3 minutes: cluster core bears no further failure',
          remedy: 'look at etcd on that machine; the autopilot has it replaced when its grace is over',
          evidence: { answering: '2', voters: '3' },
          since: minutesAgo(3),
          repair: 'repairing',
        },
        {
          code: 'hookMissing',
          severity: 'warning',
          subject: 'etcd-autopilot-core',
          text: 'the launch hook of the group was deleted',
          remedy: 'nothing: it was put back as it was',
          evidence: {},
          since: minutesAgo(11),
          repair: 'repaired',
        },
        {
          code: 'endOfLife',
          severity: 'notice',
          subject: '3.4.23',
          text: 'etcd 3.4 gets no more fixes',
          remedy: 'plan the way to 3.5',
          evidence: {},
          since: null,
          repair: 'left',
        },
      ],
      samples: samples.filter((_, index) => index < 25 || index > 40),
      backup: {
        last: snapshot(192),
        restorable: null,
        lastFailure: { at: minutesAgo(2), text: 'S3 refused it: AccessDenied' },
        unverifiable: true,
      },
    },
  },
};

export const lost: PageMaterial = {
  ...calm,
  status: { is: silent },
  doctor: { missing: 'etcd-autopilot-checks could not be reached' },
  snapshots: { missing: 'there is no function etcd-autopilot-backup' },
};

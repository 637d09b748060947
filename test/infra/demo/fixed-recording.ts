import type {
  Recording,
  Sample,
  SampledInstance,
  SampledMember,
  StepRecord,
  Write,
} from '../../../infra/demo/recording.ts';

/** Instances of the fixed recording: two found the cluster, the third joins, the second is terminated. */
export const A = 'i-000000000000000aa';
export const B = 'i-000000000000000bb';
export const C = 'i-000000000000000cc';

export function instanceOf(id: string, own: Partial<SampledInstance> = {}): SampledInstance {
  const host = 10 + 'abc'.indexOf(id.at(-1) ?? 'a');
  return {
    id,
    address: `127.46.0.${host}`,
    zone: 'us-east-1a',
    lifecycle: 'InService',
    ec2State: 'running',
    answers: true,
    leads: false,
    ...own,
  };
}

export const memberOf = (instanceId: string, isLearner = false): SampledMember => ({
  id: `1000000000000000${instanceId.slice(-2)}`.replaceAll(/[a-c]/g, (digit) => String('abc'.indexOf(digit))),
  instanceId,
  isLearner,
});

export const sampleOf = (
  atMs: number,
  instances: readonly SampledInstance[],
  members: readonly SampledMember[] | null,
  own: Partial<Sample> = {},
): Sample => ({ atMs, desired: 2, instances, members, waits: [], ...own });

const leader = instanceOf(A, { leads: true });
const held = { lifecycle: 'Terminating:Wait' };
const waiting = [{ kind: 'awaitingReplacement', subject: B }];

/** A run of ten seconds: what each second shows. */
const SAMPLES: readonly Sample[] = [
  sampleOf(0, [], null, { desired: null }),
  sampleOf(
    1_000,
    [A, B].map((id) => instanceOf(id, { answers: false, ec2State: 'pending', lifecycle: 'Pending' })),
    null,
  ),
  sampleOf(
    2_000,
    [A, B].map((id) => instanceOf(id, { answers: false, lifecycle: 'Pending:Wait' })),
    null,
  ),
  sampleOf(3_000, [leader, instanceOf(B)], [memberOf(A), memberOf(B)]),
  sampleOf(
    5_000,
    [leader, instanceOf(B, held), instanceOf(C, { lifecycle: 'Pending:Wait', answers: false })],
    [memberOf(A), memberOf(B), memberOf(C, true)],
    { waits: waiting },
  ),
  sampleOf(
    7_000,
    [leader, instanceOf(B, held), instanceOf(C)],
    [A, B, C].map((id) => memberOf(id)),
    {
      waits: waiting,
    },
  ),
  sampleOf(
    8_000,
    [leader, instanceOf(B, { lifecycle: 'Terminating:Proceed', answers: false }), instanceOf(C)],
    [memberOf(A), memberOf(C)],
  ),
  sampleOf(
    9_000,
    [
      leader,
      instanceOf(B, { lifecycle: 'Terminated', ec2State: 'terminated', answers: false }),
      instanceOf(C),
    ],
    [memberOf(A), memberOf(C)],
  ),
];

function stepOf(name: string, fromMs: number, toMs: number, own: Partial<StepRecord> = {}): StepRecord {
  return {
    name,
    about: `what is told of ${name}`,
    fromMs,
    wholeMs: toMs - 500,
    toMs,
    deeds: [{ atMs: fromMs + 10, text: `terminating ${B}` }],
    ackedWrites: 200,
    lostWrites: 0,
    longestGapMs: 40,
    limits: { gapMsMax: 1_000, keepsQuorum: true, votersMin: 2 },
    problems: [],
    ...own,
  };
}

/** One write every 20 ms of 3 ms, but for a gap of one second with failures in it. */
const WRITES: readonly Write[] = Array.from({ length: 350 }, (_, index): Write => {
  const atMs = 3_000 + index * 20;
  return atMs >= 6_000 && atMs < 7_000 ? [atMs, 15, 0] : [atMs, 3, 1];
});

const action = { because: null, instanceId: null, memberId: null, refusal: null };

export const FIXED: Recording = {
  format: 1,
  startedAt: '2026-11-21T11:00:00.000Z',
  endMs: 10_000,
  command: 'npm run demo',
  setting: { etcd: '3.6.14', facts: [['Instances boot in', '1000 ms']] },
  samples: SAMPLES,
  steps: [stepOf('create', 0, 4_000), stepOf('B is terminated', 4_000, 10_000)],
  writes: WRITES,
  actions: [
    { ...action, atMs: 2_500, kind: 'writeTicket' },
    { ...action, atMs: 2_510, kind: 'writeTicket' },
    {
      ...action,
      atMs: 4_900,
      kind: 'addLearner',
      instanceId: C,
      refusal: 'etcd at http://127.46.0.10:2379 refused when asked to add a learner: unhealthy cluster',
    },
    { ...action, atMs: 5_000, kind: 'addLearner', instanceId: C },
    { ...action, atMs: 6_900, kind: 'promoteLearner', instanceId: C, memberId: memberOf(C).id },
    { ...action, atMs: 7_900, kind: 'removeMember', memberId: memberOf(B).id, because: 'terminating' },
  ],
  told: [
    {
      atMs: 5_500,
      kind: 'awaitingReplacement',
      text: `cluster demo: ${B} stays a little longer, until its replacement votes`,
    },
  ],
  error: null,
};

import { SHORTFALL_ADVICE, shortfall } from '../../../functions/core/shortfalls.ts';
import type { PlanAnswer, StatusAnswer } from '../../../functions/membership/answer.ts';
import type { AnsweredMember } from '../../../functions/membership/answer-members.ts';
import { FINE, TOLD } from '../../support/samples.ts';

const ids = ['i-00000000000000001', 'i-00000000000000002', 'i-00000000000000003'] as const;

const member = (index: 0 | 1 | 2, over: Partial<AnsweredMember> = {}): AnsweredMember => ({
  id: `1024819115206086${index}00`,
  name: ids[index],
  instanceId: ids[index],
  role: 'voter',
  isLeader: false,
  started: true,
  answers: true,
  raftIndex: '120',
  lag: '0',
  version: '3.6.14',
  peerUrl: `http://10.0.0.${index + 1}:2380`,
  clientUrl: `http://10.0.0.${index + 1}:2379`,
  dbSizeBytes: 20_480,
  dbSizeInUseBytes: 16_384,
  ...over,
});

export const whole: StatusAnswer = {
  etcdAutopilot: 1,
  ok: true,
  request: 'status',
  cluster: 'core',
  at: '2026-01-01T00:00:00.000Z',
  health: 'healthy',
  clusterId: '14841639068965178418',
  leader: ids[0],
  group: { name: 'etcd-autopilot-core', desiredCapacity: 3 },
  members: [member(0, { isLeader: true }), member(1), member(2)],
  instances: ids.map((id, index) => ({
    id,
    stage: 'inService',
    zone: `us-east-1${'abc'[index]}`,
    address: `10.0.0.${index + 1}`,
    memberId: `1024819115206086${index}00`,
  })),
  hooks: [],
  waits: [],
  findings: [],
  tolerates: { holds: true, since: '2025-12-31T22:00:00.000Z', shortfalls: [] },
  lastKnown: null,
};

export const replacing: StatusAnswer = {
  ...whole,
  health: 'degraded',
  tolerates: {
    holds: false,
    since: null,
    shortfalls: [{ ...shortfall('voterSilent', ids[1]), advice: SHORTFALL_ADVICE.voterSilent }],
  },
  members: [
    member(0, { isLeader: true }),
    member(1, { answers: false, lag: null, version: null }),
    member(2, { role: 'learner', lag: '17' }),
    member(2, { id: '77', instanceId: null, name: '', started: false, answers: false, version: null }),
  ],
  instances: [
    ...whole.instances,
    { id: 'i-00000000000000004', stage: 'arriving', zone: 'us-east-1a', address: null, memberId: null },
  ],
  hooks: [{ instanceId: ids[1], transition: 'terminate', since: '2025-12-31T23:59:00.000Z', ageSeconds: 60 }],
  waits: [{ kind: 'foreignMember', text: 'cluster core: a member that nobody here created' }],
};

export const silent: StatusAnswer = {
  ...whole,
  health: 'quorumLost',
  leader: null,
  members: [],
  instances: whole.instances.map((instance) => ({ ...instance, memberId: null })),
  lastKnown: {
    generation: 4,
    clusterId: '14841639068965178418',
    health: 'healthy',
    leader: ids[0],
    voters: ids.map((name) => ({ name, id: '1', answers: true, ...FINE })),
    learners: [],
    waits: [],
    ...TOLD,
    at: '2025-12-31T23:00:00.000Z',
  },
};

export const busy: PlanAnswer = {
  etcdAutopilot: 1,
  ok: true,
  request: 'plan',
  cluster: 'core',
  at: '2026-01-01T00:00:00.000Z',
  actions: [
    { kind: 'removeMember', text: 'remove the member of a gone instance' },
    { kind: 'publishStatus', text: 'publish the status' },
  ],
  waits: [{ kind: 'joinQueued', text: 'one newcomer at a time' }],
  preflight: null,
};

export const idle: PlanAnswer = { ...busy, actions: [], waits: [] };

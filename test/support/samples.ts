import { NO_MEMORY } from '../../functions/core/memory.ts';
import type { Action, ActionKind, Wait, WaitKind } from '../../functions/core/plan/plan.ts';
import type { RecoveryRecord } from '../../functions/core/recovery/record.ts';
import { shortfall } from '../../functions/core/shortfalls.ts';
import type { Ticket } from '../../functions/core/ticket.ts';

export const ID = {
  a: 'i-0000000000000000a',
  b: 'i-0000000000000000b',
  c: 'i-0000000000000000c',
} as const;

export const TICKET: Ticket = {
  instanceId: ID.a,
  state: 'ticket',
  peerUrl: 'http://10.0.0.1:2380',
  clientUrl: 'http://10.0.0.1:2379',
  claim: 1,
  token: 'core-1-token',
  clusterId: '77',
  memberId: '11',
  start: { initialCluster: `${ID.a}=http://10.0.0.1:2380`, initialState: 'new' },
};

const VERDICT = {
  safe: false,
  voterCount: 3,
  answeringCount: 2,
  afterCount: 2,
  answeringAfterCount: 1,
  quorumAfterCount: 2,
};
const SINCE = '2026-01-01T00:00:00.000Z';
const ABOUT = { memberId: '11', instanceId: ID.a };

/** One of each kind: a new kind of wait does not compile until it stands here too. */
export const WAITS: { readonly [Kind in WaitKind]: Extract<Wait, { readonly kind: Kind }> } = {
  groupMissing: { kind: 'groupMissing' },
  twoMemberGroups: { kind: 'twoMemberGroups', groups: ['one', 'two'] },
  configInvalid: { kind: 'configInvalid', problems: ['size must be 1, 3, 5 or 7, got 4'] },
  secretsUnreadable: { kind: 'secretsUnreadable', problems: ['the parameter /s/core/ca does not exist'] },
  accessRefused: { kind: 'accessRefused', because: 'untrusted', instanceIds: [ID.a] },
  frozen: { kind: 'frozen', withheld: ['removeMember'] },
  foreignCluster: { kind: 'foreignCluster', expected: '77', seen: ['77', '88'] },
  recordUnreadable: { kind: 'recordUnreadable', name: 'bootstrap' },
  recordNewer: { kind: 'recordNewer', names: ['status'] },
  formerCluster: { kind: 'formerCluster', found: ['status'] },
  instancesMissing: { kind: 'instancesMissing', readyCount: 2, wantedCount: 3 },
  notAllWaiting: { kind: 'notAllWaiting', instanceIds: [ID.a] },
  clusterForming: { kind: 'clusterForming', claim: 1, instanceIds: [ID.a, ID.b] },
  claimFailed: { kind: 'claimFailed', claim: 1, stillThere: [ID.a] },
  quorumUnknown: { kind: 'quorumUnknown', askedCount: 3, statusCount: 1 },
  quorumLost: {
    kind: 'quorumLost',
    permanent: true,
    instanceIds: [ID.a, ID.b],
    left: ['i-0000000000000000c'],
    hold: 'manual',
    about: [],
  },
  recovering: { kind: 'recovering', number: 2, step: 'fencing', instanceIds: [ID.a], because: '' },
  choiceRefused: { kind: 'choiceRefused', because: 'that is none of the options' },
  alarmRaised: { kind: 'alarmRaised', alarms: ['NOSPACE'] },
  membersDisagree: { kind: 'membersDisagree' },
  noCommit: { kind: 'noCommit', voterCount: 3, answeringCount: 1 },
  quorumAtRisk: { kind: 'quorumAtRisk', memberId: '11', verdict: VERDICT },
  lastVoter: { kind: 'lastVoter', instanceId: ID.a },
  evidenceMissing: { kind: 'evidenceMissing', ...ABOUT },
  voterSilent: { kind: 'voterSilent', ...ABOUT, because: 'deadline', next: 'grace' },
  leaverSilent: { kind: 'leaverSilent', ...ABOUT },
  replacementsExhausted: { kind: 'replacementsExhausted', instanceId: ID.a, count: 3 },
  machineEnding: { kind: 'machineEnding', ...ABOUT, because: 'retirement', isReported: true },
  foreignMember: { kind: 'foreignMember', memberId: '11', name: 'stranger' },
  foreignChange: { kind: 'foreignChange', memberId: '11' },
  learnerCatchingUp: { kind: 'learnerCatchingUp', ...ABOUT },
  memberStarting: { kind: 'memberStarting', ...ABOUT },
  versionStep: {
    kind: 'versionStep',
    ...ABOUT,
    version: '3.7.1',
    doubts: [{ code: 'skipsMinor', from: '3.5' }],
  },
  learnerSilent: { kind: 'learnerSilent', ...ABOUT },
  joinsPaused: { kind: 'joinsPaused', instanceIds: [ID.b], failedCount: 3, untilMs: 1_767_225_600_000 },
  joinQueued: { kind: 'joinQueued', instanceIds: [ID.b, ID.c] },
  addressTaken: { kind: 'addressTaken', ...ABOUT },
  addressResting: { kind: 'addressResting', instanceId: ID.a },
  addressMissing: { kind: 'addressMissing', instanceId: ID.a },
  nameUnsafe: { kind: 'nameUnsafe', ...ABOUT },
  tooManyMembers: { kind: 'tooManyMembers', instanceId: ID.a },
  joinFailed: { kind: 'joinFailed', instanceId: ID.a },
  awaitingReplacement: { kind: 'awaitingReplacement', instanceId: ID.a, isSoon: true },
  leaveQueued: { kind: 'leaveQueued', instanceIds: [ID.b] },
  instanceRetained: { kind: 'instanceRetained', instanceId: ID.a },
  settling: { kind: 'settling', instanceIds: [ID.a], shortfalls: ['unstable'], isSoon: true },
  hookPastHalf: { kind: 'hookPastHalf', instanceId: ID.a, hookName: 'etcd-autopilot-launch' },
  deletionPending: { kind: 'deletionPending', stillThere: [ID.a], isSoon: false },
  permitHeld: { kind: 'permitHeld' },
  notTolerant: { kind: 'notTolerant', ...ABOUT, shortfalls: [shortfall('voterSilent', ID.b)], isSoon: false },
  voterBehind: { kind: 'voterBehind', ...ABOUT },
  evenSize: { kind: 'evenSize', desiredCapacity: 4 },
  rebooting: { kind: 'rebooting', instanceId: ID.a, since: SINCE, withheld: ['addLearner'] },
  rebootOverdue: { kind: 'rebootOverdue', instanceId: ID.a, since: SINCE, withheld: [] },
  rebootsUnreadable: {
    kind: 'rebootsUnreadable',
    key: '/etcd-autopilot/reboots/members',
    withheld: ['removeMember'],
  },
  makingSpace: { kind: 'makingSpace', next: 'freeing', repairCount: 1 },
  quotaReached: { kind: 'quotaReached', because: 'noRoom', inUseBytes: 9_000_000, limitBytes: 10_000_000 },
  memberCorrupt: { kind: 'memberCorrupt', ...ABOUT },
  corruptUnclear: { kind: 'corruptUnclear', memberIds: ['11', '22'], because: 'noMajority' },
  defragmentationDue: { kind: 'defragmentationDue', ...ABOUT, shortfalls: ['voterSilent'] },
  refused: { kind: 'refused', code: 'AWS_DENIED', message: 'not allowed' },
};

/** What a status tells for gates, of a cluster that nothing is wrong with. */
export const TOLD = {
  desired: 3,
  alarms: [],
  steadySince: '2026-01-01T00:00:00.000Z',
  shortfalls: [],
  asked: [],
  repaired: [],
} as const;
/** What it tells of a voter beside its name. */
export const FINE = { version: '3.6.4', lag: 0, behind: false } as const;

const STATUS = {
  generation: 4,
  clusterId: '77',
  health: 'degraded',
  leader: ID.a,
  voters: [],
  learners: [],
  waits: [],
  ...TOLD,
  at: '2026-01-01T00:00:00.000Z',
} as const;

const RECOVERY: RecoveryRecord = {
  number: 2,
  attempt: 1,
  source: {
    how: 'from-survivor',
    instanceId: ID.a,
    memberId: '11',
    raftTerm: '3',
    raftIndex: '40',
    revision: '30',
  },
  fenced: [ID.a],
  forced: [],
  formerClusterId: '77',
  by: 'policy',
  nonce: null,
  at: SINCE,
  lastSeen: null,
};

/** One of each kind of action. */
export const ACTIONS: { readonly [Kind in ActionKind]: Extract<Action, { readonly kind: Kind }> } = {
  claimCluster: { kind: 'claimCluster', number: 1, members: { [ID.a]: TICKET.peerUrl } },
  tagGroup: { kind: 'tagGroup', groupName: 'etcd-autopilot-core', number: 1 },
  writeClaim: {
    kind: 'writeClaim',
    because: 'pinned',
    claim: { number: 1, token: 't', members: {}, claimedAt: STATUS.at, clusterId: '77' },
  },
  writeTicket: { kind: 'writeTicket', ticket: TICKET },
  removeParameters: { kind: 'removeParameters', names: [`members/${ID.a}`], because: 'instanceGone' },
  addLearner: { kind: 'addLearner', instanceId: ID.a, peerUrl: TICKET.peerUrl },
  promoteLearner: { kind: 'promoteLearner', ...ABOUT },
  removeMember: { kind: 'removeMember', ...ABOUT, peerUrl: TICKET.peerUrl, because: 'terminating' },
  moveLeader: { kind: 'moveLeader', from: '11', to: '22', leaderUrl: TICKET.clientUrl },
  remember: { kind: 'remember', memory: NO_MEMORY },
  freeReboots: {
    kind: 'freeReboots',
    lock: { holders: [{ instanceId: ID.a, since: SINCE }], ours: true },
    instanceIds: [ID.a],
  },
  reportUnhealthy: { kind: 'reportUnhealthy', ...ABOUT, because: 'silent' },
  endInstance: { kind: 'endInstance', ...ABOUT, because: 'silent' },
  noteSpace: { kind: 'noteSpace', record: { repairsAtMs: [1], repair: null } },
  compact: { kind: 'compact', revision: '4711', because: 'noSpace', record: null, memory: null },
  defragment: {
    kind: 'defragment',
    ...ABOUT,
    endpoint: TICKET.clientUrl,
    because: 'fragmented',
    record: null,
  },
  disarm: {
    kind: 'disarm',
    alarm: { memberId: '11', alarm: 'NOSPACE' },
    because: 'spaceMade',
    record: null,
  },
  signalStack: {
    kind: 'signalStack',
    stackName: 'etcd-core',
    logicalId: 'MemberGroup',
    instanceId: ID.a,
    status: 'SUCCESS',
    because: 'steady',
  },
  cancelRefresh: {
    kind: 'cancelRefresh',
    groupName: 'etcd-autopilot-core',
    instanceId: ID.a,
    launchedAtMs: 1_767_225_600_000,
  },
  noteQuorum: { kind: 'noteQuorum', notes: { notFoundSinceMs: { [ID.a]: 1 }, reportedSinceMs: {} } },
  startRecovery: { kind: 'startRecovery', record: RECOVERY },
  askCapture: { kind: 'askCapture', recovery: 2, instanceId: ID.a },
  fenceInstance: { kind: 'fenceInstance', recovery: 2, instanceId: ID.a },
  claimRecovered: {
    kind: 'claimRecovered',
    number: 2,
    recovery: 2,
    instanceId: ID.b,
    peerUrl: TICKET.peerUrl,
    restore: { bucket: null, key: 'etcd-autopilot/core/snapshots/a.db', sha256: 'ab', sizeBytes: 32 },
    bump: 1_000_000_000,
  },
  finishRecovery: {
    kind: 'finishRecovery',
    number: 2,
    done: {
      outcome: 'recovered',
      at: SINCE,
      restoredRevision: '40',
      lastSeen: { revision: '42', at: SINCE },
      lostAtLeast: '2',
      text: 'at least 2 writes are lost',
    },
  },
  publishList: { kind: 'publishList', list: 'endpoints', text: TICKET.clientUrl },
  publishStatus: { kind: 'publishStatus', status: STATUS, previous: null },
  answerHook: {
    kind: 'answerHook',
    hook: { groupName: 'etcd-autopilot-core', hookName: 'etcd-autopilot-launch', instanceId: ID.a },
    result: 'CONTINUE',
    because: 'votes',
  },
};

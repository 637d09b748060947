import { ERROR_CODES } from '../../../functions/core/errors.ts';
import type { ActionKind, WaitKind } from '../../../functions/core/plan/plan.ts';

/** The compiler keeps these complete: a kind that the planner learns is missing here until it is added. */
const ACTIONS: Readonly<Record<ActionKind, true>> = {
  claimCluster: true,
  tagGroup: true,
  writeClaim: true,
  writeTicket: true,
  removeParameters: true,
  addLearner: true,
  promoteLearner: true,
  removeMember: true,
  moveLeader: true,
  remember: true,
  freeReboots: true,
  reportUnhealthy: true,
  endInstance: true,
  signalStack: true,
  cancelRefresh: true,
  publishList: true,
  publishStatus: true,
  answerHook: true,
};

const WAITS: Readonly<Record<WaitKind, true>> = {
  groupMissing: true,
  twoMemberGroups: true,
  configInvalid: true,
  secretsUnreadable: true,
  accessRefused: true,
  frozen: true,
  foreignCluster: true,
  recordUnreadable: true,
  recordNewer: true,
  formerCluster: true,
  instancesMissing: true,
  notAllWaiting: true,
  clusterForming: true,
  claimFailed: true,
  quorumUnknown: true,
  alarmRaised: true,
  membersDisagree: true,
  noCommit: true,
  quorumAtRisk: true,
  lastVoter: true,
  evidenceMissing: true,
  voterSilent: true,
  leaverSilent: true,
  replacementsExhausted: true,
  machineEnding: true,
  foreignMember: true,
  foreignChange: true,
  learnerCatchingUp: true,
  memberStarting: true,
  learnerSilent: true,
  versionStep: true,
  joinsPaused: true,
  joinQueued: true,
  addressTaken: true,
  addressResting: true,
  addressMissing: true,
  tooManyMembers: true,
  nameUnsafe: true,
  joinFailed: true,
  awaitingReplacement: true,
  leaveQueued: true,
  instanceRetained: true,
  settling: true,
  hookPastHalf: true,
  deletionPending: true,
  permitHeld: true,
  notTolerant: true,
  voterBehind: true,
  evenSize: true,
  rebooting: true,
  rebootOverdue: true,
  rebootsUnreadable: true,
  refused: true,
};

/** What no pass can come to, and why. */
export const OUT_OF_REACH: Readonly<Record<string, string>> = {
  ANSWER_UNDELIVERED: 'only the custom resources answer CloudFormation; no pass does',
};

const names = (known: Readonly<Record<string, unknown>>): readonly string[] =>
  Object.keys(known).filter((name) => OUT_OF_REACH[name] === undefined);

export const ACTION_KINDS = names(ACTIONS);
export const WAIT_KINDS = names(WAITS);
export const ERRORS = ERROR_CODES.filter((code) => OUT_OF_REACH[code] === undefined);

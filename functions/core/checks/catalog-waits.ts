import type { WaitKind } from '../plan/waits.ts';
import type { CheckEntry } from './entry.ts';

/** Nothing is wrong: it waits its turn, or was asked for. */
const QUIET = null;

/** From when on a change that is under way has taken too long. */
const MINUTES = (count: number): { readonly afterSeconds: number } => ({ afterSeconds: count * 60 });

const critical = (remedy: string): CheckEntry => ({ severity: 'critical', remedy });
const warning = (remedy: string, after: { readonly afterSeconds?: number } = {}): CheckEntry => ({
  severity: 'warning',
  remedy,
  ...after,
});
const notice = (remedy: string): CheckEntry => ({ severity: 'notice', remedy });

/**
 * Which waits of a plan mean that something is wrong, and what to do about each. Total: whoever adds a wait
 * decides here whether it is also a finding. docs/runbook.md has a section for each wait already.
 */
export const WAIT_CHECKS = {
  groupMissing: critical('tag the member group again, or delete the stack of the cluster'),
  twoMemberGroups: critical(
    'take the tag etcd-autopilot:cluster off all groups but the one with the members',
  ),
  configInvalid: critical(
    'correct the parameter config: update the stack of the cluster, or restore its history',
  ),
  secretsUnreadable: critical('put the named parameters below SecretsPath, and let the functions read them'),
  accessRefused: critical(
    'give the autopilot a user, or a certificate, that etcd on these instances accepts',
  ),
  frozen: notice('set frozen to false in the configuration when changes may go on'),
  foreignCluster: critical('stop the etcd that does not belong here; nothing changes until then'),
  recordUnreadable: critical('restore that parameter from its history'),
  recordNewer: critical('deploy the version of the autopilot again that wrote it'),
  formerCluster: critical('recover the cluster, or delete its traces if its data may be lost'),
  instancesMissing: warning('look why the group does not launch its instances', MINUTES(10)),
  notAllWaiting: warning('end the instances that do not wait in the launch hook', MINUTES(10)),
  clusterForming: warning('read the log of the boot script on the founders', MINUTES(10)),
  claimFailed: warning('nothing, or end the instances that are still there', MINUTES(10)),
  quorumUnknown: critical(
    'bring a majority of the voters back; if they are gone for ever, use etcd-autopilot recover',
  ),
  quorumLost: critical('see what it may be brought back from, and what that loses: etcd-autopilot recover'),
  recovering: critical('nothing: it is brought back from what was chosen; status tells how far it is'),
  choiceRefused: warning('look again with etcd-autopilot recover, and choose from what it shows now'),
  alarmRaised: critical('mend the cause of the alarm; its section of the runbook tells how'),
  membersDisagree: warning('compare etcdctl member list at each voter, if it stays', MINUTES(2)),
  noCommit: critical('bring the silent voters back: with one failure more no write is possible'),
  quorumAtRisk: warning('bring the silent voters back: until then nobody can leave safely'),
  lastVoter: warning(
    'delete the cluster, or raise the desired capacity again: its last voter is never removed',
  ),
  evidenceMissing: warning(
    'look at that instance in EC2; its member is removed when EC2 says that it is gone',
  ),
  voterSilent: warning('look at etcd on that machine; it is replaced when its grace is over'),
  leaverSilent: warning('nothing, it leaves when EC2 ends it', MINUTES(10)),
  replacementsExhausted: warning('look why replacements fall silent too: image, network or disk'),
  machineEnding: warning('nothing, it is replaced before EC2 ends it'),
  foreignMember: warning('remove it with etcdctl if it is not yours, or set removeForeign'),
  foreignChange: warning('finish that change with etcdctl: promote or remove the member'),
  learnerCatchingUp: warning('look at the disk and the network of that instance', MINUTES(10)),
  memberStarting: warning('read the log of the boot script on that instance', MINUTES(5)),
  learnerSilent: warning('look at etcd on that instance; it is given up when its grace is over', MINUTES(2)),
  versionStep: warning('install a version that may join: one minor at a time'),
  joinsPaused: warning('look why the last joins failed, then wait or end the instance'),
  joinQueued: QUIET,
  addressTaken: warning(
    'remove the member that stands at that address, or wait until it is removed',
    MINUTES(10),
  ),
  addressResting: QUIET,
  addressMissing: warning('look why EC2 gives that instance no private address', MINUTES(2)),
  tooManyMembers: warning('lower the desired capacity: etcd should not have more than seven voters'),
  nameUnsafe: warning('remove the member with that name with etcdctl'),
  joinFailed: warning('read the log of the boot script on that instance; the group replaces it'),
  settling: QUIET,
  awaitingReplacement: QUIET,
  leaveQueued: QUIET,
  instanceRetained: warning('terminate that instance in EC2 once its replacement votes'),
  hookPastHalf: warning('end what the instance waits for: Auto Scaling ends the wait by itself'),
  deletionPending: QUIET,
  // Only a pass that acts asks for the permit: whoever looks reads its key.
  permitHeld: warning('delete the key /etcd-autopilot/disruption if nobody holds it any more', MINUTES(2)),
  rebooting: notice('nothing: it ends when that machine is back'),
  rebootOverdue: warning('look at that machine, or release its lock with etcd-autopilot reboots release'),
  rebootsUnreadable: warning('deploy the version that wrote the key, or delete the key if no member reboots'),
  notTolerant: warning('bring the named voters back: the leaver waits for them', MINUTES(2)),
  voterBehind: warning('look at the disk and the network of that voter'),
  makingSpace: warning('nothing: writes are taken again when its databases are compacted and defragmented'),
  quotaReached: critical(
    'delete keys that nobody needs, or raise maintenance.quotaBytes: until then no write is taken',
  ),
  memberCorrupt: critical('nothing: that member is removed, and its instance replaced'),
  corruptUnclear: critical(
    'take a snapshot of each member and compare them: nobody can tell whose data is right',
  ),
  defragmentationDue: notice('nothing: it is done when the others can do without that member'),
  evenSize: warning('choose an odd size: an even one bears no more failures than one less'),
  refused: warning('look at the error: nothing could be judged, and the next look tries again'),
} as const satisfies Readonly<Record<WaitKind, CheckEntry | null>>;

type Table = typeof WAIT_CHECKS;

/** Waits that are findings, under their own names. */
export type WaitCode = { [Kind in keyof Table]: Table[Kind] extends null ? never : Kind }[keyof Table];

/** The wait as a finding's code; `null`: nothing is wrong. */
export const waitCode = (kind: WaitKind): WaitCode | null => (isWaitCode(kind) ? kind : null);

const isWaitCode = (kind: WaitKind): kind is WaitCode => WAIT_CHECKS[kind] !== null;

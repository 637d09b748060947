/**
 * What keeps a cluster from tolerating one more failure, and what it is about. Everything that
 * takes a node on purpose waits while there is one: updates, refreshes, scale-in, reboots.
 */
export interface Shortfall {
  readonly code: ShortfallCode;
  /** The instance, member, alarm or figure that it is about. */
  readonly subject: string | null;
  /** One sentence for a person: what was found. What to do stands in {@link SHORTFALL_ADVICE}. */
  readonly text: string;
}

export type ShortfallCode = keyof typeof SHORTFALL_ADVICE;

/** The closed list, each with what to do. docs/gates.md has a section for each (checked by a test). */
export const SHORTFALL_ADVICE = {
  notFounded: 'wait until the group’s instances have founded the cluster',
  noVoterAnswers:
    'see the runbook for a cluster without quorum: membership stays as it is until voters answer',
  noLeader: 'wait for an election; if it stays, look at the network between the members',
  membersDisagree: 'wait until the change in flight has reached all voters',
  voterSilent: 'look at etcd on that machine; the autopilot has it replaced when its grace is over',
  voterBehind: 'wait until it has caught up; if it stays, look at its disk and its network',
  tooFewVoters: 'let the group launch its instances, or mend what keeps them from joining',
  toleratesTooFew: 'run a larger cluster (3 voters bear 1 failure, 5 bear 2), or require a smaller tolerance',
  learnerPresent: 'wait until it votes, or until it is removed for not catching up',
  changeInFlight: 'wait until the instance has joined or left; its wait tells what it waits for',
  alarmRaised: 'wait for room to be made, or mend the cause of the alarm as the runbook says',
  foreignCluster: 'stop the etcd that does not belong here',
  frozen: 'correct the configuration, or set frozen to false',
  deleting: 'nothing: the cluster is being deleted',
  unstable: 'wait: the cluster is whole, and has to stay so for the asked time',
  rebooting: 'wait until that machine is back, or release its lock with etcd-autopilot reboots release',
  snapshotMissing: 'take a snapshot, or do not require one',
  versionStep: 'go through the versions in between, one minor at a time',
  statusOld: 'wait for the next look of the autopilot; if it stays, deploy one version of all functions',
} as const;

const TEXT: Readonly<Record<ShortfallCode, (subject: string) => string>> = {
  notFounded: () => 'the cluster is not founded yet',
  noVoterAnswers: () => 'no voter answers',
  noLeader: () => 'the voters know no leader',
  membersDisagree: () => 'the voters tell different member lists',
  voterSilent: (subject) => `voter ${subject} does not answer`,
  voterBehind: (subject) => `voter ${subject} is too far behind the leader`,
  tooFewVoters: (subject) => `${subject} voters are there`,
  toleratesTooFew: (subject) => `of the failures that are to be tolerated it bears ${subject}`,
  learnerPresent: (subject) => `${subject} is a learner and does not vote yet`,
  changeInFlight: (subject) => `${subject} is joining or leaving`,
  alarmRaised: (subject) => `etcd raises the alarm ${subject}`,
  foreignCluster: (subject) => `its instances run more than one cluster (${subject})`,
  frozen: () => 'the cluster is frozen by its configuration',
  deleting: () => 'the cluster is being deleted',
  unstable: (subject) => `it has been whole for ${subject} seconds`,
  rebooting: (subject) => `${subject} holds the lock for reboots`,
  snapshotMissing: (subject) => `no snapshot of the last ${subject} seconds is known`,
  versionStep: (subject) => `etcd may not go to that version now: ${subject}`,
  statusOld: (subject) =>
    subject === ''
      ? 'no status tells how the cluster is now'
      : `the published status cannot be understood (${subject})`,
};

export const shortfall = (code: ShortfallCode, subject: string | null = null): Shortfall => ({
  code,
  subject,
  text: TEXT[code](subject ?? ''),
});

export const isShortfallCode = (code: string): code is ShortfallCode => Object.hasOwn(SHORTFALL_ADVICE, code);

/** All of them in one line, for a stack event, a log line or a person. */
export const shortfallsText = (shortfalls: readonly Shortfall[]): string =>
  shortfalls.map(({ code, text }) => `${text} (${code})`).join('; ');

import type { Lane } from './lanes.ts';
import type { ActionRecord, Recording } from './recording.ts';

/** Puts the letters of the lanes in the place of ids, in any text. */
export type Naming = (text: string) => string;

/** Instances by their letter, and members by the letter of their instance. */
export function namingOf({ samples }: Pick<Recording, 'samples'>, lanes: readonly Lane[]): Naming {
  const letters = new Map(lanes.map(({ id, letter }) => [id, letter]));
  for (const { members } of samples) {
    for (const { id, instanceId } of members ?? []) {
      const letter = letters.get(instanceId);
      if (letter !== undefined) letters.set(id, letter);
    }
  }
  return (text) =>
    text
      .replaceAll(/\bi-[0-9a-f]+\b|\b\d{15,20}\b/g, (id) => letters.get(id) ?? id)
      .replaceAll(/\bmember (\w+) on \1\b/g, 'member $1');
}

/** The one letter that an action is about; empty: none. */
export function subjectOf({ instanceId, memberId }: ActionRecord, naming: Naming): string {
  const id = instanceId ?? memberId;
  const name = id === null ? '' : naming(id);
  return name === id ? '' : name;
}

/** Sign and words of the actions that change the cluster. */
const CHANGES: Readonly<Record<string, readonly [sign: string, words: string]>> = {
  claimCluster: ['◎', 'founds the cluster'],
  addLearner: ['+', 'adds {} as a learner'],
  promoteLearner: ['↑', 'makes {} a voter, it has caught up'],
  removeMember: ['−', 'removes {} from the cluster'],
  moveLeader: ['⇄', 'moves leadership away from a voter that leaves next'],
  reportUnhealthy: ['!', 'reports {} to its group as unhealthy'],
  endInstance: ['■', 'ends {} first, for no replacement can vote while it counts'],
  cancelRefresh: ['■', 'ends the instance refresh that launched {}, if there is one'],
};

const BOOKKEEPING: Readonly<Record<string, string>> = {
  tagGroup: 'tags the group as bootstrapped',
  writeClaim: 'pins the id of the cluster',
  writeTicket: 'writes a ticket',
  removeParameters: 'deletes parameters of what is gone',
  remember: 'writes down what it saw',
  publishList: 'publishes a list of the voters',
  publishStatus: 'publishes the status',
  answerHook: 'completes a hook',
  signalStack: 'tells the stack what became of an instance',
};

const BECAUSE: Readonly<Record<string, string>> = {
  terminating: 'its instance is being terminated',
  instanceGone: 'its instance is gone',
  diskLost: 'its data is lost',
  neverStarted: 'its etcd did not start',
  neverCaughtUp: 'it did not catch up',
  versionStep: 'the voters were not ready for its version',
  silent: 'its etcd has not answered for longer than its grace',
  votes: 'the member votes and is published',
  left: 'the member has left',
  neverJoined: 'it never was a member',
  clusterDeleted: 'the cluster is being deleted',
  joinFailed: 'its etcd did not start',
};

/** Whether it changes who is in the cluster, or who leads; all else is bookkeeping. */
export const isChange = ({ kind }: ActionRecord): boolean => Object.hasOwn(CHANGES, kind);

/** Signs and their meaning, for a legend. */
export const signsText = (): string =>
  [
    ...Object.values(CHANGES).map(([sign, words]) => `${sign} ${words.replace('{}', 'it')}`),
    '× etcd refuses',
  ].join(' · ');

export const signOf = ({ kind, refusal }: ActionRecord): string =>
  refusal === null ? (CHANGES[kind]?.[0] ?? '·') : '×';

/** What the autopilot did, or tried, as a sentence without its subject. */
export function actionText(action: ActionRecord, naming: Naming): string {
  const { kind, because, refusal } = action;
  const words = CHANGES[kind]?.[1] ?? BOOKKEEPING[kind] ?? kind;
  const done = words.replace('{}', subjectOf(action, naming) || 'a member');
  const reason = because === null || kind === 'writeClaim' ? '' : `: ${BECAUSE[because] ?? because}`;
  return refusal === null ? `${done}${reason}` : `${done}: refused, ${naming(refusalText(refusal))}`;
}

/** Without the address and the question, which the line tells already. */
const refusalText = (refusal: string): string =>
  refusal.replace(/^etcd at \S+ refused when asked to [^:]+: /, '');

/** The one refusal that a reader is sure to meet, and to wonder about. */
export const hintOf = (actions: readonly ActionRecord[]): string =>
  actions.some(({ refusal }) => refusal?.includes('unhealthy cluster') === true)
    ? '“unhealthy cluster”: this etcd changes its members only when its voters have been connected for five seconds. The autopilot tries again.'
    : '';

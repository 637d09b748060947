import type { Recording, Sample, SampledInstance, SampledMember } from './recording.ts';

/** What an instance is to the cluster at a moment. */
export type LaneState =
  | 'booting'
  | 'waiting'
  | 'starting'
  | 'learner'
  | 'voter'
  | 'leader'
  | 'silent'
  | 'dead'
  | 'out';
/** The lifecycle hook that holds it. */
export type Hold = 'launch' | 'terminate';

export interface Span<Kind> {
  readonly kind: Kind;
  readonly fromMs: number;
  readonly toMs: number;
}

/** One instance through the whole run. */
export interface Lane {
  /** A, B, C … in the order of launch. */
  readonly letter: string;
  readonly id: string;
  readonly address: string;
  readonly zone: string;
  readonly states: readonly Span<LaneState>[];
  readonly holds: readonly Span<Hold>[];
  readonly fromMs: number;
  readonly toMs: number;
  /** Whether it ended before the recording did. */
  readonly ended: boolean;
}

interface Memo {
  /** The last list that anybody told: it holds until another is told. */
  members: readonly SampledMember[];
  readonly answered: Set<string>;
}

/** One lane for each instance that was ever seen, in the order of launch. */
export function lanesOf({ samples, endMs }: Pick<Recording, 'samples' | 'endMs'>): readonly Lane[] {
  const memo: Memo = { members: [], answered: new Set() };
  const drafts = new Map<string, Draft>();
  for (const [index, sample] of samples.entries()) {
    if (sample.members !== null) memo.members = sample.members;
    const toMs = samples[index + 1]?.atMs ?? endMs;
    for (const instance of sample.instances) {
      if (instance.answers) memo.answered.add(instance.id);
      const state = stateOf(instance, memo);
      if (state === null) continue;
      const draft = drafts.get(instance.id) ?? draftOf(instance);
      drafts.set(instance.id, draft);
      extend(draft.states, state, sample.atMs, toMs);
      const hold = holdOf(instance);
      if (hold !== null) extend(draft.holds, hold, sample.atMs, toMs);
    }
  }
  return [...drafts.values()].map((draft, index) => finish(draft, index, endMs));
}

/** Groups of one sample are numbered as fleet tells them, which is the order of their launch. */
export const letterOf = (index: number): string =>
  index < 26
    ? String.fromCharCode(65 + index)
    : `${letterOf(Math.floor(index / 26) - 1)}${letterOf(index % 26)}`;

/** `null`: it is gone, and nothing of it is left in the cluster. */
export function stateOf(instance: SampledInstance, memo: Readonly<Memo>): LaneState | null {
  const member = memo.members.find(({ instanceId }) => instanceId === instance.id);
  if (instance.ec2State === 'terminated') return goneState(instance, member);
  if (instance.lifecycle === 'Terminating:Proceed' || instance.ec2State === 'shutting-down') return 'out';
  if (member === undefined) return outsideState(instance);
  if (member.isLearner) return 'learner';
  if (instance.answers) return instance.leads ? 'leader' : 'voter';
  return memo.answered.has(instance.id) ? 'silent' : 'starting';
}

/** Dead, and its group or the cluster has not drawn the consequence yet. */
function goneState(instance: SampledInstance, member: SampledMember | undefined): LaneState | null {
  return member !== undefined && instance.lifecycle !== 'Terminated' ? 'dead' : null;
}

function outsideState({ lifecycle, ec2State }: SampledInstance): LaneState {
  if (ec2State === 'pending' || lifecycle === 'Pending') return 'booting';
  return lifecycle.startsWith('Terminating') ? 'out' : 'waiting';
}

function holdOf({ lifecycle }: SampledInstance): Hold | null {
  if (lifecycle === 'Pending:Wait') return 'launch';
  return lifecycle === 'Terminating:Wait' ? 'terminate' : null;
}

interface Draft {
  readonly instance: SampledInstance;
  readonly states: Span<LaneState>[];
  readonly holds: Span<Hold>[];
}

const draftOf = (instance: SampledInstance): Draft => ({ instance, states: [], holds: [] });

/** Lengthens the last span when it is of the same kind and has no gap before this one. */
export function extend<Kind>(spans: Span<Kind>[], kind: Kind, fromMs: number, toMs: number): void {
  const last = spans.at(-1);
  if (last !== undefined && last.kind === kind && last.toMs === fromMs)
    spans.splice(-1, 1, { ...last, toMs });
  else spans.push({ kind, fromMs, toMs });
}

function finish({ instance, states, holds }: Draft, index: number, endMs: number): Lane {
  const { id, address, zone } = instance;
  const fromMs = states[0]?.fromMs ?? 0;
  const toMs = states.at(-1)?.toMs ?? fromMs;
  return { letter: letterOf(index), id, address, zone, states, holds, fromMs, toMs, ended: toMs < endMs };
}

/** How many voters there are, how many of them answer, and how many must for a write to be taken. */
export interface Strength {
  readonly fromMs: number;
  readonly toMs: number;
  readonly voters: number;
  readonly answering: number;
  readonly quorum: number;
}

/** Empty until somebody told a member list, and from when the group is told to want nobody: that is no loss. */
export function strengthOf({ samples, endMs }: Pick<Recording, 'samples' | 'endMs'>): readonly Strength[] {
  const strengths: Strength[] = [];
  let members: readonly SampledMember[] = [];
  for (const [index, sample] of samples.entries()) {
    if (sample.members !== null) members = sample.members;
    const voters = members.filter(({ isLearner }) => !isLearner);
    if (voters.length === 0 || sample.desired === 0 || sample.desired === null) continue;
    const toMs = samples[index + 1]?.atMs ?? endMs;
    strengths.push({ fromMs: sample.atMs, toMs, ...countsOf(sample, voters) });
  }
  return strengths.reduce<Strength[]>(joinEqual, []);
}

function countsOf(sample: Sample, voters: readonly SampledMember[]) {
  const answering = voters.filter(({ instanceId }) =>
    sample.instances.some((instance) => instance.id === instanceId && instance.answers),
  ).length;
  return { voters: voters.length, answering, quorum: Math.floor(voters.length / 2) + 1 };
}

function joinEqual(joined: Strength[], next: Strength): Strength[] {
  const last = joined.at(-1);
  const isSame = last?.voters === next.voters && last.answering === next.answering;
  if (last !== undefined && isSame) joined.splice(-1, 1, { ...last, toMs: next.toMs });
  else joined.push(next);
  return joined;
}

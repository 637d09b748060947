import type { MemberEntry } from '../../functions/core/ports.ts';
import { quorumOf } from '../../functions/core/quorum.ts';
import { type FakeInstance, PATH } from '../simulation/world/fake-world.ts';

/** What a world of real etcd knows of itself, and the planner does not. */
export interface Truth {
  readonly instances: readonly FakeInstance[];
  readonly parameters: ReadonlyMap<string, string>;
  /** Members of nobody may be removed, for the configuration says so. */
  readonly mayRemoveStrangers: boolean;
  /** Instances whose data is not what the others have. */
  readonly rotten: ReadonlySet<string>;
  /** The etcd of this instance runs, and is neither frozen nor cut off. */
  isAwake(instanceId: string): boolean;
}

export type Change = 'addLearner' | 'promote' | 'remove' | 'moveLeader';

/**
 * The safety rules of design section 2, judged by what really runs, right before each
 * change of real members. Returns what it breaks.
 */
export function judgeChange(
  truth: Truth,
  change: Change,
  id: string,
  members: readonly MemberEntry[],
): readonly string[] {
  const voters = members.filter((member) => !member.isLearner);
  const about = `${change} ${id}`;
  const broken: string[] = [];
  const rule = (isBroken: boolean, words: string) => {
    if (isBroken) broken.push(`${about}: ${words}`);
  };
  const awakeCount = (list: readonly MemberEntry[]) =>
    list.filter((member) => {
      const owner = truth.instances.find(({ disk }) => disk === member.id);
      return owner !== undefined && truth.isAwake(owner.id);
    }).length;
  rule(awakeCount(voters) < quorumOf(voters.length), 'without a majority');
  if (change === 'addLearner') {
    rule(
      members.some((member) => member.isLearner || member.clientUrls.length === 0),
      'another change is in flight',
    );
  }
  if (change === 'promote' && voters.length > 1) {
    rule(awakeCount(voters) < quorumOf(voters.length + 1), 'the newcomer may be what a majority needs');
  }
  const member = members.find((candidate) => candidate.id === id);
  const owner = truth.instances.find(({ disk, id: name }) => disk === id || name === member?.name);
  if (change === 'moveLeader') rule(isLeaving(owner), 'it leaves');
  if (change === 'remove' && member !== undefined) {
    const staying = voters.filter((voter) => voter.id !== id);
    const isVoter = !member.isLearner;
    rule(isVoter && awakeCount(staying) < quorumOf(staying.length), 'no majority stays');
    rule(owner === undefined && isVoter && !truth.mayRemoveStrangers, 'it is a stranger');
    const isWhole = owner !== undefined && !isLost(truth, owner, id) && !truth.rotten.has(owner.id);
    rule(isVoter && isWhole, 'its instance is there, and whole');
  }
  return broken;
}

const isLeaving = (instance: FakeInstance | undefined): boolean =>
  /^(?:Terminating|Warmed)/.test(instance?.lifecycle ?? '');

function isLost(truth: Truth, owner: FakeInstance, memberId: string): boolean {
  const isGone = owner.state === 'terminated' && !owner.listed;
  const isReported = truth.parameters.has(`${PATH}reports/${owner.id}`);
  return isGone || isLeaving(owner) || owner.disk !== memberId || isReported;
}

/** An instance goes into service as a voter, and out of it as nobody. */
export function judgeRelease(
  instance: FakeInstance,
  result: 'CONTINUE' | 'ABANDON',
  members: readonly MemberEntry[],
): readonly string[] {
  if (members.length === 0) return []; // no cluster has been seen yet
  const member = members.find(({ id }) => id === instance.disk);
  if (isLeaving(instance)) return member === undefined ? [] : [`${instance.id} is let go as a member`];
  const votes = member !== undefined && !member.isLearner;
  return result === 'ABANDON' || votes ? [] : [`${instance.id} goes into service without voting`];
}

/** Only what does not answer, or is about to end, is reported, and nobody while another leaves that can. */
export function judgeReport(truth: Truth, id: string, members: readonly MemberEntry[]): readonly string[] {
  const reported = truth.instances.find((instance) => instance.id === id);
  const others = truth.instances.filter((one) => one.id !== id && one.listed);
  /** Whether the voters that stay without this instance are a majority that is awake. */
  const isSpared = (one: FakeInstance | undefined): boolean => {
    const staying = members.filter((member) => !member.isLearner && member.id !== one?.disk);
    const awake = truth.instances.filter(
      ({ id: other, disk }) => truth.isAwake(other) && staying.some((member) => member.id === disk),
    );
    return awake.length >= quorumOf(staying.length);
  };
  const broken: string[] = [];
  if (reported?.ending == null && truth.isAwake(id)) broken.push(`${id} is reported, and answers`);
  if (others.some((one) => (isLeaving(one) && isSpared(one)) || one.health === 'Unhealthy'))
    broken.push(`${id} is reported while another leaves`);
  if (!isSpared(reported)) broken.push(`${id} is reported, and the others are no majority`);
  return broken;
}

import type { Bench } from './bench.ts';
import { instanceNamed, isLeavingState, isMajority, readTicket, type TrueMember, textAt } from './truth.ts';
import type { PassWatch } from './watch.ts';

/**
 * R2: the voters that answer can commit the change, and those that remain the next write. Who answers is
 * who proved it to this function and truly ran then: what stopped in between nobody could know.
 */
export function judgeCommit(bench: Bench, watch: PassWatch, what: string): void {
  const [answering, voters] = [watch.answering().length, watch.voters().length];
  bench.rule('R2', !isMajority(answering, voters), () => `${what} with ${answering} of ${voters} voters`);
}

/** A key is no membership: one voter that proved itself is enough, for etcd commits it or does not. */
export function judgeWitness(bench: Bench, watch: PassWatch, what: string): void {
  bench.rule('R2', watch.answering().length === 0, () => `${what} and no voter answers`);
}

/** Whatever ends a voter: the others must be a majority of what stays. */
export function judgeWithout(bench: Bench, watch: PassWatch, id: string, what: string): void {
  const staying = watch.voters().filter((voter) => voter.id !== id);
  const answering = watch.answering().filter((voter) => voter.id !== id);
  const words = () => `${what} leaves ${answering.length} of ${staying.length} voters that answer`;
  bench.rule('R2', !isMajority(answering.length, staying.length), words);
}

/** The new voter counts as not answering; 1 -> 2 needs it in sync on three looks in a row. */
export function judgePromotion(bench: Bench, watch: PassWatch, memberId: string): void {
  const learner = watch.snapshot.members.find(({ id }) => id === memberId);
  if (learner !== undefined && !learner.isLearner) return;
  judgeCommit(bench, watch, `${memberId} is promoted`);
  const [answering, voters] = [watch.answering().length, watch.voters().length];
  const looks = bench.memory.inSync.get(memberId) ?? 0;
  if (voters === 1)
    bench.rule('R2', looks < 3, () => `${memberId} becomes the second voter after ${looks} looks in sync`);
  else {
    const words = () => `${memberId} is promoted to be voter ${voters + 1}, and ${answering} answer`;
    bench.rule('R2', !isMajority(answering, voters + 1), words);
  }
  judgeCaughtUp(bench, watch, memberId, learner);
}

/** R4: caught up, by what it told, and on a machine that stays. */
function judgeCaughtUp(bench: Bench, watch: PassWatch, memberId: string, learner?: TrueMember): void {
  const told = watch.told.get(memberId);
  const isUp = told?.isUp === true && (bench.memory.inSync.get(memberId) ?? 0) > 0;
  bench.rule('R4', !isUp, () => `${memberId} is promoted before it caught up`);
  const state = watch.listed.get(ownerOf(bench, learner)) ?? '';
  bench.rule('R4', isLeavingState(state), () => `${memberId} is promoted on its way out (${state})`);
}

/** The instance behind a member, by what the world knows: its name, else who was added at its address. */
export function ownerOf({ truth, memory }: Bench, member: TrueMember | undefined): string {
  if (member === undefined) return '';
  const known = instanceNamed(truth, member.name)?.id ?? memory.added.get(member.id)?.instanceId;
  if (known !== undefined || member.name !== '') return known ?? '';
  const byAddress = truth.instances.findLast(
    (instance) => instance.state !== 'terminated' && holds(truth.clientUrl(instance), member.peerUrl),
  );
  return byAddress?.id ?? '';
}

const holds = (clientUrl: string, peerUrl: string): boolean =>
  peerUrl.startsWith(clientUrl.replace(/:\d+$/, ':'));

/** R11, I4: written down before it is added; one at a time; each instance once. */
export function judgeAdd(bench: Bench, watch: PassWatch, peerUrl: string): void {
  judgeCommit(bench, watch, `${peerUrl} is added`);
  const { truth } = bench;
  const announced = [...watch.listed.keys()].find((id) => {
    const ticket = readTicket(textAt(truth, `members/${id}`) ?? '');
    return ticket.state === 'joining' && ticket.peerUrl === peerUrl;
  });
  bench.rule('R11', announced === undefined, () => `${peerUrl} is added and not written down before`);
  const learners = watch.snapshot.members.filter(({ isLearner }) => isLearner).map(({ id }) => id);
  bench.rule('I4', learners.length > 0, () => `${peerUrl} is added while ${learners} joins`);
  if (announced === undefined) return;
  const state = watch.listed.get(announced) ?? '';
  bench.rule('R4', isLeavingState(state), () => `${announced} is added on its way out (${state})`);
  const present = watch.snapshot.members.filter((member) => ownerOf(bench, member) === announced);
  bench.rule(
    'I4',
    present.length > 0,
    () => `${announced} is added, and is ${present.map(({ id }) => id)} already`,
  );
}

import type { Bench } from './bench.ts';
import { ownerOf } from './quorum.ts';
import { isFenced, openRecoveryIn } from './recovery.ts';
import { isRebooting, waitsForSilent } from './tolerance.ts';
import {
  instanceNamed,
  isIntended,
  isLetGo,
  namesIn,
  readClaim,
  type TrueInstance,
  type TrueMember,
  textAt,
  wordOf,
} from './truth.ts';
import type { PassWatch } from './watch.ts';

/** R6: a list names voters and nobody else, and all of those that answer; it is never empty. */
export function judgeList(bench: Bench, watch: PassWatch, name: 'endpoints' | 'peers', text: string): void {
  const entries = text.split(',');
  const isTidy = text === [...new Set(entries)].sort().join(',') && !entries.includes('');
  bench.rule('R6', !isTidy, () => `${name} is empty or untidy: "${text}"`);
  const urls = name === 'endpoints' ? entries : entries.map((pair) => pair.slice(pair.indexOf('=') + 1));
  const urlOf = (member: { readonly clientUrl: string; readonly peerUrl: string }) =>
    name === 'endpoints' ? member.clientUrl : member.peerUrl;
  const known = [...watch.snapshot.members, ...bench.truth.etcd.members];
  const voters = known.filter(({ id }) => watch.votedAtSomeMoment(id)).map(urlOf);
  const others = urls.filter((url) => !voters.includes(url));
  bench.rule('R6', others.length > 0, () => `${name} names ${others}, who do not vote`);
  const missing = watch
    .answering()
    .filter(
      (voter) => watch.votedThroughout(voter.id) && voter.clientUrl !== '' && !urls.includes(urlOf(voter)),
    );
  bench.rule('R6', missing.length > 0, () => `${name} leaves out ${missing.map(({ name: id }) => id)}`);
  const isDead = watch.answering().length === 0;
  bench.rule('R6', isDead, () => `${name} is written while no voter answers: "${text}"`);
}

/** R12, R6: what others read goes only with the whole cluster, the proof that it existed last. */
export function judgeDeletion(bench: Bench, watch: PassWatch, names: readonly string[]): void {
  // Nobody is told any more of a cluster that is lost for ever, and that another follows.
  const passing = openRecoveryIn(bench) === null ? PASSING : PASSING_WHEN_LOST;
  const kept = names.filter((name) => !passing.test(name));
  bench.rule(
    'R12',
    kept.length > 0 && !isIntended(bench.truth),
    () => `${kept} deleted without an intent to`,
  );
  // What is recorded of a hosted zone is left to dns, which must still remove the records that it names.
  const left = namesIn(bench.truth).filter((name) => !names.includes(name) && !name.startsWith('dns/'));
  const isLast = !names.includes('bootstrap') || left.length === 0;
  bench.rule('R12', !isLast, () => `bootstrap is deleted before ${left}`);
  const running = bench.truth.instances.filter(
    (one) => one.listed && one.state !== 'terminated' && !isUnseen(bench, one),
  );
  const isEarly = kept.length > 0 && running.length > 0;
  bench.rule('R6', isEarly, () => `${kept} deleted while ${running.map(({ id }) => id)} run`);
  if (names.includes('bootstrap') && isIntended(bench.truth)) bench.memory.forget();
  for (const name of names) if (!isIntended(bench.truth)) judgeForgotten(bench, watch, name);
}

/** What comes and goes with instances, and with a silence. */
const PASSING = /^(?:members\/.*|reports\/.*|quorum)$/;
const PASSING_WHEN_LOST = /^(?:members\/.*|reports\/.*|quorum|status|endpoints|peers)$/;

/** One that no list has shown, for it is left out of them or too young, is known to nobody. */
function isUnseen({ truth, memory }: Bench, { id, launchedAtMs }: TrueInstance): boolean {
  const isYoung = truth.nowMs - launchedAtMs <= truth.times.unlistedSeconds * 1_000;
  return !memory.shown.has(id) && (isYoung || truth.hidden.has(id));
}

/** R1, R11: while its instance may run, a ticket tells whose member that is, and that it was used. */
function judgeForgotten(bench: Bench, watch: PassWatch, name: string): void {
  if (!name.startsWith('members/')) return;
  const id = name.slice('members/'.length);
  const instance = instanceNamed(bench.truth, id);
  const mayRun = instance !== undefined && instance.state !== 'terminated';
  bench.rule('R12', mayRun, () => `the ticket of ${id} is deleted while it runs`);
  if (isFenced(bench, id)) return;
  const members = watch.snapshot.members.filter((member) => ownerOf(bench, member) === id);
  bench.rule('R11', members.length > 0, () => `the ticket of ${id} is deleted while it is a member`);
}

/** R7: an answer lets an instance go, so its work must be done. */
export function judgeAnswer(bench: Bench, watch: PassWatch, id: string, result: unknown): void {
  const state = watch.listed.get(id) ?? 'unlisted';
  bench.rule('R7', !state.endsWith(':Wait'), () => `a hook of ${id} is answered, which is ${state}`);
  if (isLetGo(bench.truth) || state.startsWith('Warmed:') || isFenced(bench, id)) return;
  if (state !== 'Pending:Wait') judgeLeave(bench, watch, id);
  else if (result === 'CONTINUE') judgeEntry(bench, watch, id);
  else judgeAbandon(bench, watch, id);
}

const membersOf = (bench: Bench, watch: PassWatch, id: string) =>
  watch.snapshot.members.filter((member) => ownerOf(bench, member) === id);

/** The cluster formed while this function asked, and without it: nobody ever let it start, and never will. */
function hasNeverJoined({ truth, memory }: Bench, watch: PassWatch, id: string): boolean {
  const wasGiven = textAt(truth, `members/${id}`) !== undefined || memory.founders.has(`members/${id}`);
  const hasData = instanceNamed(truth, id)?.disk !== null;
  return watch.clusterIds.size === 0 && !wasGiven && !hasData;
}

function judgeLeave(bench: Bench, watch: PassWatch, id: string): void {
  const isMember = membersOf(bench, watch, id).length > 0 && !hasNeverJoined(bench, watch, id);
  bench.rule('R7', isMember, () => `${id} is let go as a member`);
  const instance = instanceNamed(bench.truth, id);
  const url = instance === undefined ? '?' : bench.truth.clientUrl(instance);
  const isTold = (textAt(bench.truth, 'endpoints') ?? '').split(',').includes(url);
  bench.rule('R6', isTold, () => `${id} is let go while it is published`);
}

function judgeEntry(bench: Bench, watch: PassWatch, id: string): void {
  const voters = watch.answering().filter((voter) => ownerOf(bench, voter) === id);
  bench.rule('R7', voters.length !== 1, () => `${id} goes into service without voting`);
  const listed = (textAt(bench.truth, 'endpoints') ?? '').split(',');
  const isListed = voters.every(({ clientUrl }) => listed.includes(clientUrl));
  bench.rule('R7', !isListed, () => `${id} goes into service and is not published`);
  const isClosed = (textAt(bench.truth, `members/${id}`) ?? '').startsWith('AUTOPILOT_STATE=started\n');
  bench.rule('R7', !isClosed, () => `${id} goes into service with a ticket that starts it again`);
}

/** Its version may forbid that it ever votes. */
const isOfAnotherVersion = ({ truth }: Bench, { id, isLearner }: TrueMember): boolean =>
  isLearner && (truth.etcd.processOf(id)?.version ?? null) !== null;

/** One that never voted, and that no function reaches: it has its grace, and then its machine is given up. */
const isUnheardLearner = ({ truth }: Bench, { isLearner, clientUrl }: TrueMember): boolean =>
  isLearner && truth.etcd.blackHoles?.has(clientUrl) === true;

/** Nobody is abandoned whose etcd serves; before there is a cluster only the founders of a claim that failed. */
function judgeAbandon(bench: Bench, watch: PassWatch, id: string): void {
  const serving = membersOf(bench, watch, id).filter(
    (member) =>
      watch.snapshot.lasting.has(member.id) &&
      !isOfAnotherVersion(bench, member) &&
      !isUnheardLearner(bench, member),
  );
  bench.rule('R7', serving.length > 0, () => `${id} is abandoned, and its etcd runs`);
  if (bench.truth.etcd.clusterId !== null) return;
  const founders = Object.keys(readClaim(textAt(bench.truth, 'bootstrap'))?.members ?? {});
  // What EC2 calls terminated is so for good, whatever an older list shows.
  const isThere = (one: string) =>
    watch.listed.get(one) === 'Pending:Wait' && wordOf(watch.said.get(one)) !== 'terminated';
  const hasFailed = founders.filter(isThere).length * 2 <= founders.length;
  bench.rule('R1', !hasFailed, () => `${id} is abandoned while its claim may form`);
}

/** R2, R3: whoever is reported does not serve, or ends anyway; one at a time, and the others can do without. */
export function judgeReport(bench: Bench, watch: PassWatch, id: string, isEnded: boolean): void {
  const ending = instanceNamed(bench.truth, id)?.ending ?? null;
  if (ending === 'spotInterruption') return;
  if (isEnded && judgeCorruptEnd(bench, watch, id)) return;
  const members = membersOf(bench, watch, id);
  const serves = ending === null && members.some((member) => watch.snapshot.lasting.has(member.id));
  bench.rule('R2', serves, () => `${id} is reported, and serves`);
  const staying = watch.voters().filter((voter) => !members.includes(voter));
  const answering = watch.answering().filter((voter) => !members.includes(voter));
  const isAble = answering.length * 2 > staying.length;
  bench.rule(
    'R2',
    !isAble,
    () => `${id} is reported, and ${answering.length} of ${staying.length} others answer`,
  );
  const others = [...watch.listed.keys()].filter(
    (one) => one !== id && (isGoing(bench, watch, one) || (!isEnded && isReported(bench, watch, one))),
  );
  const isBroken = others.length > 0 && !isRebooting(bench, id);
  bench.rule('I4', isBroken, () => `${id} is reported while ${others} leaves`);
}

/** M3: the machine of a member that was removed for its data is ended, though an alarm has everybody silent. */
function judgeCorruptEnd(bench: Bench, watch: PassWatch, id: string): boolean {
  const { truth, memory } = bench;
  const instance = instanceNamed(truth, id);
  const isSpoilt = truth.etcd.space.corrupt.has(instance?.disk ?? '');
  // A wiped disk shows nothing of it any more.
  const wasRemoved = instance !== undefined && memory.removedCorrupt.has(truth.clientUrl(instance));
  const wasCorrupt = (isSpoilt || wasRemoved) && membersOf(bench, watch, id).length === 0;
  bench.rule(
    'M3',
    watch.alarms.has('CORRUPT') && !wasCorrupt,
    () => `${id} is ended under an alarm of another`,
  );
  return wasCorrupt;
}

/** Its group replaces it already, and it does not serve meanwhile. */
function isReported(bench: Bench, watch: PassWatch, id: string): boolean {
  if (watch.listed.get(id) !== 'InService' || !watch.unhealthy.has(id)) return false;
  return membersOf(bench, watch, id).every((member) => !watch.snapshot.lasting.has(member.id));
}

/** Another voter is on its way out, and could be spared: then one after the other. */
function isGoing(bench: Bench, watch: PassWatch, id: string): boolean {
  const voter = watch.voters().find((one) => ownerOf(bench, one) === id);
  if (watch.listed.get(id) !== 'Terminating:Wait') return false;
  if (voter !== undefined && watch.snapshot.running.has(voter.id) && waitsForSilent(bench, watch, id))
    return false;
  const staying = watch.voters().filter((one) => one !== voter);
  const answering = watch.answering().filter((one) => one.id !== voter?.id);
  return answering.length * 2 > staying.length;
}

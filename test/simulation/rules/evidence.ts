import type { Bench } from './bench.ts';
import { heirsOf, isLeaver } from './heirs.ts';
import { isProvenCorrupt } from './maintenance.ts';
import { judgeCommit, judgeWithout, ownerOf } from './quorum.ts';
import { instanceNamed, isLeavingState, readJson, type TrueMember, textAt, wordOf } from './truth.ts';
import type { PassWatch } from './watch.ts';

/** Half a minute would not do: EC2 says "no such instance" of young ones, too. */
const MISSING_FOR_MS = 60_000;

/** R2, R5, R10, R11 of one removal. One that is gone already is no change. */
export function judgeRemoval(bench: Bench, watch: PassWatch, memberId: string): void {
  const member = watch.snapshot.members.find(({ id }) => id === memberId);
  const known = member ?? bench.truth.etcd.members.find(({ id }) => id === memberId);
  if (known === undefined) return;
  bench.rule('R3', member === undefined, () => `${memberId} is removed, and was not there at the last look`);
  judgeCommit(bench, watch, `${memberId} is removed`);
  const owner = ownerOf(bench, known);
  if (owner === '') judgeStranger(bench, watch, known);
  else if (known.isLearner) judgeLearner(bench, watch, known, owner);
  else judgeVoter(bench, watch, known, owner);
  if (!known.isLearner) judgeWithout(bench, watch, memberId, `the removal of ${owner || memberId}`);
}

function judgeStranger(bench: Bench, watch: PassWatch, { id }: TrueMember): void {
  const mayRemove = readJson(watch.configText)?.['removeForeign'] === true;
  bench.rule('R11', !mayRemove, () => `${id} of nobody here is removed`);
  bench.rule(
    'R11',
    watch.told.get(id)?.answers === true,
    () => `${id} of nobody here is removed while it serves`,
  );
}

/** R5: it is leaving, or gone by the group's word and EC2's, or its own boot script said that its data is lost. */
function judgeVoter(bench: Bench, watch: PassWatch, member: TrueMember, owner: string): void {
  const said = [watch.listed.get(owner) ?? 'unlisted', wordOf(watch.said.get(owner))];
  const isCorrupt = isProvenCorrupt(bench, watch, member.id);
  const isEvident =
    isLeaver(watch, owner) ||
    isGone(bench, watch, owner) ||
    hasLostDisk(bench, watch, member, owner) ||
    isCorrupt;
  bench.rule('R5', !isEvident, () => `${owner} is removed by the evidence of ${said}`);
  const instance = instanceNamed(bench.truth, owner);
  const isAlive =
    instance?.state === 'running' && !isLeavingState(instance.lifecycle) && instance.disk === member.id;
  bench.rule(
    'R5',
    isAlive && !isLeaver(watch, owner) && !isCorrupt,
    () => `${owner} is removed, and is there and whole`,
  );
}

function isGone({ truth, memory }: Bench, watch: PassWatch, owner: string): boolean {
  const word = wordOf(watch.said.get(owner));
  if (watch.groupCount === 0 || watch.listed.has(owner)) return false;
  const sinceMs = memory.missingSinceMs.get(owner) ?? truth.nowMs;
  return word === 'terminated' || (word === 'notFound' && truth.nowMs - sinceMs >= MISSING_FOR_MS);
}

function hasLostDisk({ truth }: Bench, watch: PassWatch, member: TrueMember, owner: string): boolean {
  const report = textAt(truth, `reports/${owner}`) ?? '';
  const isTold =
    report.includes(`AUTOPILOT_MEMBER_ID=${member.id}\n`) && /=(?:empty-disk|foreign-data)\n/.test(report);
  return isTold && watch.told.get(member.id)?.answers !== true;
}

/** R4, S13: a learner whose machine stays has its grace, from when it was added. */
function judgeLearner(bench: Bench, watch: PassWatch, member: TrueMember, owner: string): void {
  if (isLeaver(watch, owner) || isGone(bench, watch, owner) || hasLostDisk(bench, watch, member, owner))
    return;
  const sinceMs = bench.memory.added.get(member.id)?.atMs;
  const { unstarted, catchingUp } = Object(readJson(watch.configText)?.['graceSeconds']);
  // Which of the two it used up, to start or to catch up, is not told apart here.
  const graceMs = Math.min(Number(unstarted), Number(catchingUp)) * 1_000;
  // By the clock that it has: one that jumps ends graces, and what is lost by that joins again.
  const ageMs = bench.truth.nowMs + Math.max(0, bench.truth.skewMs) - (sinceMs ?? 0);
  const isEarly = sinceMs !== undefined && ageMs < graceMs;
  bench.rule('R4', isEarly, () => `${owner} loses its learner ${member.id} before its grace is over`);
}

/** R10: leadership leaves first, unless nobody can take it or three transfers failed. */
export function judgeLeadership(bench: Bench, watch: PassWatch, memberId: string): void {
  const isLeader = watch.snapshot.leaderId === memberId && watch.told.get(memberId)?.answers === true;
  if (!isLeader) return;
  const heirs = heirsOf(bench, watch, memberId);
  const isBroken = heirs.length > 0 && watch.failedTransfers < 3;
  bench.rule(
    'R10',
    isBroken,
    () => `${memberId} is removed while it leads, and ${heirs.map(({ id }) => id)} could`,
  );
}

/** R10: to a voter that answers, stays, and has the most. */
export function judgeTransfer(bench: Bench, watch: PassWatch, to: string): void {
  const heirs = heirsOf(bench, watch, '');
  const heir = heirs.find(({ id }) => id === to);
  bench.rule('R10', heir === undefined, () => `leadership goes to ${to}, who leaves or does not answer`);
  const indexOf = (id: string): bigint => watch.told.get(id)?.raftIndex ?? 0n;
  const better = heirs.filter(({ id }) => id !== watch.snapshot.leaderId && indexOf(id) > indexOf(to));
  bench.rule(
    'R10',
    better.length > 0,
    () => `leadership goes to ${to}, and ${better.map(({ id }) => id)} has more`,
  );
}

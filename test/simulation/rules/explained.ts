import { isAdvice, type Wait } from '../../../functions/core/plan/plan.ts';
import type { PassReport } from '../../../functions/engine/report.ts';
import type { Bench } from './bench.ts';
import { ownerOf } from './quorum.ts';
import { instanceNamed, isLetGo, isWaitingState, readJson, textAt } from './truth.ts';
import type { PassWatch } from './watch.ts';

/** Waits that are about the whole cluster: they explain everything that stands still. */
const WHOLE =
  /^(?:groupMissing|twoMemberGroups|configInvalid|secretsUnreadable|accessRefused|frozen|foreignCluster|recordUnreadable|recordNewer|formerCluster|instancesMissing|notAllWaiting|clusterForming|claimFailed|quorumUnknown|alarmRaised|membersDisagree|noCommit|deletionPending|permitHeld|refused|foreignChange|joinsPaused|rebooting|rebootOverdue|rebootsUnreadable|makingSpace|quotaReached|memberCorrupt|corruptUnclear|quorumLost|recovering)$/;

/** Waits that cannot stand in `status`: nothing may be written then, or they are of this one pass. */
const UNWRITTEN =
  /^(?:groupMissing|twoMemberGroups|configInvalid|secretsUnreadable|accessRefused|frozen|foreignCluster|recordUnreadable|recordNewer|formerCluster|instancesMissing|notAllWaiting|clusterForming|claimFailed|membersDisagree|deletionPending|permitHeld|refused|settling|makingSpace|memberCorrupt|choiceRefused)$/;

/** R9: what a pass leaves undone has its reason in the report, and in `status` where that may be written. */
export function judgeReportOf(bench: Bench, watch: PassWatch, report: PassReport): void {
  const { outcome, waits, pending, error } = report;
  if (outcome === 'ignored') return;
  bench.rule('R9', outcome === 'failed' && error === null, () => 'a pass failed, and nobody knows why');
  bench.rule('R9', outcome === 'waiting' && waits.length === 0, () => 'a pass waits for nothing');
  // Nobody waits for what is only advised.
  const isOpen = !waits.every(isAdvice);
  bench.rule('R9', outcome === 'settled' && isOpen, () => `a pass settles with ${kindsOf(waits)}`);
  if (outcome === 'failed') return;
  const hasMoreToDo = pending.length > 0 || outcome === 'stepLimit';
  if (!isLetGo(bench.truth) && !hasMoreToDo) judgeOpen(bench, watch, waits);
  judgeAges(bench, watch, waits);
  const isSeen = report.world !== null && report.world.etcd.view !== null;
  if (isSeen && outcome === 'waiting' && watch.mode === 'act') judgeStatus(bench, watch, waits);
}

const kindsOf = (waits: readonly Wait[]): string => waits.map(({ kind }) => kind).join();

/** Everything that is not as it should be, by what this function was told, is named by a wait. */
function judgeOpen(bench: Bench, watch: PassWatch, waits: readonly Wait[]): void {
  if (waits.some(({ kind }) => WHOLE.test(kind))) return;
  const open = [...openInstances(bench, watch), ...openMembers(bench, watch)];
  const said = open.length === 0 ? '' : JSON.stringify(waits);
  const unsaid = open.filter(([, ...ids]) => !ids.some((id) => id !== '' && said.includes(id)));
  bench.rule(
    'R9',
    unsaid.length > 0,
    () => `${unsaid.map(([what]) => what).join(', ')}, and only ${kindsOf(waits)} is told`,
  );
  bench.rule(
    'R9',
    !isToldToOthers(bench, watch),
    () => `the lists are not true, and only ${kindsOf(waits)} is told`,
  );
}

type Open = readonly [what: string, ...ids: string[]];

function openInstances(bench: Bench, watch: PassWatch): readonly Open[] {
  const owned = new Map(watch.snapshot.members.map((member) => [ownerOf(bench, member), member.id]));
  return [...watch.listed].flatMap(([id, state]): readonly Open[] => {
    if (isWaitingState(state) && !watch.answered.has(id))
      return [[`${id} waits in its hook`, id, owned.get(id) ?? '']];
    return state === 'InService' && !owned.has(id) ? [[`${id} is no member`, id]] : [];
  });
}

/** A voter that answers is kept, wherever its group has it. */
function openMembers(bench: Bench, watch: PassWatch): readonly Open[] {
  return watch.snapshot.members.flatMap((member): readonly Open[] => {
    const { id, isLearner } = member;
    const owner = ownerOf(bench, member);
    if (isLearner) return [[`${id} learns`, id, owner]];
    return watch.told.get(id)?.answers === true ? [] : [[`${id} does not answer`, id, owner]];
  });
}

/** Where nobody votes, nobody is told of. */
function isToldToOthers(bench: Bench, watch: PassWatch): boolean {
  const voters = watch.answering();
  if (voters.length === 0 || watch.mode !== 'act') return true;
  // What another function changed after the last look is for that one to tell.
  if (bench.memory.disruptedAt > (watch.begun.get('parameters') ?? 0)) return true;
  const text = textAt(bench.truth, 'endpoints');
  // Somebody edited it since: the next pass is to find that.
  if (text !== watch.endpointsText) return true;
  const told = (text ?? '').split(',').sort().join();
  return (
    told ===
    voters
      .map(({ clientUrl }) => clientUrl)
      .filter((url) => url !== '')
      .sort()
      .join()
  );
}

/** R7: half of what Auto Scaling gives a hook is over, and nobody is alarmed. */
function judgeAges(bench: Bench, watch: PassWatch, waits: readonly Wait[]): void {
  for (const [id, state] of watch.listed) {
    const limitMs = watch.limitsMs.get(state.startsWith('Pending') ? 'launch' : 'terminate');
    const instance = instanceNamed(bench.truth, id);
    if (!isWaitingState(state) || watch.answered.has(id) || limitMs === undefined || instance === undefined)
      continue;
    // A machine that comes back from its pool, from standby or with another disk was launched long before this hook.
    const sinceMs = state.startsWith('Pending') ? instance.hookAtMs : instance.terminatingAtMs;
    const isLate = (watch.observedAtMs - (sinceMs ?? watch.observedAtMs)) * 2 >= limitMs;
    const isTold = waits.some((wait) => wait.kind === 'hookPastHalf' && wait.instanceId === id);
    bench.rule(
      'R7',
      isLate && !isTold,
      () => `${id} waits in its hook for more than half of its time, untold`,
    );
  }
}

/** R9, I9: who cannot see the report sees the status. */
function judgeStatus(bench: Bench, watch: PassWatch, waits: readonly Wait[]): void {
  // Somebody edited it since.
  if (textAt(bench.truth, 'status') !== watch.statusText) return;
  const status = readJson(textAt(bench.truth, 'status'));
  const written: readonly unknown[] = Array.isArray(status?.['waits']) ? status['waits'] : [];
  const kinds = new Set(written.map((wait) => String(Object(wait)['kind'])));
  const due = waits.filter(({ kind }) => !UNWRITTEN.test(kind));
  const missing = due.filter(({ kind }) => !kinds.has(kind));
  if (waits.length !== due.length) return;
  bench.rule(
    'R9',
    missing.length > 0 && written.length < 12,
    () => `status does not tell of ${kindsOf(missing)}`,
  );
}

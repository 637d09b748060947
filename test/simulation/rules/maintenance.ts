import type { Bench } from './bench.ts';
import { heirsOf } from './heirs.ts';
import { instanceNamed, isMajority, readJson, type TrueMember, textAt } from './truth.ts';
import type { PassWatch } from './watch.ts';

/** What the settings of a history leave to a database before it is taken for nearly full. */
const NEAR = 0.8;
const DAY_MS = 86_400_000;
const REPAIRS_MAX = 3;
/** What is forgotten without need must be older than this, give or take a look. */
const FORGOTTEN_MS = 540_000;
const SIGHT = 'etcd-autopilot/core/sight.json';

const isArmed = ({ truth }: Bench, alarm: 'NOSPACE' | 'CORRUPT'): boolean =>
  [...truth.etcd.alarms.values()].includes(alarm);

/** Under an alarm etcd writes no permit: then nobody else must hold one. */
export function isExcused(bench: Bench, watch: PassWatch): boolean {
  const { permit, alarms } = bench.truth.etcd;
  if (alarms.size === 0 && watch.alarms.size === 0) return false;
  return permit === null || permit.owner === watch.owner || permit.expiresAtMs < bench.truth.nowMs;
}

/** M1: one member at a time stops answering for its defragmentation, followers first, and nobody else is missed then. */
export function judgeDefragmentation(bench: Bench, watch: PassWatch, endpoint: string): void {
  const { etcd, nowMs } = bench.truth;
  const asked = etcd.processes.get(endpoint);
  const member = watch.snapshot.members.find(({ id }) => id === asked?.memberId);
  if (asked === undefined || member === undefined) return;
  const isFull = isArmed(bench, 'NOSPACE') || watch.alarms.has('NOSPACE');
  const others = watch.voters().filter(({ id }) => id !== member.id);
  const down = others.filter(({ id }) => !watch.snapshot.running.has(id)).map(({ id }) => id);
  // Where nothing can be written anyway, the others need only be able to serve.
  const awaited = down.filter((id) => !isOver(bench, others, id));
  const isEnough =
    isFull && (awaited.length === 0 || isMajority(others.length - down.length, others.length + 1));
  bench.rule('M1', down.length > 0 && !isEnough, () => `${member.id} is defragmented while ${down} is down`);
  const learners = watch.snapshot.members.filter(({ isLearner }) => isLearner).map(({ id }) => id);
  bench.rule(
    'M1',
    learners.length > 0 && !isFull,
    () => `${member.id} is defragmented while ${learners} learns`,
  );
  const busy = [...etcd.processes.values()].filter(
    (process) => process !== asked && process.clusterId === etcd.clusterId && process.busyUntilMs > nowMs,
  );
  bench.rule('M1', busy.length > 0, () => `${member.id} is defragmented while ${busy[0]?.memberId} is, too`);
  judgeLead(bench, watch, member);
}

/** Its machine is terminated: nobody waits for that one. */
function isOver({ truth }: Bench, members: readonly TrueMember[], id: string): boolean {
  const name = members.find((one) => one.id === id)?.name ?? '';
  return instanceNamed(truth, name)?.state === 'terminated';
}

/** R10: whoever leads gives that away first, unless nobody can take it or three transfers failed. */
function judgeLead(bench: Bench, watch: PassWatch, { id }: TrueMember): void {
  if (watch.snapshot.leaderId !== id || watch.failedTransfers >= 3) return;
  const heirs = heirsOf(bench, watch, id);
  bench.rule(
    'R10',
    heirs.length > 0,
    () => `${id} is defragmented while it leads, and ${heirs[0]?.id} could`,
  );
}

/** M2: the past is forgotten where room is needed; where there still is some, only what is minutes old. */
export function judgeCompaction(bench: Bench, watch: PassWatch, revision: string): void {
  const { truth } = bench;
  const { space } = truth.etcd;
  const quota = Number(Object(readJson(watch.configText)?.['maintenance']).quotaBytes);
  const isFull = isArmed(bench, 'NOSPACE') || watch.alarms.has('NOSPACE');
  const isNear = space.inUseBytes > quota * NEAR;
  bench.rule('M2', !isFull && !isNear, () => `revisions are forgotten up to ${revision}, and there is room`);
  if (isFull) return;
  const told: unknown = readJson(truth.bucket.objects.get(SIGHT)?.text)?.['samples'];
  const samples: readonly unknown[] = Array.isArray(told) ? told : [];
  const isOld = samples.some((sample) => {
    const { at, revision: then } = Object(sample);
    return truth.nowMs - Date.parse(at) >= FORGOTTEN_MS && BigInt(then) >= BigInt(revision);
  });
  bench.rule('M2', !isOld, () => `what is young is forgotten up to ${revision}, and etcd still takes writes`);
}

/** M2, M3: an alarm is taken back when its cause is gone, as far as a function can see it. */
export function judgeDisarming(bench: Bench, watch: PassWatch, alarm: unknown): void {
  const { memberId, alarm: kind } = Object(alarm);
  const { space } = bench.truth.etcd;
  const isMember = watch.snapshot.members.some(({ id }) => id === memberId);
  if (kind === 'CORRUPT')
    bench.rule('M3', isMember, () => `the alarm of ${memberId} is taken back while it is a member`);
  else {
    const full = watch.proven().filter(({ id }) => space.fileOf(id) >= space.quotaBytes);
    bench.rule('M2', full.length > 0, () => `NOSPACE is taken back while ${full[0]?.id} is full`);
  }
}

/** M2: repairs are counted before they begin, and are few. */
export function judgeSpaceNote(bench: Bench, text: string): void {
  const { nowMs } = bench.truth;
  const told: unknown = readJson(text)?.['spaceRepairsAtMs'];
  const times: readonly unknown[] = Array.isArray(told) ? told : [];
  const young = times.filter((atMs) => Math.abs(nowMs - Number(atMs)) < DAY_MS);
  bench.rule('M2', young.length > REPAIRS_MAX, () => `room is made for the ${young.length}th time in a day`);
}

/** M2: nothing is done for room that was not counted. */
export function judgeCounted(bench: Bench, what: string): void {
  if (!isArmed(bench, 'NOSPACE')) return;
  const note = readJson(textAt(bench.truth, 'maintenance'));
  const times: unknown = note?.['spaceRepairsAtMs'];
  const isCounted = Array.isArray(times) && times.length > 0;
  bench.rule('M2', !isCounted, () => `${what} for room, and nobody counted it`);
}

/** M3: of one whose data is not that of the others, while they are a clean majority. */
export const isProvenCorrupt = (bench: Bench, watch: PassWatch, memberId: string): boolean => {
  const { corrupt } = bench.truth.etcd.space;
  const clean = watch.voters().filter(({ id }) => !corrupt.has(id));
  return corrupt.has(memberId) && isMajority(clean.length, watch.voters().length);
};

/** M3, R2: the one that is corrupt goes while a majority of the others proves itself, alarm or not. */
export function judgeCorruptRemoval(bench: Bench, watch: PassWatch, memberId: string): void {
  const { space, alarms, unreachable } = bench.truth.etcd;
  const { corrupt } = space;
  const member = watch.snapshot.members.find(({ id }) => id === memberId);
  const isAsked = watch.snapshot.lasting.has(memberId) && unreachable?.has(member?.clientUrl ?? '') !== true;
  // One that raised the alarm itself, and cannot be asked what it holds, is taken at its word.
  const isMute = alarms.get(memberId) === 'CORRUPT' && !isAsked;
  bench.memory.removedCorrupt.add(member?.clientUrl ?? '');
  bench.rule(
    'M3',
    !corrupt.has(memberId) && !isMute,
    () => `${memberId} is removed as corrupt, and is as the others`,
  );
  const clean = watch.proven().filter(({ id }) => id !== memberId && !corrupt.has(id));
  const voterCount = watch.voters().length;
  const isAble = isMajority(clean.length, voterCount) && isMajority(clean.length, voterCount - 1);
  bench.rule('M3', !isAble, () => `${memberId} is removed, and ${clean.length} of ${voterCount} are clean`);
}

import { OperationError } from '../../../functions/core/errors.ts';
import type { PassReport } from '../../../functions/engine/report.ts';
import type { Call, Send } from '../world/calls.ts';
import { Bench, type Rule } from './bench.ts';
import { judgeLeadership, judgeRemoval, judgeTransfer } from './evidence.ts';
import { judgeReportOf } from './explained.ts';
import {
  judgeCompaction,
  judgeCorruptRemoval,
  judgeCounted,
  judgeDefragmentation,
  judgeDisarming,
  judgeSpaceNote,
} from './maintenance.ts';
import { judgeClaim, judgeTag, judgeTicket } from './one-cluster.ts';
import { DISRUPTIONS, isQuiet, judgeFreshness, judgePermit, judgeReturn } from './permit.ts';
import { judgeAnswer, judgeDeletion, judgeList, judgeReport } from './published.ts';
import { judgeAdd, judgePromotion, judgeWitness } from './quorum.ts';
import { isFenced, judgeRecovery, judgeRestoring } from './recovery.ts';
import { judgeExpiry, judgeHeartbeats, judgeStillness, judgeWhole } from './still.ts';
import { noteAdded, TOLD } from './told.ts';
import { judgeChoice, judgeReboot } from './tolerance.ts';
import { FOLDER, type Truth, textAt } from './truth.ts';
import { PassWatch, type Read } from './watch.ts';

export { RULES, type Rule } from './bench.ts';
export type { PassWatch } from './watch.ts';

type Given = readonly unknown[];
const text = (value: unknown): string => (typeof value === 'string' ? value : '');

const READS: Readonly<Record<string, Read>> = {
  'scaling.listGroups': 'groups',
  'parameters.readAll': 'parameters',
  'machines.describe': 'machines',
  'etcd.probe': 'probe',
  'etcd.members': 'members',
};

/** Calls that change what the next function sees. Heartbeats, permits, events and messages do not. */
const EFFECTS: Readonly<Record<string, (bench: Bench, watch: PassWatch, given: Given) => void>> = {
  'parameters.create': (bench, watch, given) => judgeWrite(bench, watch, given, true),
  'parameters.write': (bench, watch, given) => judgeWrite(bench, watch, given, false),
  'parameters.remove': (bench, watch, given) => judgeDeletion(bench, watch, leftOf(bench, given)),
  'scaling.tagGroup': (bench, _watch, [, key, value]) => judgeTag(bench, text(key), text(value)),
  'scaling.complete': (bench, watch, [hook, result]) => judgeAnswer(bench, watch, idOf(hook), result),
  'scaling.reportUnhealthy': (bench, watch, [id]) => judgeReport(bench, watch, text(id), false),
  'scaling.endInstance': (bench, watch, [id]) => judgeReport(bench, watch, text(id), true),
  'etcd.addLearner': (bench, watch, [, peerUrl]) => judgeAdd(bench, watch, text(peerUrl)),
  'etcd.promote': (bench, watch, [, id]) => judgePromotion(bench, watch, text(id)),
  'etcd.remove': (bench, watch, [, id]) => {
    if (watch.alarms.has('CORRUPT')) {
      judgeCorruptRemoval(bench, watch, text(id));
      return;
    }
    judgeRemoval(bench, watch, text(id));
    judgeChoice(bench, watch, text(id));
    judgeLeadership(bench, watch, text(id));
  },
  'etcd.moveLeader': (bench, watch, [, to]) => judgeTransfer(bench, watch, text(to)),
  'etcd.defragment': (bench, watch, [endpoint]) => {
    judgeDefragmentation(bench, watch, text(endpoint));
    judgeCounted(bench, 'a member is defragmented');
  },
  'etcd.compact': (bench, watch, [, revision]) => {
    judgeCompaction(bench, watch, text(revision));
    judgeCounted(bench, 'revisions are forgotten');
  },
  'etcd.disarm': (bench, watch, [, alarm]) => judgeDisarming(bench, watch, alarm),
  'etcd.write': (bench, watch, [, key]) => judgeWitness(bench, watch, `${key} is written`),
};

const shortName = (name: string): string => name.slice(FOLDER.length);
/** Of what is to be deleted: what stands. The rest is gone already, and somebody read late that it is to go. */
const leftOf = ({ truth }: Bench, [names]: Given): readonly string[] =>
  (Array.isArray(names) ? names.map(text) : [])
    .map(shortName)
    .filter((name) => textAt(truth, name) !== undefined);
const isAnyLeft = (bench: Bench, given: Given): boolean => leftOf(bench, given).length > 0;
const idOf = (hook: unknown): string => text(Object(hook).instanceId);

function judgeWrite(bench: Bench, watch: PassWatch, [path, value]: Given, isCreated: boolean): void {
  const name = shortName(text(path));
  // A create-only write that comes too late changes nothing.
  if (isCreated && textAt(bench.truth, name) !== undefined) return;
  if (name === 'bootstrap' || name.startsWith('claims/'))
    judgeClaim(bench, watch, name, text(value), isCreated);
  else if (name === 'endpoints' || name === 'peers') judgeList(bench, watch, name, text(value));
  else if (name.startsWith('members/')) judgeTicket(bench, watch, name, text(value));
  else if (name.startsWith('recovery/')) judgeRecovery(bench, watch, name, text(value), isCreated);
  else if (name === 'maintenance') judgeSpaceNote(bench, text(value));
  if (name === 'status') bench.memory.wasAlive = true;
  if (name === 'endpoints') watch.endpointsText = text(value);
  if (name === 'status') watch.statusText = text(value);
}

/**
 * The judge of one world: stands between a function and its ports, sees every call with what was told,
 * and judges every effect against the rules of the design as it is about to happen, by the truth of the world.
 */
export class Judge {
  readonly #bench: Bench;
  readonly #open = new Map<string, PassWatch>();

  constructor(truth: Truth, violations: string[]) {
    this.#bench = new Bench(truth, violations);
  }

  /** How often each rule was judged. */
  get judged(): Readonly<Record<Rule, number>> {
    return this.#bench.judged;
  }

  /** Begins to watch one function; {@link Judge.close} ends the watch with what its pass reports. */
  watch(owner: string, mode: PassWatch['mode']): PassWatch {
    const watch = new PassWatch(owner, mode, this.#bench.truth.nowMs);
    this.#open.set(owner, watch);
    return watch;
  }

  /** The pass of this owner was not killed, and came to its end. */
  close(owner: string, report: PassReport): void {
    const watch = this.#open.get(owner);
    this.#open.delete(owner);
    if (watch === undefined) return;
    judgeReturn(this.#bench, watch);
    judgeWhole(this.#bench);
    judgeReportOf(this.#bench, watch, report);
  }

  /** The platform answered a hook by itself, at its heartbeat timeout or at its global limit. */
  hookExpired(instanceId: string, isGlobal: boolean): void {
    judgeExpiry(this.#bench, instanceId, isGlobal);
  }

  /** A founder begins to restore what its ticket names. */
  restoring(instanceId: string): void {
    judgeRestoring(this.#bench, instanceId);
  }

  /** One call of a watched function, with what is answered. */
  async hear(watch: PassWatch, call: Call, given: Given, send: Send): Promise<unknown> {
    const bench = this.#bench;
    const { name } = call;
    bench.memory.callCount += 1;
    const begunAt = bench.memory.callCount;
    const startedAtMs = bench.truth.nowMs;
    this.#noteCall(watch, name, given);
    try {
      const result = await send(call, given);
      const read = READS[name];
      if (read !== undefined) watch.begun.set(read, begunAt);
      if (read === 'groups') watch.observedAtMs = startedAtMs;
      TOLD[name]?.(bench, watch, result);
      return result;
    } catch (error) {
      if (name === 'etcd.moveLeader' && error instanceof OperationError) watch.failedTransfers += 1;
      throw error;
    } finally {
      if (name === 'etcd.addLearner') noteAdded(bench, watch, text(given[1]));
    }
  }

  /** Before anything can go wrong with the call: what this function tries, and in which order. */
  #noteCall(watch: PassWatch, call: string, given: Given): void {
    const bench = this.#bench;
    if (call === 'scaling.heartbeat') {
      watch.beaten.add(idOf(given[0]));
      bench.memory.beatAtMs.set(idOf(given[0]), bench.truth.nowMs);
    } else if (call !== 'scaling.listGroups') judgeHeartbeats(bench, watch, call);
    if (call === 'etcd.probe') watch.noteAsked(bench.truth);
    if (call === 'etcd.releasePermit') watch.isPermitReturned = true;
  }

  /** Told by the world at the moment of every effect, when nothing stands between the function and it any more. */
  effect(owner: string | null, call: string, given: Given): void {
    const [bench, judge] = [this.#bench, EFFECTS[call]];
    const watch = owner === null ? undefined : this.#open.get(owner);
    if (judge === undefined || watch === undefined) return;
    if (call === 'parameters.remove' && !isAnyLeft(bench, given)) return;
    judgeStillness(bench, watch, call);
    // Whose cluster is lost is ended without a permit, which nobody could give.
    if (call === 'scaling.endInstance' && isFenced(bench, text(given[0]))) return;
    judgePermit(bench, watch, call);
    if (DISRUPTIONS.includes(call)) judgeReboot(bench, watch, call, given);
    judgeFreshness(bench, watch, call, given);
    judge(bench, watch, given);
    const at = bench.memory.callCount;
    watch.effectAt = at;
    if (!isQuiet(call, given)) watch.changeAt = at;
    if (call === 'etcd.write') watch.memoryAt = at;
    if (DISRUPTIONS.includes(call)) bench.memory.disruptedAt = at;
    if (call === 'scaling.complete') watch.answered.add(idOf(given[0]));
  }
}

import type { Bench } from './bench.ts';
import { ownerOf } from './quorum.ts';
import { instanceNamed, isLeavingState, readJson, readTicket, type TrueMember, textAt } from './truth.ts';
import type { PassWatch } from './watch.ts';

/** Late in its hook a leaver goes all the same: at the end Auto Scaling ends it as a member. */
const HELD_PART = 0.75;
const LOCK = '/etcd-autopilot/reboots/members';

/**
 * T1: a voter that answers and could wait is not taken while another one, which is to stay, does not answer. A machine
 * that ends whatever we do, or that its group found unhealthy, could not.
 */
export function judgeChoice(bench: Bench, watch: PassWatch, memberId: string): void {
  const member = watch.answering().find(({ id }) => id === memberId);
  if (member === undefined) return;
  const owner = ownerOf(bench, member);
  if (!isHeldByChoice(bench, watch, owner)) return;
  const silent = watch.voters().filter((voter) => voter.id !== memberId && isMissed(bench, watch, voter));
  const names = silent.map(({ id }) => id);
  bench.rule('T1', silent.length > 0, () => `${owner} is taken by choice while ${names} does not answer`);
}

/** It waits for a voter that does not answer, by rule T1: that one goes first. */
export const waitsForSilent = (bench: Bench, watch: PassWatch, owner: string): boolean =>
  isHeldByChoice(bench, watch, owner) && watch.voters().some((voter) => isMissed(bench, watch, voter));

function isHeldByChoice({ truth }: Bench, watch: PassWatch, owner: string): boolean {
  const instance = instanceNamed(truth, owner);
  if (instance === undefined || watch.listed.get(owner) !== 'Terminating:Wait') return false;
  if (instance.ending !== null || watch.unhealthy.has(owner) || instance.health !== 'Healthy') return false;
  const limitMs = watch.limitsMs.get('terminate') ?? 0;
  return truth.nowMs - instance.hookAtMs < limitMs * HELD_PART;
}

/** It ran at no moment of the round of probes, and its instance is there to stay. */
function isMissed(bench: Bench, watch: PassWatch, voter: TrueMember): boolean {
  const state = watch.listed.get(ownerOf(bench, voter));
  return state !== undefined && !isLeavingState(state) && !watch.snapshot.running.has(voter.id);
}

/** T2: while a member holds the lock for reboots, nothing is disturbed but what is about that member. */
export function judgeReboot(bench: Bench, watch: PassWatch, call: string, given: readonly unknown[]): void {
  const ids = holdersIn(bench);
  const about = subjectOf(bench, watch, call, given);
  const isBroken = ids !== null && !ids.includes(about);
  bench.rule('T2', isBroken, () => `${call} of ${about || 'nobody known'} while ${ids} reboots`);
}

/** Everybody else is withheld until it is back or gone: whoever reboots waits for nobody. */
export const isRebooting = (bench: Bench, instanceId: string): boolean =>
  holdersIn(bench)?.includes(instanceId) ?? false;

/** `null`: there is no lock. */
function holdersIn({ truth }: Bench): readonly string[] | null {
  const text = truth.etcd.keys.get(LOCK);
  if (text === undefined) return null;
  const found: unknown = readJson(text)?.['holders'];
  const holders: readonly unknown[] = Array.isArray(found) ? found : [];
  return holders.map((holder) => String(Object(holder).instanceId));
}

function subjectOf(bench: Bench, watch: PassWatch, call: string, given: readonly unknown[]): string {
  const { members, leaderId } = watch.snapshot;
  const owned = (id: unknown): string =>
    ownerOf(
      bench,
      members.find((member) => member.id === id),
    );
  if (call === 'etcd.remove' || call === 'etcd.promote') return owned(given[1]);
  if (call === 'etcd.moveLeader') return owned(leaderId);
  if (call.startsWith('scaling.')) return String(given[0]);
  const isAnnounced = (id: string): boolean =>
    readTicket(textAt(bench.truth, `members/${id}`) ?? '').peerUrl === given[1];
  return [...watch.listed.keys()].find(isAnnounced) ?? '';
}

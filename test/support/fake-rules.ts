import { decodeClaim } from '../../functions/core/claim.ts';
import { PARAMETER } from '../../functions/core/names.ts';
import { quorumOf } from '../../functions/core/quorum.ts';
import { decodeTicket } from '../../functions/core/ticket.ts';
import type { FakeMember } from '../simulation/etcd/fake-etcd.ts';
import { type FakeInstance, type FakeWorld, PATH } from '../simulation/world/fake-world.ts';

/**
 * The safety rules of design section 2, judged by the world at every effect, with
 * what the world knows and the planner does not. A broken rule is noted in
 * `world.etcd.violations`, whatever the story's end.
 */
function note(world: FakeWorld, isBroken: boolean, words: string): void {
  if (isBroken) world.etcd.violations.push(words);
}

export function judgeWrite(world: FakeWorld, name: string, before: string | undefined, value: string): void {
  note(world, world.isTearingDown(), `${name} is written while the cluster is deleted`);
  if (name === PARAMETER.bootstrap) judgeClaim(world, before, value);
  if (name === PARAMETER.endpoints || name === PARAMETER.peers) judgeList(world, name, value);
  if (name.startsWith(PARAMETER.members)) judgeTicket(world, name, before, value);
}

/** R1: never revised; the next one only when the founders of the last are terminated. */
function judgeClaim(world: FakeWorld, before: string | undefined, value: string): void {
  const [last, next] = [decodeClaim(before ?? ''), decodeClaim(value)];
  note(world, next === null, 'an unreadable claim');
  if (last === null || next === null) return;
  const isSame = last.token === next.token && JSON.stringify(last.members) === JSON.stringify(next.members);
  if (last.number === next.number) {
    note(world, !isSame, `claim ${last.number} is revised`);
    return;
  }
  const alive = Object.keys(last.members).filter((id) => world.instance(id).state !== 'terminated');
  note(world, alive.length > 0, `claim ${next.number} follows while ${alive} of the last one run`);
  note(world, last.token === next.token, `claim ${next.number} has the token of the last one`);
}

/** R6: the lists name a voter that runs, as long as one does. */
function judgeList(world: FakeWorld, name: string, value: string): void {
  const running = world.etcd.voters().filter((voter) => world.etcd.runs(voter));
  const isTrue = running.some(({ clientUrl, peerUrl }) =>
    value.includes(name === PARAMETER.endpoints ? clientUrl : peerUrl),
  );
  note(world, running.length > 0 && !isTrue, `${name} names no living voter: "${value}"`);
}

/** R1: founding tickets come after the tag, once for each founder, and never after the cluster was seen. */
function judgeTicket(world: FakeWorld, name: string, before: string | undefined, value: string): void {
  const ticket = decodeTicket(value);
  note(world, ticket === null, `${name} is no ticket`);
  if (ticket?.start?.initialState !== 'new') return;
  const isTagged = world.tags.get('etcd-autopilot:bootstrapped') === String(ticket.claim);
  note(world, !isTagged, `${name} founds a cluster before the group is tagged`);
  note(world, before !== undefined || world.foundingTickets.has(name), `${name} is given to found again`);
  const claim = decodeClaim(world.parameters.get(`${PATH}bootstrap`) ?? '');
  note(world, claim === null || claim.clusterId !== null, `${name} founds a cluster that was seen already`);
  world.foundingTickets.add(name);
}

export function judgeDeletion(world: FakeWorld, names: readonly string[]): void {
  const kept = names.filter((name) => !/^(?:members|reports)\//.test(name));
  note(world, kept.length > 0 && !world.isTearingDown(), `${kept} deleted without an intent to`);
  const left = [...world.parameters.keys()].map((name) => name.slice(PATH.length));
  const isLast = left.every((name) => names.includes(name));
  note(world, names.includes(PARAMETER.bootstrap) && !isLast, 'bootstrap is not deleted last');
}

/** An instance is let go only when its work is done: published as a voter, or no member any more. */
export function judgeAnswer(world: FakeWorld, id: string, result: 'CONTINUE' | 'ABANDON'): void {
  if (world.isTearingDown() || world.stackDeletes || world.etcd.clusterId === null) return;
  const instance = world.instance(id);
  const member = world.etcd.members.find(({ name }) => name === id);
  const isListed = (world.parameters.get(`${PATH}endpoints`) ?? '').includes(world.clientUrl(instance));
  if (instance.lifecycle === 'Terminating:Wait') {
    note(world, member !== undefined && world.etcd.hasQuorum(), `${id} is let go as a member`);
    note(world, isListed, `${id} is let go while it is published`);
  } else if (result === 'CONTINUE') {
    const votes = member !== undefined && !member.isLearner && world.etcd.runs(member);
    note(world, !votes || !isListed, `${id} goes into service without voting`);
    const ticket = decodeTicket(world.parameters.get(`${PATH}members/${id}`) ?? '');
    note(world, ticket?.state !== 'started', `${id} goes into service with a ticket that starts it again`);
  }
}

/** It waits in its terminate hook, and a majority would stay without it. */
function isFreeToLeave(world: FakeWorld, { id, lifecycle }: FakeInstance): boolean {
  const staying = world.etcd.voters().filter(({ name }) => name !== id);
  const runningCount = staying.filter((voter) => world.etcd.runs(voter)).length;
  return lifecycle === 'Terminating:Wait' && runningCount >= quorumOf(staying.length);
}

const isServing = (world: FakeWorld, id: string): boolean =>
  world.etcd.members.some((member) => member.name === id && world.etcd.runs(member));

/** R2, R3: only what does not serve, or is about to end, is reported; one at a time, under the permit, with a majority of others. */
export function judgeReport(world: FakeWorld, id: string, isEnded = false): void {
  const { permit, actor } = world.etcd;
  note(world, permit === null || permit.owner !== actor, `${id} is reported without the permit`);
  if (world.instance(id).ending !== null) return;
  const member = world.etcd.members.find(({ name }) => name === id);
  note(world, member !== undefined && world.etcd.runs(member), `${id} is reported, and serves`);
  note(world, !world.etcd.hasQuorum(), `${id} is reported while the others have no quorum`);
  const others = world.instances.filter(
    (one) =>
      one.id !== id &&
      one.listed &&
      (isFreeToLeave(world, one) || (!isEnded && one.health === 'Unhealthy' && !isServing(world, one.id))),
  );
  note(world, others.length > 0, `${id} is reported while ${others.map((one) => one.id)} leaves`);
}

/** R5, R10, R11: what the world knows against a change of membership. */
export function objectionTo(world: FakeWorld, change: string, member: FakeMember): string | null {
  const ticketText = [...world.parameters].find(
    ([name, text]) => name.includes('/members/') && text.includes(`=${member.peerUrl}\n`),
  )?.[1];
  if (change === 'addLearner') return ticketText === undefined ? 'not written down before' : null;
  const owner = world.instances.find(({ id }) => id === member.name);
  const isLeaving = owner?.lifecycle.startsWith('Terminating') === true;
  if (change === 'moveLeader') return isLeaving ? 'leadership goes to a leaver' : null;
  if (change !== 'remove' || member.isLearner) return null;
  const others = world.etcd.voters().filter((voter) => voter !== member && world.etcd.runs(voter));
  const heirs = others.filter(({ name }) => !world.isLeaving(name));
  if (member.id === world.etcd.leaderId && heirs.length > 0 && !world.transfersFail) return 'it leads';
  if (member.name === '' || owner === undefined) return world.mayRemoveStrangers ? null : 'it is a stranger';
  const isGone = owner.state === 'terminated' && !owner.listed;
  return isLeaving || isGone || owner.disk !== member.id ? null : 'its instance is there, and whole';
}

import { expect, test } from 'vitest';
import type { Member, Observation } from '../../functions/core/observation.ts';
import { planCluster } from '../../functions/core/plan/cluster.ts';
import type { Action, Plan } from '../../functions/core/plan/plan.ts';
import { everyChoice, hasView, KINDS, type PlaceKind, worldOf } from '../support/every-world.ts';

/** One world, and what is planned for it. */
interface Case {
  readonly kinds: readonly PlaceKind[];
  readonly world: Observation;
  readonly members: readonly Member[];
  readonly plan: Plan;
}

/** What a property says of one world: nothing, or of each thing that it looked at whether that is right. */
type Property = (one: Case) => readonly boolean[];

/** More than half, without any formula of ours. */
const isMajority = (count: number, of: number): boolean => of > 0 && 2 * count > of;
const isVoter = ({ role }: Member): boolean => role === 'voter';
const commits = (members: readonly Member[], more = 0): boolean => {
  const voters = members.filter(isVoter);
  return isMajority(voters.filter(({ answers }) => answers).length, voters.length + more);
};
const memberOf = ({ members }: Case, id: string): Member | undefined => members.find((one) => one.id === id);
const instanceOf = ({ world }: Case, id: string | null) => world.instances.find((one) => one.id === id);
const mustLeave = (one: Case, id: string | null): boolean => instanceOf(one, id)?.stage === 'leaving';

const actionsOf = <Kind extends Action['kind']>(
  { plan }: Case,
  kind: Kind,
): readonly Extract<Action, { kind: Kind }>[] =>
  plan.actions.filter((action): action is Extract<Action, { kind: Kind }> => action.kind === kind);

/**
 * Any action of a plan may be the first that is done, where those before it were refused. So each must be
 * right by itself. The count is how often a property must have had something to look at.
 */
const PROPERTIES: Readonly<Record<string, readonly [atLeast: number, Property]>> = {
  'a removal leaves a majority of voters that answer': [
    4_000,
    (one) =>
      actionsOf(one, 'removeMember')
        .filter(({ memberId }) => memberOf(one, memberId)?.role === 'voter')
        .map(({ memberId }) => commits(one.members.filter(({ id }) => id !== memberId))),
  ],
  'a change of membership is planned only where the voters of today commit it': [
    4_000,
    (one) =>
      one.plan.actions
        .filter(({ kind }) => ['addLearner', 'promoteLearner', 'removeMember', 'moveLeader'].includes(kind))
        .map(() => commits(one.members)),
  ],
  'a voter is removed only if its instance leaves, or is gone by what EC2 says': [
    4_000,
    (one) =>
      actionsOf(one, 'removeMember').map(({ instanceId }) => {
        const told = one.world.machines.get(instanceId ?? '');
        const isGone = told?.kind === 'known' && told.state === 'terminated';
        return mustLeave(one, instanceId) || (instanceOf(one, instanceId) === undefined && isGone);
      }),
  ],
  'a promotion is safe without the new vote, or is the second one': [
    100,
    (one) =>
      actionsOf(one, 'promoteLearner').map(
        () => one.members.filter(isVoter).length === 1 || commits(one.members, 1),
      ),
  ],
  'only a learner on a machine that stays is promoted': [
    100,
    (one) =>
      actionsOf(one, 'promoteLearner').map(({ memberId, instanceId }) => {
        const member = memberOf(one, memberId);
        return member?.role === 'learner' && member.answers && !mustLeave(one, instanceId);
      }),
  ],
  'the leader is not removed while somebody who stays could lead': [
    4_000,
    (one) =>
      actionsOf(one, 'removeMember').map(({ memberId }) => {
        const heirs = one.members.filter(
          (heir) => isVoter(heir) && heir.answers && heir.id !== memberId && !mustLeave(one, heir.instanceId),
        );
        return memberId !== one.world.etcd.view?.leaderId || heirs.length === 0;
      }),
  ],
  'no voter that answers is taken while another one of ours, which is to stay, does not': [
    150,
    (one) =>
      one.plan.actions.flatMap((action) => {
        const id = action.kind === 'moveLeader' ? action.from : '';
        const taken = memberOf(one, action.kind === 'removeMember' ? action.memberId : id);
        if (taken === undefined || !isVoter(taken) || !taken.answers) return [];
        const others = one.members.filter((other) => isVoter(other) && other.instanceId !== null);
        return [others.every((other) => other.answers || mustLeave(one, other.instanceId))];
      }),
  ],
  'leadership goes to a voter that answers and stays': [
    50,
    (one) =>
      actionsOf(one, 'moveLeader').map(({ from, to }) => {
        const heir = memberOf(one, to);
        const isHeir =
          heir !== undefined && isVoter(heir) && heir.answers && !mustLeave(one, heir.instanceId);
        return isHeir && from === one.world.etcd.view?.leaderId;
      }),
  ],
  'nobody joins while somebody else does, and nobody joins twice': [
    200,
    (one) => {
      const [adds, promotions] = [actionsOf(one, 'addLearner'), actionsOf(one, 'promoteLearner')];
      const announced = actionsOf(one, 'writeTicket').filter(({ ticket }) => ticket.state === 'joining');
      const isJoining = one.members.some(({ role }) => role === 'learner');
      return [...adds, ...announced].map(
        () => adds.length + announced.length === 1 && promotions.length === 0 && !isJoining,
      );
    },
  ],
  'a newcomer is announced as a learner that joins what exists, and never founds anything': [
    200,
    (one) =>
      actionsOf(one, 'writeTicket').map(({ ticket }) => {
        const isMember = one.members.some(({ instanceId }) => instanceId === ticket.instanceId);
        const isAnnounced = ticket.state === 'joining' && !isMember;
        return ticket.start?.initialState !== 'new' && (isAnnounced || isMember);
      }),
  ],
  'who is added is a newcomer that was announced at that address': [
    100,
    (one) =>
      actionsOf(one, 'addLearner').map(({ instanceId, peerUrl }) => {
        const ticket = one.world.records.tickets.get(instanceId);
        return ticket?.state === 'joining' && ticket.peerUrl === peerUrl && !mustLeave(one, instanceId);
      }),
  ],
  'nothing founds a cluster beside one whose voters answer': [
    10_000,
    (one) => [actionsOf(one, 'claimCluster').length === 0],
  ],
  'a list names every voter that answers, and only voters': [
    1_000,
    (one) =>
      actionsOf(one, 'publishList').map(({ list, text }) => {
        const voters = one.members.filter((member) => isVoter(member) && member.started);
        const named = list === 'endpoints' ? voters.filter(({ answers }) => answers) : voters;
        const urls = named.map((member) =>
          list === 'endpoints' ? member.clientUrl : `${member.name}=${member.peerUrl}`,
        );
        return text !== '' && text === urls.sort().join(',');
      }),
  ],
  'a leaver is let go when it is no member any more, and a newcomer when it votes': [
    100,
    (one) =>
      actionsOf(one, 'answerHook').map(({ hook, result }) => {
        const member = one.members.find(({ instanceId }) => instanceId === hook.instanceId);
        const votes = member !== undefined && isVoter(member) && member.answers;
        return mustLeave(one, hook.instanceId) ? member === undefined : votes === (result === 'CONTINUE');
      }),
  ],
  'whoever is reported does not answer, and the others could do without': [
    50,
    (one) =>
      actionsOf(one, 'reportUnhealthy').map(({ memberId }) => {
        const others = one.members.filter(({ id }) => id !== memberId);
        return memberOf(one, memberId)?.answers === false && commits(others);
      }),
  ],
  'whatever is not as it should be is done or waited for': [
    10_000,
    ({ kinds, plan }) => {
      const isOpen = kinds.some((kind) => kind !== 'voter' && kind !== 'foreign');
      return [!isOpen || plan.actions.length + plan.waits.length > 0];
    },
  ],
};

/** Who may lead: somebody who stays, somebody who leaves, a stranger. */
const LEADS: readonly PlaceKind[] = ['voter', 'leaver', 'foreign'];

/** Every world of up to seven places in which a majority answers, by everybody who may lead it, planned. */
function* everyCase(): Generator<Case> {
  for (const kinds of everyChoice(KINDS, 7)) {
    if (!hasView(kinds)) continue;
    for (const lead of LEADS.filter((kind) => kinds.includes(kind))) {
      const world = worldOf(kinds, lead);
      yield { kinds, world, members: world.etcd.view?.members ?? [], plan: planCluster(world) };
    }
  }
}

/** Visits every world once, for all properties. */
function examine() {
  const found = new Map(Object.keys(PROPERTIES).map((name) => [name, { count: 0, broken: [] as string[] }]));
  for (const one of everyCase()) {
    for (const [name, [, property]] of Object.entries(PROPERTIES)) {
      const verdicts = property(one);
      const so = found.get(name);
      if (so === undefined) continue;
      so.count += verdicts.length;
      if (verdicts.includes(false)) so.broken.push(one.kinds.join(' '));
    }
  }
  return found;
}

const FOUND = examine();

test.each(Object.keys(PROPERTIES))('in every world of up to seven places: %s', (name) => {
  expect(FOUND.get(name)?.broken.slice(0, 5)).toEqual([]);
  expect(FOUND.get(name)?.count).toBeGreaterThan(PROPERTIES[name]?.[0] ?? 0);
});

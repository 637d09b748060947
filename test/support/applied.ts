import type { Member, MemberView, Observation } from '../../functions/core/observation.ts';
import type { Action } from '../../functions/core/plan/plan.ts';
import { withoutHolders } from '../../functions/core/reboot/lock.ts';
import { encodeStatus } from '../../functions/core/status.ts';
import { appliedToDatabases } from './applied-databases.ts';
import { appliedToRecovery } from './applied-recovery.ts';

/** The observation that follows an action, as the next look would bring it; nobody else does anything. */
export function applied(world: Observation, action: Action): Observation {
  const { records, group } = world;
  switch (action.kind) {
    case 'claimCluster': {
      const claim = {
        number: action.number,
        token: `core-${action.number}-token`,
        members: action.members,
        claimedAt: '2026-01-01T01:00:00.000Z',
        clusterId: null,
      };
      return { ...world, records: { ...records, claim } };
    }
    case 'tagGroup':
      return { ...world, group: { ...group, bootstrapped: action.number } };
    case 'writeClaim':
      return { ...world, records: { ...records, claim: action.claim } };
    case 'writeTicket': {
      const tickets = new Map([...records.tickets, [action.ticket.instanceId, action.ticket]]);
      return { ...world, records: { ...records, tickets, ticketNames: namesOf([...tickets.keys()]) } };
    }
    case 'removeParameters': {
      const isLeft = (name: string): boolean => !action.names.includes(name);
      const tickets = new Map([...records.tickets].filter(([id]) => isLeft(`members/${id}`)));
      const reports = records.reports.filter(({ instanceId }) => isLeft(`reports/${instanceId}`));
      const ticketNames = records.ticketNames.filter(isLeft);
      return {
        ...world,
        records: {
          ...records,
          tickets,
          ticketNames,
          reports,
          reportNames: records.reportNames.filter(isLeft),
        },
      };
    }
    case 'publishList':
      return { ...world, records: { ...records, [action.list]: action.text } };
    case 'publishStatus':
      return {
        ...world,
        records: { ...records, status: action.status, statusText: encodeStatus(action.status) },
      };
    case 'reportUnhealthy':
      return changed(world, action.instanceId, { isUnhealthy: true });
    case 'endInstance':
      return changed(world, action.instanceId, { stage: 'leaving', waitsIn: 'terminate' });
    case 'answerHook': {
      const kind = action.hook.hookName.endsWith('launch') ? 'launch' : 'terminate';
      const answeredHooks = new Set([...world.pass.answeredHooks, `${kind}:${action.hook.instanceId}`]);
      return { ...world, pass: { ...world.pass, answeredHooks } };
    }
    case 'signalStack': {
      const signalled = new Set([...world.pass.signalled, action.instanceId]);
      return { ...world, pass: { ...world.pass, signalled } };
    }
    case 'cancelRefresh': {
      const refreshesEnded = new Set([...world.pass.refreshesEnded, action.instanceId]);
      return { ...world, pass: { ...world.pass, refreshesEnded } };
    }
    case 'freeReboots': {
      const rebooting = withoutHolders(action.lock, action.instanceIds);
      return { ...world, etcd: { ...world.etcd, rebooting } };
    }
    case 'noteSpace':
    case 'compact':
    case 'defragment':
    case 'disarm':
      return appliedToDatabases(world, action);
    case 'noteQuorum':
    case 'startRecovery':
    case 'askCapture':
    case 'fenceInstance':
    case 'claimRecovered':
    case 'finishRecovery':
      return appliedToRecovery(world, action);
    default:
      return seen(world, (view) => appliedToEtcd(world, view, action));
  }
}

type EtcdAction = Extract<
  Action,
  { readonly kind: 'addLearner' | 'promoteLearner' | 'removeMember' | 'moveLeader' | 'remember' }
>;

function appliedToEtcd(world: Observation, view: MemberView, action: EtcdAction): MemberView {
  switch (action.kind) {
    case 'addLearner': {
      const added: Member = {
        id: `9${view.members.length}${world.records.tickets.size}`,
        name: '',
        role: 'learner',
        started: false,
        peerUrl: action.peerUrl,
        clientUrl: null,
        instanceId: action.instanceId,
        answers: false,
        silence: 'refused',
        raftIndex: null,
        version: null,
      };
      return { ...view, members: [...view.members, added] };
    }
    case 'promoteLearner':
      return {
        ...view,
        members: view.members.map((one) => (one.id === action.memberId ? { ...one, role: 'voter' } : one)),
      };
    case 'removeMember':
      return { ...view, members: view.members.filter(({ id }) => id !== action.memberId) };
    case 'moveLeader':
      return { ...view, leaderId: action.to };
    case 'remember':
      return { ...view, memory: action.memory };
    default:
      return view;
  }
}

const namesOf = (ids: readonly string[]): readonly string[] => ids.map((id) => `members/${id}`).sort();

const changed = (
  world: Observation,
  id: string,
  change: Partial<Observation['instances'][number]>,
): Observation => ({
  ...world,
  instances: world.instances.map((one) => (one.id === id ? { ...one, ...change } : one)),
});

const seen = (world: Observation, change: (view: MemberView) => MemberView): Observation => {
  const { view } = world.etcd;
  return view === null ? world : { ...world, etcd: { ...world.etcd, view: change(view) } };
};

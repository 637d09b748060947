import { encodeClaim } from '../core/claim.ts';
import { OperationError } from '../core/errors.ts';
import type { MemberId } from '../core/identity.ts';
import { encodeMemory } from '../core/memory.ts';
import { clusterPath, KEY, MEMBERS, PARAMETER, TAG } from '../core/names.ts';
import { eventsOf } from '../core/outgoing.ts';
import { editedName } from '../core/plan/edited.ts';
import type { MaintenanceAction } from '../core/plan/maintenance-action.ts';
import type { Action } from '../core/plan/plan.ts';
import { encodeRebootLock, withoutHolders } from '../core/reboot/lock.ts';
import { encodeStatus } from '../core/status.ts';
import { encodeTicket, type Ticket } from '../core/ticket.ts';
import { applyMaintenance } from './apply-maintenance.ts';
import { applyRecovery } from './apply-recovery.ts';
import { askBestVoter } from './best-voter.ts';
import { cancelRefresh, signalStack } from './signals.ts';
import type { Site } from './site.ts';
import { tell } from './tell.ts';

/**
 * Makes one action true. Every action can be repeated: the world is looked at
 * again after each, so a lost reply is settled by what the next look sees.
 *
 * @throws {OperationError} the world refused or did not answer; for a mutation
 * without an answer that is neither success nor failure: look again.
 */
export async function apply(site: Site, action: Action): Promise<void> {
  await applyEffect(site, action);
  const edited = editedName(action);
  if (edited !== null) site.session.repairedAtMs.set(edited, site.ports.clock.nowMs());
  await tell(site, eventsOf(site.cluster, action));
}

async function applyEffect(site: Site, action: Action): Promise<void> {
  const path = clusterPath(site.cluster);
  const { ports, session } = site;
  switch (action.kind) {
    case 'claimCluster':
      return claimCluster(site, action);
    case 'tagGroup':
      return ports.scaling.tagGroup(action.groupName, TAG.bootstrapped, String(action.number));
    case 'writeClaim':
      return writeClaim(site, action);
    case 'writeTicket':
      return writeTicket(site, action.ticket);
    case 'removeParameters':
      return ports.parameters.remove(action.names.map((name) => path + name));
    case 'publishList':
      return ports.parameters.write(path + action.list, action.text);
    case 'publishStatus':
      return ports.parameters.write(path + PARAMETER.status, encodeStatus(action.status));
    case 'reportUnhealthy':
      return ports.scaling.reportUnhealthy(action.instanceId);
    case 'endInstance':
      return ports.scaling.endInstance(action.instanceId);
    case 'signalStack':
      return signalStack(site, action);
    case 'cancelRefresh':
      return cancelRefresh(site, action);
    case 'noteQuorum':
    case 'startRecovery':
    case 'askCapture':
    case 'fenceInstance':
    case 'claimRecovered':
    case 'finishRecovery':
      return applyRecovery(site, action);
    case 'answerHook':
      await ports.scaling.complete(action.hook, action.result);
      session.noteAnswered(action.hook);
      return;
    default:
      return applyToEtcd(site, action);
  }
}

/** Any voter that proved itself may take a change of members, also while an alarm stands. */
const votersOf = ({ speaker, session }: Site) => ({ witness: speaker, session });

type EtcdAction = Extract<
  Action,
  {
    readonly kind:
      | 'addLearner'
      | 'promoteLearner'
      | 'removeMember'
      | 'moveLeader'
      | 'remember'
      | 'freeReboots'
      | MaintenanceAction['kind'];
  }
>;

async function applyToEtcd(site: Site, action: EtcdAction): Promise<void> {
  const { etcd, session } = site;
  switch (action.kind) {
    case 'addLearner':
      return askBestVoter(votersOf(site), null, (voter) => etcd.addLearner(voter, action.peerUrl));
    case 'promoteLearner':
      return promote(site, action.memberId);
    case 'removeMember':
      session.removedAtMs.set(action.peerUrl, site.ports.clock.nowMs());
      return askBestVoter(votersOf(site), action.memberId, (voter) => etcd.remove(voter, action.memberId));
    case 'moveLeader':
      return moveLeader(site, action);
    case 'freeReboots':
      return freeReboots(site, action);
    case 'remember':
      return etcd.write(site.speaker, KEY.state, encodeMemory(action.memory));
    default:
      return applyMaintenance(site, action);
  }
}

/**
 * Every claim is created only if absent: an older look would make it again, with another token. One after
 * the first has a name of its own until the next look has it replace the claim that failed.
 */
async function claimCluster(
  site: Site,
  action: Extract<Action, { readonly kind: 'claimCluster' }>,
): Promise<void> {
  const { ports } = site;
  const text = encodeClaim({
    number: action.number,
    token: `${site.cluster}-${action.number}-${ports.uniqueToken()}`,
    members: action.members,
    claimedAt: new Date(ports.clock.nowMs()).toISOString(),
    clusterId: null,
    ...(action.restore === undefined ? {} : { restore: action.restore }),
  });
  const name = action.number === 1 ? PARAMETER.bootstrap : `${PARAMETER.claims}${action.number}`;
  // Whoever was first is right: the next look reads the claim that stands.
  await ports.parameters.create(clusterPath(site.cluster) + name, text);
}

/** One that is lost is created or not written at all: the look that did not see it may have been an old one (rule R1). */
async function writeClaim(
  { ports, cluster }: Site,
  { claim, because }: Extract<Action, { readonly kind: 'writeClaim' }>,
): Promise<void> {
  const [name, text] = [clusterPath(cluster) + PARAMETER.bootstrap, encodeClaim(claim)];
  if (because === 'rebuilt') await ports.parameters.create(name, text);
  else await ports.parameters.write(name, text);
}

/** A founding ticket is created or not written at all: the look that did not see it may have been an old one (rule R1). */
async function writeTicket({ ports, cluster }: Site, ticket: Ticket): Promise<void> {
  const name = `${clusterPath(cluster)}${PARAMETER.members}${ticket.instanceId}`;
  const text = encodeTicket(cluster, ticket);
  if (ticket.start?.initialState === 'new') await ports.parameters.create(name, text);
  else await ports.parameters.write(name, text);
}

/** etcd judges again whether the learner is in sync; its no is no promotion, and told as one it must not be. */
async function promote(site: Site, memberId: MemberId): Promise<void> {
  if ((await site.etcd.promote(site.witness ?? '', memberId)) === 'promoted') return;
  throw new OperationError(
    'ETCD_REFUSED',
    'nextLook',
    `member ${memberId} is not in sync with the leader yet`,
  );
}

async function moveLeader(
  site: Site,
  action: Extract<Action, { readonly kind: 'moveLeader' }>,
): Promise<void> {
  // A transfer that fails is counted, not thrown: after a few of them the work goes on (rule R10).
  await site.etcd.moveLeader(action.leaderUrl, action.to).catch((error: unknown) => {
    if (!(error instanceof OperationError)) throw error;
    site.session.failedTransferCount += 1;
  });
}

async function freeReboots(
  { etcd, witness }: Site,
  { lock, instanceIds }: Extract<Action, { readonly kind: 'freeReboots' }>,
): Promise<void> {
  const [before, after] = [lock, withoutHolders(lock, instanceIds)].map(encodeRebootLock);
  const key = KEY.reboots + MEMBERS;
  if ((await etcd.swap(witness ?? '', key, before ?? null, after ?? null, null)) === 'swapped') return;
  throw new OperationError('ETCD_REFUSED', 'nextLook', 'the lock for reboots was changed meanwhile');
}

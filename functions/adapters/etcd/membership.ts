import type { IMember } from 'etcd3';
import type { MemberId } from '../../core/identity.ts';
import type { MemberEntry } from '../../core/ports.ts';
import type { EtcdClients } from './clients.ts';
import { textOf } from './text.ts';

/** Confirmed by a majority from 3.5 on; 3.4 does not know the flag and answers from its own copy. */
export const members = (clients: EtcdClients, endpoint: string): Promise<readonly MemberEntry[]> =>
  listOf(clients, endpoint, true);

/** A member without a majority answers this, too. */
export const ownMembers = (clients: EtcdClients, endpoint: string): Promise<readonly MemberEntry[]> =>
  listOf(clients, endpoint, false);

async function listOf(
  clients: EtcdClients,
  endpoint: string,
  linearizable: boolean,
): Promise<readonly MemberEntry[]> {
  const response = await clients.call(endpoint, 'members', (client, limits) =>
    client.cluster.memberList({ linearizable }, limits),
  );
  return response.members.map(toEntry);
}

export async function addLearner(clients: EtcdClients, endpoint: string, peerUrl: string): Promise<MemberId> {
  const response = await clients.call(endpoint, 'addLearner', (client, limits) =>
    client.cluster.memberAdd({ peerURLs: [peerUrl], isLearner: true }, limits),
  );
  return response.member.ID;
}

/** etcd's words for a learner that lags; the beginning of it alone means that the member votes already. */
const NOT_IN_SYNC = 'can only promote a learner member which is in sync with leader';
const NO_LEARNER = 'can only promote a learner member';

export async function promote(
  clients: EtcdClients,
  endpoint: string,
  memberId: MemberId,
): Promise<'promoted' | 'notInSync'> {
  try {
    const leader = clients.hasUser ? await leaderOf(clients, endpoint) : endpoint;
    await clients.call(leader, 'promote', (client, limits) =>
      client.cluster.memberPromote({ ID: memberId }, limits),
    );
    return 'promoted';
  } catch (error) {
    if (textOf(error) === NOT_IN_SYNC) return 'notInSync';
    if (textOf(error) === NO_LEARNER) return 'promoted';
    throw error;
  }
}

/**
 * Only the leader knows who has caught up. Another voter passes the call on, in 3.4 and older releases of
 * 3.5 without its user: where etcd asks for users, that is refused, and tried until the deadline.
 */
async function leaderOf(clients: EtcdClients, endpoint: string): Promise<string> {
  const { leader } = await clients.call(endpoint, 'promote', (client, limits) =>
    client.maintenance.status(limits),
  );
  const entry = (await members(clients, endpoint)).find(({ id }) => id === leader);
  return entry?.clientUrls[0] ?? endpoint;
}

export async function remove(clients: EtcdClients, endpoint: string, memberId: MemberId): Promise<void> {
  try {
    await clients.call(endpoint, 'remove', (client, limits) =>
      client.cluster.memberRemove({ ID: memberId }, limits),
    );
  } catch (error) {
    if (textOf(error) !== 'member not found') throw error;
  }
}

export async function moveLeader(clients: EtcdClients, endpoint: string, to: MemberId): Promise<void> {
  await clients.call(endpoint, 'moveLeader', (client, limits) =>
    client.maintenance.moveLeader({ targetID: to }, limits),
  );
}

const toEntry = (member: IMember): MemberEntry => ({
  id: member.ID,
  name: member.name,
  peerUrls: member.peerURLs,
  clientUrls: member.clientURLs,
  isLearner: member.isLearner,
});

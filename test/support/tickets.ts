import type { Member } from '../../functions/core/observation.ts';
import type { Ticket } from '../../functions/core/ticket.ts';

export const peerUrl = (n: number): string => `http://10.0.0.${n}:2380`;

/** The ticket of a member that was seen. */
export const startedTicket = (member: Member): Ticket => ({
  instanceId: member.instanceId ?? member.name,
  state: 'started',
  peerUrl: member.peerUrl,
  clientUrl: member.clientUrl ?? '',
  claim: 1,
  token: 'core-1-token',
  clusterId: '77',
  memberId: member.id,
  start: null,
});

/** The ticket that lets a member start, once. */
export const openTicket = (member: Member): Ticket => ({
  ...startedTicket(member),
  state: 'ticket',
  start: { initialCluster: `${member.instanceId}=${member.peerUrl}`, initialState: 'existing' },
});

export const joining = (member: Member): Ticket => ({
  ...startedTicket(member),
  state: 'joining',
  memberId: null,
});

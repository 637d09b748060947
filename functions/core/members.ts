import type { EtcdStatus } from './etcd-status.ts';
import type { ClusterId, InstanceId, MemberId } from './identity.ts';
import type { Member, Silence } from './observation.ts';
import type { MemberEntry, Probe, SilenceReason } from './ports.ts';
import type { Ticket } from './ticket.ts';

/** Who an entry of the member list may belong to. */
export interface Owners {
  /** Instances of the group, and those of the founding claim. */
  readonly known: ReadonlySet<InstanceId>;
  readonly tickets: ReadonlyMap<InstanceId, Ticket>;
  /** Peer URLs of the group's instances as EC2 gives their addresses today. */
  readonly peerUrls: ReadonlyMap<string, InstanceId>;
}

/**
 * A member is matched by its name, and by its peer URL only while it is unstarted:
 * addresses are used again, names are not. First by ticket, since what we are about
 * to add we wrote down (rule R11). `null`: foreign.
 */
export function instanceOf(entry: MemberEntry, owners: Owners): InstanceId | null {
  if (entry.name !== '') {
    return owners.known.has(entry.name) || owners.tickets.has(entry.name) ? entry.name : null;
  }
  const ticket = ticketOf(entry, owners);
  if (ticket !== null) return ticket.instanceId;
  return entry.peerUrls.map((url) => owners.peerUrls.get(url)).find((id) => id !== undefined) ?? null;
}

/**
 * The ticket that announced an unstarted entry: by its member id, or, while `joining`, by its
 * peer URL. Of two announced at one address, its holder of today was added: addresses are used again.
 */
function ticketOf(entry: MemberEntry, owners: Owners): Ticket | null {
  const all = [...owners.tickets.values()];
  const byId = all.find((ticket) => ticket.memberId === entry.id);
  const byUrl = all.filter((ticket) => ticket.state === 'joining' && entry.peerUrls.includes(ticket.peerUrl));
  const byHolder = byUrl.find((ticket) => owners.peerUrls.get(ticket.peerUrl) === ticket.instanceId);
  return byId ?? byHolder ?? byUrl[0] ?? null;
}

/** Probes by the member id that answered; two answers of one id would be a lie, the first counts. */
export function statusesById(probes: readonly Probe[]): ReadonlyMap<MemberId, Probe & { kind: 'status' }> {
  const found = new Map<MemberId, Probe & { kind: 'status' }>();
  for (const probe of probes) {
    if (probe.kind === 'status' && !found.has(probe.status.memberId)) found.set(probe.status.memberId, probe);
  }
  return found;
}

/** "A voter answers": linearizable read served, the pinned cluster id, a leader, no error. One meaning everywhere. */
export function voterAnswers(probe: Probe, clusterId: ClusterId): boolean {
  return (
    probe.kind === 'status' &&
    probe.linearizable &&
    !probe.status.isLearner &&
    isSound(probe.status, clusterId)
  );
}

/** A learner serves no linearizable read: its status is all that it can show. */
function learnerAnswers(probe: Probe, clusterId: ClusterId): boolean {
  return probe.kind === 'status' && isSound(probe.status, clusterId);
}

function isSound(status: EtcdStatus, clusterId: ClusterId): boolean {
  return status.clusterId === clusterId && status.leaderId !== null && status.errors.length === 0;
}

/** What the round of probes brought: statuses by the member that showed them, silences by the instance asked. */
export interface Heard {
  readonly statuses: ReadonlyMap<MemberId, Probe & { kind: 'status' }>;
  readonly silences: ReadonlyMap<InstanceId, SilenceReason>;
}

export function toMember(entry: MemberEntry, owners: Owners, heard: Heard, clusterId: ClusterId): Member {
  const probe = heard.statuses.get(entry.id);
  const isSound = entry.isLearner ? learnerAnswers : voterAnswers;
  const instanceId = instanceOf(entry, owners);
  const answers = probe !== undefined && isSound(probe, clusterId);
  const silence = probe === undefined ? silenceOf(heard, instanceId) : silenceIn(probe);
  return {
    id: entry.id,
    name: entry.name,
    role: entry.isLearner ? 'learner' : 'voter',
    // A founder is listed with its name before it ever ran; client URLs are published by etcd itself.
    started: entry.name !== '' && entry.clientUrls.length > 0,
    peerUrl: entry.peerUrls[0] ?? '',
    clientUrl: entry.clientUrls[0] ?? null,
    instanceId,
    answers,
    silence: answers ? null : silence,
    raftIndex: probe === undefined ? null : BigInt(probe.status.raftIndex),
    version: probe?.status.version ?? null,
  };
}

const silenceOf = (heard: Heard, instanceId: InstanceId | null): Silence =>
  (instanceId === null ? null : heard.silences.get(instanceId)) ?? 'notAsked';

const silenceIn = ({ status }: Probe & { kind: 'status' }): Silence =>
  status.errors.length > 0 ? 'alarmed' : 'cutOff';

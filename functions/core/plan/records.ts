import type { Claim } from '../claim.ts';
import { memberOf, presenceOf } from '../evidence.ts';
import { mustLeave } from '../lifecycle.ts';
import { INSTANCE_ID, PARAMETER } from '../names.ts';
import type { Instance, Member, MemberView, Observation } from '../observation.ts';
import { encodeInitialCluster } from '../published.ts';
import { isPlain, type Ticket } from '../ticket.ts';
import { clientUrlOf, listening, peerUrlOf } from '../urls.ts';
import { type Action, act, merge, nothing, type Plan } from './plan.ts';
import { planMemory } from './remember.ts';

/**
 * Keeps the written record true to the members that answer. Nothing here disturbs
 * etcd; all of it comes before membership is touched, and the tickets of members
 * that were seen are closed before anybody is told where to find the cluster.
 */
export function planRecords(world: Observation, view: MemberView): Plan {
  return merge(
    ...view.members.map((member) => planTicket(world, view, member)),
    planClaimRecord(world, view),
    planMemory(world, view),
  );
}

/** A member that was seen gets `started`; our unstarted entry gets the ticket that lets it start. */
function planTicket(world: Observation, view: MemberView, member: Member): Plan {
  const instance = world.instances.find((candidate) => candidate.id === member.instanceId);
  if (instance === undefined || mustLeave(instance.stage)) return nothing;
  const ticket = world.records.tickets.get(instance.id);
  if (member.started) return planStartedTicket(world, view, member, instance, ticket);
  const isOpen = ticket?.state === 'ticket' && ticket.memberId === member.id;
  if ((isOpen && !isOutdated(ticket, view)) || instance.address === null) return nothing;
  // A stranger joined meanwhile under a name that no shell file can carry: the newcomer waits, and is told of.
  if (!isPlain(encodeInitialCluster(view.members))) return nothing;
  return writeTicket({
    ...blankTicket(world, view, instance, member.peerUrl),
    state: 'ticket',
    memberId: member.id,
    ...oldestVersion(view),
    start: { initialCluster: encodeInitialCluster(view.members), initialState: 'existing' },
  });
}

/**
 * A member went while the newcomer still boots: with the list of before, etcd would not start,
 * and the ticket would be spent. A founder's ticket is never written twice (rule R1).
 */
const isOutdated = ({ start }: Ticket, { members }: MemberView): boolean =>
  start?.initialState === 'existing' && start.initialCluster !== encodeInitialCluster(members);

/** What a newcomer must not be far ahead of: an etcd two minors newer than 3.4 ends every voter of it. */
function oldestVersion({ members }: MemberView): Pick<Ticket, 'oldestVersion'> {
  const versions = members.flatMap(({ role, version }) =>
    role === 'voter' && version !== null && /^\d+\.\d+\.\d+$/.test(version) ? [version] : [],
  );
  const [oldest] = versions.sort(compareVersions);
  return oldest === undefined ? {} : { oldestVersion: oldest };
}

/** By their numbers: 3.10.0 is newer than 3.9.0. */
function compareVersions(a: string, b: string): number {
  if (a === b) return 0;
  const numbers = b.split('.').map(Number);
  const differences = a.split('.').map((part, index) => Number(part) - (numbers[index] ?? 0));
  return differences.find((difference) => difference !== 0) ?? 0;
}

function planStartedTicket(
  world: Observation,
  view: MemberView,
  member: Member,
  instance: Instance,
  ticket: Ticket | undefined,
): Plan {
  if (ticket?.state === 'started' && ticket.memberId === member.id) return nothing;
  const blank = blankTicket(world, view, instance, member.peerUrl);
  // Whoever gave its member another address by hand may have given one that no ticket can carry.
  const clientUrl = plainOr(member.clientUrl, blank.clientUrl);
  const started = { ...blank, clientUrl, state: 'started', memberId: member.id, start: null } as const;
  // Every member of ours had one before it started: this one was deleted, or changed so that nobody can read it.
  return ticket === undefined
    ? act({ kind: 'writeTicket', ticket: started, edited: true })
    : writeTicket(started);
}

/** The ticket `joining`, written before the member is added (rule R11). */
export function joiningTicket(world: Observation, view: MemberView, instance: Instance): Ticket {
  const blank = blankTicket(world, view, instance, peerUrlOf(world.config, instance));
  return { ...blank, state: 'joining', memberId: null, start: null };
}

function blankTicket(world: Observation, view: MemberView, instance: Instance, peerUrl: string) {
  const known = world.records.tickets.get(instance.id);
  return {
    instanceId: instance.id,
    peerUrl: plainOr(peerUrl, peerUrlOf(world.config, instance)),
    clientUrl: clientUrlOf(world.config, instance),
    ...listening(world.config, instance.address ?? known?.listenAddress ?? null),
    claim: world.records.claim?.number ?? world.group.bootstrapped ?? 1,
    token: rememberedToken(world),
    clusterId: view.clusterId,
  };
}

const plainOr = (url: string | null, other: string): string => (url !== null && isPlain(url) ? url : other);

const writeTicket = (ticket: Ticket): Plan => act({ kind: 'writeTicket', ticket });

/** Pins the cluster id as soon as a voter answered; rebuilds the claim when it was lost, or cannot be read (S5). */
function planClaimRecord(world: Observation, view: MemberView): Plan {
  const { claim, unreadable } = world.records;
  if (claim === null) {
    const because = unreadable.includes(PARAMETER.bootstrap) ? 'unreadable' : 'rebuilt';
    return act({ kind: 'writeClaim', claim: rebuiltClaim(world, view), because });
  }
  if (claim.clusterId !== null) return planTag(world, claim.number);
  return act({ kind: 'writeClaim', claim: { ...claim, clusterId: view.clusterId }, because: 'pinned' });
}

function planTag(world: Observation, number: number): Plan {
  const isTagged = world.group.bootstrapped === number;
  return isTagged ? nothing : act({ kind: 'tagGroup', groupName: world.group.name, number });
}

function rebuiltClaim(world: Observation, view: MemberView): Claim {
  // A claim with an address that no ticket can carry would be taken for unreadable, and rebuilt for ever.
  const ours = view.members.filter(({ instanceId, peerUrl }) => instanceId !== null && isPlain(peerUrl));
  return {
    number: world.group.bootstrapped ?? 1,
    token: rememberedToken(world),
    members: Object.fromEntries(ours.map((member) => [member.instanceId ?? member.name, member.peerUrl])),
    claimedAt: new Date(world.takenAtMs).toISOString(),
    clusterId: view.clusterId,
  };
}

/** The founding token, from the claim or from any ticket that carries it. */
function rememberedToken(world: Observation): string {
  const tokens = [...world.records.tickets.values()].map((ticket) => ticket.token);
  return [world.records.claim?.token ?? '', ...tokens].find((token) => token !== '') ?? '';
}

/** Deletes the tickets of instances that are gone and no member any more, and reports that were dealt with. */
export function planCleanup(world: Observation, view: MemberView): Plan {
  const tickets = world.records.ticketNames.filter((name) =>
    isTicketOver(world, view, name.slice('members/'.length)),
  );
  const reports = world.records.reportNames.filter((name) =>
    isReportOver(world, view, name.slice('reports/'.length)),
  );
  return act(...removal(tickets, 'instanceGone'), ...removal(reports, 'reportHandled'));
}

function removal(names: readonly string[], because: 'instanceGone' | 'reportHandled'): readonly Action[] {
  return names.length === 0 ? [] : [{ kind: 'removeParameters', names, because }];
}

function isTicketOver(world: Observation, view: MemberView, id: string): boolean {
  if (memberOf(view.members, id) !== null) return false;
  if (!INSTANCE_ID.test(id)) return false;
  return presenceOf(world, id, view.memory.missingSinceMs[id] ?? null) === 'gone';
}

/**
 * A report is dealt with when its member answers after all (a volume attached late: later
 * silence must not be taken for a lost disk), or is no member any more and its instance has
 * been given another ticket or is gone.
 */
function isReportOver(world: Observation, view: MemberView, id: string): boolean {
  const isGone = presenceOf(world, id, view.memory.missingSinceMs[id] ?? null) === 'gone';
  const report = world.records.reports.find((candidate) => candidate.instanceId === id);
  if (report === undefined) return isGone;
  const member = view.members.find((candidate) => candidate.id === report.memberId);
  if (member !== undefined) return member.answers;
  const ticket = world.records.tickets.get(id);
  return ticket === undefined ? isGone : ticket.memberId !== report.memberId;
}

import { invariant } from './errors.ts';
import type { ClusterId, InstanceId, MemberId } from './identity.ts';
import { problemsOfRestore, type Restore, restoreIn } from './restore.ts';
import { hostIn } from './urls.ts';

/**
 * The single-use ticket of one instance, the parameter `members/<instance-id>`.
 *
 * `joining` is written *before* the member is added, so that our own unstarted,
 * nameless entry is never taken for a foreign one (rule R11). `ticket` lets the
 * boot script start etcd on an empty disk, once. `started` never does: a wiped
 * voter that starts again with its old ticket would rejoin without its data.
 */
export interface Ticket {
  readonly instanceId: InstanceId;
  readonly state: 'joining' | 'ticket' | 'started';
  readonly peerUrl: string;
  readonly clientUrl: string;
  /** Where etcd listens, when its URLs hold a name (under TLS); they hold the address otherwise. */
  readonly listenAddress?: string;
  /** Number of the claim that the cluster was founded with. */
  readonly claim: number;
  /** Token unique to the founding; empty where it is no longer known. */
  readonly token: string;
  readonly clusterId: ClusterId | null;
  /** `null` while `joining`. */
  readonly memberId: MemberId | null;
  /** The oldest etcd among the voters when the ticket was written: what the whole cluster can read. */
  readonly oldestVersion?: string;
  /** Set for `ticket` only. */
  readonly start: TicketStart | null;
}

export interface TicketStart {
  readonly initialCluster: string;
  readonly initialState: 'new' | 'existing';
  /** What a lone founder restores first, so that its cluster begins with that data. */
  readonly restore?: Restore;
}

/**
 * Text of a ticket: an environment file that POSIX sh reads line by line and that
 * etcd takes as it is. Values contain no spaces, quotes or `$`.
 */
export function encodeTicket(cluster: string, ticket: Ticket): string {
  const lines: [string, string][] = [
    ['AUTOPILOT_STATE', ticket.state],
    ['AUTOPILOT_CLUSTER', cluster],
    ['AUTOPILOT_INSTANCE_ID', ticket.instanceId],
    ['AUTOPILOT_CLAIM', String(ticket.claim)],
    ['AUTOPILOT_CLUSTER_ID', ticket.clusterId ?? ''],
    ['AUTOPILOT_MEMBER_ID', ticket.memberId ?? ''],
    ['AUTOPILOT_OLDEST_VERSION', ticket.oldestVersion ?? ''],
    ['ETCD_NAME', ticket.instanceId],
    ['ETCD_INITIAL_ADVERTISE_PEER_URLS', ticket.peerUrl],
    ['ETCD_LISTEN_PEER_URLS', listenUrl(ticket.peerUrl, ticket)],
    ['ETCD_ADVERTISE_CLIENT_URLS', ticket.clientUrl],
    ['ETCD_LISTEN_CLIENT_URLS', listenUrl(ticket.clientUrl, ticket)],
    ['ETCD_INITIAL_CLUSTER_TOKEN', ticket.token],
    ['ETCD_INITIAL_CLUSTER', ticket.start?.initialCluster ?? ''],
    ['ETCD_INITIAL_CLUSTER_STATE', ticket.start?.initialState ?? ''],
    ...restoreLines(ticket.start),
  ];
  for (const [name, value] of lines) {
    invariant(isPlain(value), `${name} of a ticket holds an unsafe character`);
  }
  return `${lines.map(([name, value]) => `${name}=${value}`).join('\n')}\n`;
}

/** None where nothing is restored: such a ticket reads as it always did. */
function restoreLines(start: TicketStart | null): readonly [string, string][] {
  const restore = start?.restore;
  if (restore === undefined) return [];
  const isFounding = start?.initialState === 'new';
  invariant(isFounding && problemsOfRestore(restore).length === 0, 'a ticket restores what it cannot');
  return [
    ['AUTOPILOT_RESTORE', restore.uri],
    ['AUTOPILOT_RESTORE_SHA256', restore.sha256],
    ['AUTOPILOT_RESTORE_SIZE', String(restore.sizeBytes)],
    ['AUTOPILOT_RESTORE_BUMP', String(restore.bump)],
  ];
}

/** Whether a ticket can carry this text: it becomes a shell file. */
export const isPlain = (text: string): boolean => /^[A-Za-z0-9:/.,=_-]*$/.test(text);

const listenUrl = (url: string, { listenAddress }: Ticket): string =>
  listenAddress === undefined ? url : url.replace(/\/\/[^:/]+/, `//${listenAddress}`);

/** Reads a ticket; `null` for text that is not one (edited by hand, or of a newer version), or could not be written again. */
export function decodeTicket(text: string): Ticket | null {
  const values = new Map(text.split('\n').map(splitLine));
  if (![...values.values()].every(isPlain)) return null;
  const state = values.get('AUTOPILOT_STATE');
  const instanceId = values.get('AUTOPILOT_INSTANCE_ID') ?? '';
  const peerUrl = values.get('ETCD_INITIAL_ADVERTISE_PEER_URLS') ?? '';
  if (state !== 'joining' && state !== 'ticket' && state !== 'started') return null;
  if (instanceId === '' || peerUrl === '') return null;
  const start = startIn(values);
  if (start === 'unreadable') return null;
  const listens = hostIn(values.get('ETCD_LISTEN_PEER_URLS') ?? '');
  const oldestVersion = values.get('AUTOPILOT_OLDEST_VERSION') ?? '';
  return {
    instanceId,
    state,
    peerUrl,
    clientUrl: values.get('ETCD_ADVERTISE_CLIENT_URLS') ?? '',
    ...(listens === null || listens === hostIn(peerUrl) ? {} : { listenAddress: listens }),
    claim: Number(values.get('AUTOPILOT_CLAIM') ?? '0'),
    token: values.get('ETCD_INITIAL_CLUSTER_TOKEN') ?? '',
    clusterId: values.get('AUTOPILOT_CLUSTER_ID') || null,
    memberId: values.get('AUTOPILOT_MEMBER_ID') || null,
    ...(oldestVersion === '' ? {} : { oldestVersion }),
    start,
  };
}

/** A founding whose data cannot be read is no founding without data: that would be an empty cluster (rule R12). */
function startIn(values: ReadonlyMap<string, string>): TicketStart | null | 'unreadable' {
  const initialState = values.get('ETCD_INITIAL_CLUSTER_STATE');
  if (initialState !== 'new' && initialState !== 'existing') return null;
  const start: TicketStart = { initialCluster: values.get('ETCD_INITIAL_CLUSTER') ?? '', initialState };
  if (![...values.keys()].some((name) => name.startsWith('AUTOPILOT_RESTORE'))) return start;
  const restore = restoreIn({
    uri: values.get('AUTOPILOT_RESTORE'),
    sha256: values.get('AUTOPILOT_RESTORE_SHA256'),
    sizeBytes: Number(values.get('AUTOPILOT_RESTORE_SIZE') || Number.NaN),
    bump: Number(values.get('AUTOPILOT_RESTORE_BUMP') || Number.NaN),
  });
  return restore === null || initialState !== 'new' ? 'unreadable' : { ...start, restore };
}

function splitLine(line: string): [string, string] {
  const at = line.indexOf('=');
  return at < 0 ? [line, ''] : [line.slice(0, at), line.slice(at + 1)];
}

import type { ClusterConfig } from './config.ts';
import type { ClusterId, InstanceId } from './identity.ts';
import { isRecord, parseJson } from './json.ts';
import { clusterIdOf } from './raft-ids.ts';
import { remembered } from './remembered.ts';
import { type Restore, restoreIn } from './restore.ts';
import { isPlain } from './ticket.ts';

/**
 * The parameter `bootstrap`: the proof that the cluster exists. Never revised:
 * a claim that failed is followed by the next number with a new token. The one
 * thing added later is `clusterId`, when the first voter answered; from then on
 * nobody starts with the initial state `new` again.
 */
export interface Claim {
  readonly number: number;
  /** Unique to this claim; empty when the record was rebuilt and no ticket remembered it. */
  readonly token: string;
  readonly members: Readonly<Record<InstanceId, string>>;
  readonly claimedAt: string;
  readonly clusterId: ClusterId | null;
  /** What its founder, then the only one, restores before it starts. */
  readonly restore?: Restore;
  /** Number of the recovery that it is made for; never without `restore`. */
  readonly recovery?: number;
}

export function encodeClaim(claim: Claim): string {
  const { clusterId, ...rest } = claim;
  return JSON.stringify(clusterId === null ? rest : { ...rest, clusterId });
}

/** Reads a claim; `null` for text that is not one, which is *not* the same as no claim. */
export function decodeClaim(text: string): Claim | null {
  const value = parseJson(text);
  if (!isRecord(value)) return null;
  const { number, token, members, claimedAt, clusterId, restore: told, recovery } = value;
  if (typeof number !== 'number' || !Number.isInteger(number) || number < 1) return null;
  if (typeof token !== 'string' || typeof claimedAt !== 'string' || !isTextRecord(members)) return null;
  // Tickets carry both: a claim that none could be made of was edited by hand.
  if (![token, ...Object.entries(members).flat()].every(isPlain)) return null;
  if (clusterId !== undefined && typeof clusterId !== 'string') return null;
  const claim = { number, token, members, claimedAt, clusterId: clusterId ?? null };
  if (told === undefined) return recovery === undefined ? claim : null;
  // A claim that is to bring data back, and does not say which, must not found an empty cluster; nor must several founders.
  const restore = restoreIn(told);
  if (restore === null || Object.keys(members).length !== 1) return null;
  if (recovery === undefined) return { ...claim, restore };
  return typeof recovery === 'number' && Number.isSafeInteger(recovery)
    ? { ...claim, restore, recovery }
    : null;
}

/** The id that etcd will give the cluster of this claim; `null` for a rebuilt record without token. */
export function expectedClusterId(claim: Claim): ClusterId | null {
  return claim.token === '' ? null : foundedBy(`${claim.token} ${Object.values(claim.members).join(' ')}`);
}

/** By the founding token and the peer URLs, none of which holds a blank. */
const foundedBy = remembered((text) => {
  const [token = '', ...peerUrls] = text.split(' ');
  return clusterIdOf(peerUrls, token);
});

/**
 * What of the settings contradicts the claim, by the URLs of its members: they are what a cluster is
 * founded with, and it does not survive that all of them change at once.
 */
export function conflictsWith(config: ClusterConfig, claim: Claim | null): readonly string[] {
  const url = Object.values(claim?.members ?? {}).find((peerUrl) => urlIn(peerUrl) !== null);
  const founded = url === undefined ? null : urlIn(url);
  if (founded === null) return [];
  const { protocol, hostname } = founded;
  const scheme = protocol.slice(0, -1);
  if (scheme !== config.scheme) {
    const needs = scheme === 'https' ? 'put dns and tls back' : 'take dns and tls away';
    return [`the cluster was founded with ${scheme}, and its settings make it ${config.scheme}: ${needs}`];
  }
  const domain = hostname.slice(hostname.indexOf('.') + 1);
  // Without TLS the URLs hold addresses, and the domain is for records only.
  if (scheme === 'http' || config.dns === null || config.dns.domain === domain) return [];
  return [`the cluster was founded below ${domain}, and dns.domain is ${config.dns.domain}: put it back`];
}

/** `null`: the text is no URL. */
const urlIn = remembered((text) => {
  const url = URL.parse(text);
  return url === null ? null : { protocol: url.protocol, hostname: url.hostname };
});

/** etcd's initial-cluster text; equal sets give equal text. */
export function initialClusterText(members: Readonly<Record<InstanceId, string>>): string {
  return Object.entries(members)
    .map(([name, peerUrl]) => `${name}=${peerUrl}`)
    .sort()
    .join(',');
}

function isTextRecord(value: unknown): value is Readonly<Record<string, string>> {
  return isRecord(value) && Object.values(value).every((entry) => typeof entry === 'string');
}

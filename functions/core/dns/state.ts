import { type Finding, isFindingCode, sortFindings } from '../finding.ts';
import type { InstanceId } from '../identity.ts';
import { isRecord, parseJson } from '../json.ts';

/** The parameter `dns/<zone>`: what one cluster owns in one hosted zone. */
export interface DnsState {
  readonly names: ReadonlyMap<string, OwnedName>;
  /** Instances whose records were taken out, by the change that did it. */
  readonly withdrawn: readonly Withdrawal[];
  /** Changes that Route 53 refused, by name: they rest before they are tried again. */
  readonly refused: ReadonlyMap<string, Refusal>;
  readonly findings: readonly Finding[];
}

export interface OwnedName {
  /** Digest of the records as they were last seen or written. */
  readonly digest: string;
  /** Digest of what was about to be written; `null`: it is written. */
  readonly next: string | null;
  /** Labels of the names below it that records stand at: `i-0a…`, `_etcd-server._tcp`. */
  readonly below: readonly string[];
  /** Since when no list has a group that wants it; `null`: one has, or said that it wants it no more. */
  readonly missingSinceMs: number | null;
}

export interface Withdrawal {
  /** `null`: it was about to be sent; whether it was, nobody knows. */
  readonly changeId: string | null;
  /** When every name server had it; `null`: not yet. */
  readonly syncedAtMs: number | null;
  /** For so long resolvers may keep what they had. */
  readonly ttlSeconds: number;
  readonly ids: readonly InstanceId[];
  /** More instances than could be named: it counts for whoever is named nowhere. */
  readonly andOthers: boolean;
}

export interface Refusal {
  readonly digest: string;
  readonly atMs: number;
}

export const EMPTY_STATE: DnsState = { names: new Map(), withdrawn: [], refused: new Map(), findings: [] };

const VERSION = 1;
/** A parameter holds 4,096 bytes; all that is written here is ASCII but details, which are shortened. */
const CHARS_MAX = 4_000;
const FINDINGS_MAX = 8;
const DETAIL_CHARS_MAX = 120;

export const isEmptyState = ({ names, withdrawn, refused, findings }: DnsState): boolean =>
  names.size === 0 && withdrawn.length === 0 && refused.size === 0 && findings.length === 0;

/**
 * Equal states are equal text. What does not fit is given up from the end of its use: details of
 * findings first, then the names of instances, which then wait for each other.
 */
export function encodeDnsState(state: DnsState): string {
  const full = encode(state, FINDINGS_MAX);
  if (full.length <= CHARS_MAX) return full;
  const short = encode(state, 2);
  if (short.length <= CHARS_MAX) return short;
  const withdrawn = state.withdrawn.map((one) => ({ ...one, ids: [], andOthers: true }));
  return encode({ ...state, withdrawn }, 2);
}

function encode({ names, withdrawn, refused, findings }: DnsState, findingsMax: number): string {
  const sorted = [...names].sort(([a], [b]) => (a < b ? -1 : 1));
  const told = sortFindings(findings);
  const below = sorted.filter(([, owned]) => owned.below.length > 0);
  return JSON.stringify({
    version: VERSION,
    names: sorted.map(([name]) => name),
    digests: sorted.map(([, owned]) => encodeDigests(owned)),
    below: Object.fromEntries(below.map(([name, owned]) => [name, [...owned.below].sort()])),
    withdrawn: withdrawn.map(encodeWithdrawal),
    refused: Object.fromEntries([...refused].map(([name, { digest, atMs }]) => [name, [digest, atMs]])),
    findings: told.slice(0, findingsMax).map((one) => ({ ...one, detail: plain(one.detail) })),
    ...(told.length > findingsMax ? { more: told.length - findingsMax } : {}),
  });
}

/** `digest`, `digest>next`, and `@` the time that it is missing since. */
const encodeDigests = ({ digest, next, missingSinceMs }: OwnedName): string =>
  `${digest}${next === null ? '' : `>${next}`}${missingSinceMs === null ? '' : `@${missingSinceMs}`}`;

const plain = (text: string): string => text.replaceAll(/[^\x20-\x7e]/g, '?').slice(0, DETAIL_CHARS_MAX);

const encodeWithdrawal = ({ changeId, syncedAtMs, ttlSeconds, ids, andOthers }: Withdrawal) => ({
  change: changeId,
  at: syncedAtMs,
  ttl: ttlSeconds,
  ids: [...ids].sort(),
  ...(andOthers ? { others: true } : {}),
});

export type DecodedState =
  | { readonly kind: 'state'; readonly state: DnsState }
  /** A newer version of the autopilot wrote it: an older one only looks. */
  | { readonly kind: 'newer' }
  | { readonly kind: 'unreadable' };

export function decodeDnsState(text: string): DecodedState {
  const value = parseJson(text);
  if (!isRecord(value)) return { kind: 'unreadable' };
  const { version, names, digests, below, withdrawn, refused, findings } = value;
  if (typeof version === 'number' && version > VERSION) return { kind: 'newer' };
  if (version !== VERSION || !isList(names) || !isList(digests)) return { kind: 'unreadable' };
  const state = {
    names: new Map(names.map((name, at) => [String(name), readName(String(name), digests[at], below)])),
    withdrawn: (isList(withdrawn) ? withdrawn : []).flatMap(readWithdrawal),
    refused: new Map(Object.entries(isRecord(refused) ? refused : {}).flatMap(readRefusal)),
    findings: (isList(findings) ? findings : []).flatMap(readFinding),
  };
  return { kind: 'state', state };
}

const isList = (value: unknown): value is readonly unknown[] => Array.isArray(value);

function readName(name: string, digests: unknown, below: unknown): OwnedName {
  const [, digest = '', next, since] = /^(\w*)(?:>(\w+))?(?:@(\d{1,16}))?$/.exec(String(digests ?? '')) ?? [];
  const labels = isRecord(below) ? below[name] : undefined;
  return {
    digest,
    next: next ?? null,
    below: isList(labels) ? labels.map(String) : [],
    missingSinceMs: since === undefined ? null : Number(since),
  };
}

function readWithdrawal(value: unknown): readonly Withdrawal[] {
  if (!isRecord(value)) return [];
  const { change, at, ttl, ids, others } = value;
  return [
    {
      changeId: typeof change === 'string' ? change : null,
      syncedAtMs: typeof at === 'number' ? at : null,
      ttlSeconds: typeof ttl === 'number' ? ttl : 0,
      ids: isList(ids) ? ids.map(String) : [],
      andOthers: others === true,
    },
  ];
}

function readRefusal([name, value]: readonly [string, unknown]): readonly (readonly [string, Refusal])[] {
  if (!isList(value)) return [];
  const [digest, atMs] = value;
  return typeof digest === 'string' && typeof atMs === 'number' ? [[name, { digest, atMs }]] : [];
}

function readFinding(value: unknown): readonly Finding[] {
  if (!isRecord(value)) return [];
  const { code, subject, detail } = value;
  return isFindingCode(code) ? [{ code, subject: String(subject), detail: String(detail) }] : [];
}

import { isRecord, parseJson } from '../json.ts';
import { isCheckCode } from './catalog.ts';
import type { CheckFinding, Severity } from './finding.ts';

/** The parameter `checks`: what was found last, and what the next look must know. */
export interface ChecksMemory {
  /** As many as fit, the worst first. */
  readonly findings: readonly RememberedFinding[];
  /** How many did not fit. */
  readonly more: number;
  /** `Cluster Degraded` was told, and `Cluster Healthy` not since. */
  readonly degraded: boolean;
  /** Looks in a row that found something alarming, and that found nothing: both end at {@link LOOKS_MAX}. */
  readonly dirtyLooks: number;
  readonly cleanLooks: number;
  /** Hooks of the group as they were last seen whole, for putting back what somebody deletes. */
  readonly hooks: readonly WholeHook[];
  /** When the databases were compared last, in ISO form; `null`: never. */
  readonly hashedAt: string | null;
}

export type RememberedFinding = Pick<
  CheckFinding,
  'code' | 'severity' | 'subject' | 'text' | 'since' | 'repair'
>;

/** A lifecycle hook with everything that it takes to put it back. */
export interface WholeHook {
  readonly name: string;
  readonly transition: 'launch' | 'terminate';
  readonly heartbeatSeconds: number;
  /** What happens when nobody answers. */
  readonly result: 'CONTINUE' | 'ABANDON';
  readonly metadata: string | null;
  /** Where Auto Scaling itself tells of it, and by which role; `null`: nowhere, events do. */
  readonly target: string | null;
  readonly role: string | null;
}

export const NO_CHECKS: ChecksMemory = {
  findings: [],
  more: 0,
  degraded: false,
  dirtyLooks: 0,
  cleanLooks: 0,
  hooks: [],
  hashedAt: null,
};

/** Looks in a row that something must last before anybody is told. */
export const LOOKS_MAX = 2;

const VERSION = 1;
/** A parameter holds 4,096 bytes. */
const BYTES_MAX = 4_000;
/** How many findings are told, and in how many characters each, where more do not fit. */
const FITS = [
  [20, 160],
  [14, 120],
  [10, 60],
  [5, 40],
  [1, 0],
  [0, 0],
] as const;

/** Equal memories are equal text, so that nothing is written when nothing changed. */
export function encodeChecks(memory: ChecksMemory): string {
  const texts = FITS.map(([count, chars]) => encode(memory, count, chars));
  const fitting = texts.find((text) => new TextEncoder().encode(text).length <= BYTES_MAX);
  return fitting ?? encode({ ...memory, hooks: [] }, 0, 0);
}

function encode(memory: ChecksMemory, count: number, chars: number): string {
  const told = memory.findings.slice(0, count);
  const more = memory.more + memory.findings.length - told.length;
  return JSON.stringify({
    version: VERSION,
    findings: told.map(({ code, severity, subject, text, since, repair }) => ({
      code,
      severity,
      subject: subject.slice(0, SUBJECT_CHARS_MAX),
      text: text.slice(0, chars),
      since,
      repair,
    })),
    more,
    degraded: memory.degraded,
    dirtyLooks: memory.dirtyLooks,
    cleanLooks: memory.cleanLooks,
    hooks: memory.hooks,
    hashedAt: memory.hashedAt,
  });
}

/** Names of groups and rules may be long. */
export const SUBJECT_CHARS_MAX = 80;

export type DecodedChecks =
  | { readonly kind: 'memory'; readonly memory: ChecksMemory }
  /** A newer version of the autopilot wrote it: an older one must not write over it. */
  | { readonly kind: 'newer' };

/** Nothing, or what cannot be read, remembers nothing: what is found then was found just now. */
export function decodeChecks(text: string | undefined): DecodedChecks {
  const value = text === undefined ? undefined : parseJson(text);
  if (!isRecord(value)) return { kind: 'memory', memory: NO_CHECKS };
  const { version, degraded, hashedAt } = value;
  if (typeof version === 'number' && version > VERSION) return { kind: 'newer' };
  return {
    kind: 'memory',
    memory: {
      findings: rowOf(value['findings']).flatMap(readFinding),
      more: countOf(value['more'], Number.MAX_SAFE_INTEGER),
      degraded: degraded === true,
      dirtyLooks: countOf(value['dirtyLooks'], LOOKS_MAX),
      cleanLooks: countOf(value['cleanLooks'], LOOKS_MAX),
      hooks: rowOf(value['hooks']).flatMap(readHook),
      hashedAt: typeof hashedAt === 'string' && !Number.isNaN(Date.parse(hashedAt)) ? hashedAt : null,
    },
  };
}

const rowOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);

const countOf = (value: unknown, max: number): number =>
  typeof value === 'number' && Number.isInteger(value) && value > 0 ? Math.min(value, max) : 0;

/** One of another version is left out: this one could say nothing about it. */
function readFinding(value: unknown): readonly RememberedFinding[] {
  if (!isRecord(value)) return [];
  const { code, severity, subject, text, since, repair } = value;
  if (!isCheckCode(code) || !isSeverity(severity)) return [];
  if (typeof subject !== 'string' || typeof text !== 'string') return [];
  if (typeof since !== 'string' || Number.isNaN(Date.parse(since))) return [];
  const done = repair === 'repaired' || repair === 'repairing' ? repair : 'left';
  return [{ code, severity, subject, text, since, repair: done }];
}

const isSeverity = (value: unknown): value is Severity =>
  value === 'critical' || value === 'warning' || value === 'notice';

function readHook(value: unknown): readonly WholeHook[] {
  if (!isRecord(value)) return [];
  const { name, transition, heartbeatSeconds, result, metadata, target, role } = value;
  if (typeof name !== 'string' || typeof heartbeatSeconds !== 'number') return [];
  if (transition !== 'launch' && transition !== 'terminate') return [];
  if (result !== 'CONTINUE' && result !== 'ABANDON') return [];
  const texts = { metadata: textOrNull(metadata), target: textOrNull(target), role: textOrNull(role) };
  return [{ name, transition, heartbeatSeconds: heartbeatSeconds + 0, result, ...texts }];
}

const textOrNull = (value: unknown): string | null => (typeof value === 'string' ? value : null);

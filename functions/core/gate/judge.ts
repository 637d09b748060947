import { type ParsedConfig, parseConfig } from '../config.ts';
import type { Gate } from '../gate-resource.ts';
import { PARAMETER } from '../names.ts';
import { type Shortfall, type ShortfallCode, shortfall } from '../shortfalls.ts';
import { decodeStatus, type Status } from '../status.ts';
import { type ClusterSight, judgeTolerance, type Require, requireOf } from '../tolerance.ts';
import { sightOfParameters } from '../tolerance-sight.ts';
import { judgeVersion, type VersionDoubt } from '../versions.ts';

/** What a gate comes to, at one reading. */
export type GateVerdict =
  | { readonly kind: 'whole'; readonly voterCount: number; readonly since: string }
  /** There is no cluster yet, and nobody asked for its voters: nothing to protect. */
  | { readonly kind: 'notFounded' }
  | GateShut;

export interface GateShut {
  readonly kind: 'shut';
  readonly shortfalls: readonly Shortfall[];
  /** Only the window is missing, and it is over this long after the look; `null`: nobody can tell. */
  readonly wholeInMs: number | null;
  /** No waiting heals it. */
  readonly isFinal: boolean;
}

/** What a gate reads, by the names below the cluster's path. */
export const GATE_READS = [
  PARAMETER.config,
  PARAMETER.bootstrap,
  PARAMETER.endpoints,
  PARAMETER.peers,
  PARAMETER.status,
  PARAMETER.teardown,
  PARAMETER.backup,
] as const;

/** These stand in parameters that nobody has to look for first. */
const KNOWN_WITHOUT_LOOK: readonly ShortfallCode[] = ['notFounded', 'deleting', 'frozen'];

/**
 * Judges what the parameters of a cluster tell. `isAnswer`: the status among them answers a look that this gate
 * asked for. One that does not may have been written by an autopilot that is dead since: nothing passes on it.
 */
export function judgeGate(
  gate: Gate,
  texts: ReadonlyMap<string, string>,
  isAnswer: (asked: readonly string[]) => boolean,
): GateVerdict {
  const sight = sightOfParameters(texts);
  const known = sight.obstacles.filter(({ code }) => KNOWN_WITHOUT_LOOK.includes(code));
  if (
    hasNothingToProtect(
      gate,
      texts,
      known.map(({ code }) => code),
    )
  )
    return { kind: 'notFounded' };
  const status = decodeStatus(texts.get(PARAMETER.status) ?? '');
  const config = parseConfig(texts.get(PARAMETER.config) ?? '');
  if (status === null || !config.ok || !isAnswer(status.asked)) {
    const told = known.map(({ code, subject }) => shortfall(code, subject));
    return shut(told.length > 0 ? told : [...lastTold(gate, sight, status, config), shortfall('statusOld')]);
  }
  // By the time of the look: how long ago it was proves nothing about what has been since.
  const atMs = Date.parse(status.at);
  const require = requirementOf(gate, requireOf(config.config));
  const shortfalls = judgeTolerance(sight, require, atMs);
  if (isNeverAllowed(shortfalls, sight, require)) return { ...shut(shortfalls), isFinal: true };
  if (shortfalls.length > 0) return shut(shortfalls, wholeInMs(shortfalls, sight, require, atMs));
  return { kind: 'whole', voterCount: sight.voters.length, since: status.steadySince ?? '' };
}

/** What an older status says is missing: nothing passes on it, and a refusal that only says "old" helps nobody. */
function lastTold(
  gate: Gate,
  sight: ClusterSight,
  status: Status | null,
  config: ParsedConfig,
): readonly Shortfall[] {
  if (status === null || !config.ok) return [];
  const told = judgeTolerance(sight, requirementOf(gate, requireOf(config.config)), Date.parse(status.at));
  return told.filter(({ code }) => code !== 'statusOld');
}

/** A cluster that is not even registered is not one that has yet to be founded: its name may be mistyped. */
function hasNothingToProtect(
  { require }: Gate,
  texts: ReadonlyMap<string, string>,
  codes: readonly ShortfallCode[],
): boolean {
  if (require.voters !== null || !texts.has(PARAMETER.config)) return false;
  return codes.includes('notFounded') && !codes.includes('deleting');
}

function requirementOf({ require }: Gate, own: Require): Require {
  return {
    tolerance: require.tolerance,
    stableSeconds: require.stableSeconds ?? own.stableSeconds,
    voters: require.voters,
    maxLag: require.maxLag ?? own.maxLag,
    snapshotMaxAgeSeconds: require.snapshotMaxAgeSeconds,
    etcdVersion: require.etcdVersion,
  };
}

const shut = (shortfalls: readonly Shortfall[], inMs: number | null = null): GateShut => ({
  kind: 'shut',
  shortfalls,
  wholeInMs: inMs,
  isFinal: false,
});

/** Of a version that is asked for: only another update can change what the voters run. */
const NEVER_HEALS: readonly VersionDoubt['code'][] = ['unreadable', 'skipsMinor', 'goesBack', 'startsTooOld'];

const isNeverAllowed = (
  shortfalls: readonly Shortfall[],
  { voters }: ClusterSight,
  { etcdVersion }: Require,
): boolean =>
  etcdVersion !== null &&
  shortfalls.some(({ code }) => code === 'versionStep') &&
  judgeVersion(voters, true, etcdVersion).some(({ code }) => NEVER_HEALS.includes(code));

function wholeInMs(
  shortfalls: readonly Shortfall[],
  { steadySinceMs }: ClusterSight,
  { stableSeconds }: Require,
  atMs: number,
): number | null {
  if (steadySinceMs === null || shortfalls.some(({ code }) => code !== 'unstable')) return null;
  return Math.max(0, steadySinceMs + stableSeconds * 1_000 - atMs);
}

import { QUOTA_BYTES } from '../world/faults/space.ts';
import type { TerminationPolicy } from '../world/group.ts';
import { type Random, randomFor } from './random.ts';

/** When something befalls a world, and which of its own kind it is. */
export interface Incident {
  readonly fault: string;
  readonly nth: number;
  readonly atSecond: number;
  /** How long it lasts, where it lasts. */
  readonly seconds: number;
}

/** Everything that a seed decides before anything has happened. */
export interface Fate {
  readonly seed: number;
  readonly size: 1 | 3 | 5 | 7;
  readonly minutes: number;
  readonly etcd: string;
  readonly config: Readonly<Record<string, unknown>>;
  /** The group's maintenance policy. */
  readonly launchesFirst: boolean;
  readonly policy: TerminationPolicy;
  readonly zones: readonly string[];
  /** Machines and the platform take the time that they usually do; else everything happens at once. */
  readonly takesTime: boolean;
  /** Time that Lambda gives the function. */
  readonly functionSeconds: number;
  /** What is kept of the cluster, where that matters. */
  readonly care: Care;
  /** What may happen here: each history knows its own few faults (swarm). */
  readonly swarm: readonly string[];
  readonly incidents: readonly Incident[];
}

/** Snapshots, and how quick those are who make and verify them; seconds, infinite: never. */
export interface Care {
  readonly isOn: boolean;
  readonly everySeconds: number;
  readonly verifySeconds: number;
  readonly captureSeconds: number;
}

/** What whoever starts a history may fix. */
export interface Wishes {
  readonly minutes?: number | undefined;
  readonly etcd?: string | undefined;
  /** The faults that may happen, instead of those that the seed would draw. */
  readonly only?: readonly string[] | undefined;
}

export const ETCD_VERSIONS = ['3.4.23', '3.5.16', '3.5.33', '3.6.14', '3.7.1'] as const;

const SIZES = [1, 1, 3, 3, 3, 3, 3, 5, 7] as const;

/** Names of faults, by the part that they play. */
export interface Cast {
  /** What makes a cluster work; each history has some. */
  readonly chores: readonly string[];
  /** What disturbs it. */
  readonly faults: readonly string[];
  /** Those of them that can only happen while the cluster forms. */
  readonly early: readonly string[];
}

export function drawFate(seed: number, cast: Cast, wishes: Wishes = {}): Fate {
  const random = randomFor(seed, 'fate');
  const minutes = random.whole(2, 3);
  const size = random.pick(SIZES) ?? 3;
  const etcd = random.pick(ETCD_VERSIONS) ?? ETCD_VERSIONS[0];
  const config = { ...drawConfig(random), gate: drawGate(seed), ...drawKeeping(seed) };
  const swarm = [...random.some(cast.chores, 1), ...random.some(cast.faults, random.whole(2, 3))];
  const kept = wishes.only ?? swarm;
  const length = wishes.minutes ?? minutes;
  const incidents = kept.flatMap((name) => drawIncidents(seed, name, length * 60, cast.early.includes(name)));
  return {
    seed,
    size,
    minutes: length,
    etcd: wishes.etcd ?? etcd,
    config,
    ...drawGroup(random),
    functionSeconds: Math.max(
      random.oneOf(20, 20, 20, 26, 60),
      kept.some(isOfDatabases) ? REWRITING_SECONDS : 0,
    ),
    care: drawCare(
      seed,
      kept.some((name) => CARED_FOR.test(name)),
    ),
    swarm: kept,
    incidents: incidents.sort((a, b) => a.atSecond - b.atSecond),
  };
}

function drawGroup(random: Random): Pick<Fate, 'launchesFirst' | 'policy' | 'zones' | 'takesTime'> {
  return {
    launchesFirst: random.chance(0.3),
    policy: random.oneOf<TerminationPolicy>('OldestInstance', 'NewestInstance'),
    zones: random.chance(0.4) ? ['a', 'b', 'c'] : ['a'],
    takesTime: random.chance(0.5),
  };
}

function drawConfig(random: Random): Readonly<Record<string, unknown>> {
  const graceSeconds = {
    bootstrap: random.oneOf(60, 120, 300),
    unstarted: random.oneOf(30, 60, 120),
    silent: random.oneOf(20, 40, 90),
    restarting: random.oneOf(30, 60, 150),
    catchingUp: random.oneOf(60, 240),
    replacement: random.oneOf(20, 60, 90),
  };
  return { graceSeconds, removeForeign: random.chance(0.25) };
}

/** From numbers of its own, so that the histories of before stay as they were. */
function drawGate(seed: number): Readonly<Record<string, unknown>> {
  const random = randomFor(seed, 'gate');
  return { stableSeconds: random.oneOf(0, 10, 30), maxLag: random.oneOf(1_000, 1_000, 2) };
}

/** A defragmentation is not begun by a function that has less. */
const REWRITING_SECONDS = 40;
const isOfDatabases = (name: string): boolean => /Database|^database/.test(name);

/** Faults of which anybody asks what was kept, or seen last. */
const CARED_FOR = /Lost|Vanishes$|Wiped|Database|noSpace/;

/** The same of the databases, and of what follows a loss. */
function drawKeeping(seed: number): Readonly<Record<string, unknown>> {
  const random = randomFor(seed, 'keeping');
  return {
    maintenance: { quotaBytes: QUOTA_BYTES, fragmentedMinBytes: QUOTA_BYTES / 4 },
    recovery: random.oneOf('manual', 'manual', 'from-survivor', 'from-snapshot', 'from-snapshot'),
  };
}

function drawCare(seed: number, isOn: boolean): Care {
  const random = randomFor(seed, 'care');
  return {
    isOn: isOn && random.chance(0.9),
    everySeconds: random.oneOf(60, 150, 600),
    verifySeconds: random.oneOf(1, 20, 90, Number.POSITIVE_INFINITY),
    captureSeconds: random.oneOf(1, 5, 40),
  };
}

/** A history of some length sees a fault once or twice; some come while the cluster forms. */
function drawIncidents(seed: number, fault: string, seconds: number, isEarly: boolean): readonly Incident[] {
  const random = randomFor(seed, fault);
  const count = random.oneOf(1, 1, 1, 2);
  return Array.from({ length: count }, (_, nth) => ({
    fault,
    nth,
    atSecond:
      isEarly || random.chance(0.12) ? random.whole(1, 20) : random.whole(20, Math.max(21, seconds - 20)),
    seconds: random.oneOf(random.whole(2, 15), random.whole(15, 70), random.whole(60, 180)),
  }));
}

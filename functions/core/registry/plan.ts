import { unreachable } from '../errors.ts';
import { type Finding, finding, sortFindings } from '../finding.ts';
import { type Bundle, changesOf, inChunks, inOrder } from './changes.ts';
import { type Entry, entriesOf, type OpenAccess } from './desired.ts';
import { findAddressless, findEdited, findEmpty, findForeign, findTagProblems } from './findings.ts';
import { Keeping } from './keeping.ts';
import type { KeyChange } from './key-port.ts';
import { leavingKey, leavingValue } from './keys.ts';
import {
  type Completion,
  completionOf,
  departureOf,
  findLateHooks,
  heldTooLong,
  isHeldTooLong,
  isServiceKey,
  type Leaver,
  leaversOf,
  needsNote,
} from './leaves.ts';
import { tidyOf } from './notes.ts';
import type { RegistryWorld } from './world.ts';

/** What makes the registry true, in the order in which it must happen. */
export interface RegistryPlan {
  /** Transactions; none is begun before the one before it succeeded. */
  readonly commits: readonly (readonly KeyChange[])[];
  /** Hooks that may be answered once all of them succeeded. */
  readonly completions: readonly Completion[];
  readonly findings: readonly Finding[];
  /** When the first drain is over; `null`: none is under way. */
  readonly dueAtMs: number | null;
  /** Instances that are held in our hook after this. */
  readonly heldCount: number;
}

export function planRegistry(world: RegistryWorld): RegistryPlan {
  const leavers = leaversOf(world);
  const { access } = world;
  switch (access.kind) {
    case 'open':
      return planOpen(world, access, leavers);
    case 'held':
      return planHeld(world, access.because, leavers);
    case 'frozen':
      return {
        ...NOTHING,
        heldCount: leavers.length,
        findings: sortFindings([
          finding('frozen', world.cluster, access.because),
          ...findLateHooks(world, leavers),
        ]),
      };
    case 'gone':
      return {
        ...NOTHING,
        completions: leavers.map((leaver) => completionOf(leaver, null)),
        findings: findGone(world),
      };
    default:
      return unreachable(access);
  }
}

const NOTHING: RegistryPlan = { commits: [], completions: [], findings: [], dueAtMs: null, heldCount: 0 };

/** Groups that joined a cluster which nobody created; of one that is deleted there is nothing to tell. */
function findGone({ access, groups, cluster }: RegistryWorld): readonly Finding[] {
  if (access.kind !== 'gone' || access.because === 'deleted') return [];
  return sortFindings(
    groups.map(({ name }) => finding('unknownCluster', name, `nobody created a cluster "${cluster}"`)),
  );
}

/** Nothing can be written, so nobody's keys are gone; still, nobody is held for ever. */
function planHeld(world: RegistryWorld, because: string, leavers: readonly Leaver[]): RegistryPlan {
  const expired = leavers.filter(({ id }) => isHeldTooLong(world, id));
  const held = leavers.filter((leaver) => !expired.includes(leaver));
  return {
    ...NOTHING,
    completions: expired.map((leaver) => completionOf(leaver, null)),
    heldCount: held.length,
    findings: sortFindings([
      finding('notReadable', world.cluster, because),
      ...expired.map(({ id }) => heldTooLong(id, because)),
      ...findTagProblems(world.groups),
      ...findLateHooks(world, held),
    ]),
  };
}

function planOpen(world: RegistryWorld, access: OpenAccess, leavers: readonly Leaver[]): RegistryPlan {
  const entries = entriesOf(world, access);
  const keeping = new Keeping(world.groups, entries);
  const settled = entries.map((entry) => settle(world, access, entry, keeping));
  const fates = fatesOf(world, access, leavers, new Map(settled.map((one) => [one.entry.id, one])));
  const tidy = tidyOf(world, access, entries);
  const bundles = settled.map(({ bundle }) => bundle).filter((bundle) => bundle.length > 0);
  const drains = fates.flatMap(({ untilMs }) => untilMs ?? []);
  const held = fates.filter(({ completion }) => completion === null).map(({ leaver }) => leaver);
  return {
    commits: inChunks([...inOrder(bundles), ...tidy]),
    completions: fates.flatMap(({ completion }) => completion ?? []),
    dueAtMs: drains.length === 0 ? null : Math.min(...drains),
    heldCount: held.length,
    findings: sortFindings([
      ...findTagProblems(world.groups),
      ...findForeign(world, access),
      ...findAddressless(entries, access),
      ...findEmpty(settled.flatMap(({ kept }) => kept)),
      ...findEdited(world, bundles),
      ...fates.flatMap(({ told }) => told),
      ...findLateHooks(world, held),
    ]),
  };
}

interface Settled {
  readonly entry: Entry;
  readonly bundle: Bundle;
  /** Keys that it should not have any more, and keeps, for nobody could take their place. */
  readonly kept: readonly string[];
}

/** One that leaves takes all of its keys with it, or none: half a machine is of use to nobody. */
function settle(world: RegistryWorld, access: OpenAccess, entry: Entry, keeping: Keeping): Settled {
  const { wanted } = entry;
  if (wanted === null) return { entry, bundle: [], kept: [] };
  const kept = [...entry.held.keys()].filter((key) => !wanted.has(key) && keeping.mustStay(key, entry));
  const isLeft = wanted.size === 0;
  if (isLeft && kept.length > 0) return { entry, bundle: [], kept };
  const bundle = changesOf(entry, (key) => !kept.includes(key));
  const isNoted = access.keys.values.has(leavingKey(entry.id));
  const offersAny = [...wanted.keys(), ...kept].some(isServiceKey);
  if (offersAny || isNoted || !needsNote(world, entry)) return { entry, bundle, kept };
  const note = { key: leavingKey(entry.id), value: leavingValue(world.takenAtMs) };
  return { entry, bundle: [...bundle, note], kept };
}

interface Fate {
  readonly leaver: Leaver;
  /** `null`: it is held. */
  readonly completion: Completion | null;
  readonly untilMs: number | null;
  readonly told: readonly Finding[];
}

function fatesOf(
  world: RegistryWorld,
  access: OpenAccess,
  leavers: readonly Leaver[],
  settled: ReadonlyMap<string, Settled>,
): readonly Fate[] {
  return leavers.flatMap((leaver): readonly Fate[] => {
    const one = settled.get(leaver.id);
    if (one === undefined) return [];
    const fate = fateOf(world, access, leaver, one);
    if (fate.completion !== null || !isHeldTooLong(world, leaver.id)) return [fate];
    const why = one.kept.length > 0 ? 'nobody could take its place' : 'its services were still drained';
    const completion = completionOf(leaver, access);
    return [{ leaver, completion, untilMs: null, told: [heldTooLong(leaver.id, why)] }];
  });
}

function fateOf(
  world: RegistryWorld,
  access: OpenAccess,
  leaver: Leaver,
  { entry, bundle, kept }: Settled,
): Fate {
  const base = { leaver, completion: null, untilMs: null, told: [] };
  // Of a machine that is gone, nothing can be drained, and nothing saved by waiting.
  if (!entry.isAlive) return { ...base, completion: completionOf(leaver, access) };
  if (kept.length > 0 || entry.wanted === null) return base;
  const noted = bundle.some(({ key, value }) => value !== null && key === leavingKey(leaver.id));
  if (noted) return { ...base, untilMs: world.takenAtMs + leaver.group.drainSeconds * 1_000 };
  const departure = departureOf(world, access, leaver, entry);
  if (departure.kind === 'drain') return { ...base, untilMs: departure.untilMs };
  return { ...base, completion: departure.completion };
}

import { PARAMETER } from '../names.ts';
import { decodeSpaceRecord } from '../space.ts';
import { type Found, found } from './finding.ts';
import { judgeBackups } from './judge-backups.ts';
import { judgeCertificates } from './judge-certificates.ts';
import { judgeData } from './judge-data.ts';
import { judgeMembers } from './judge-members.ts';
import { judgePlatform } from './judge-platform.ts';
import { judgeTold } from './judge-told.ts';
import { judgePending, judgeTickets, judgeWaits } from './judge-waits.ts';
import type { ChecksWorld } from './world.ts';

/** Everything that is not as it should be. Total, and pure: equal worlds have equal findings. */
export function judgeChecks(checks: ChecksWorld): readonly Found[] {
  if (!isLookedAfter(checks)) return [];
  return onceEach([
    ...judgeWaits(checks),
    ...judgePending(checks),
    ...judgeTickets(checks),
    ...judgeRepaired(checks),
    ...judgeSpaceMade(checks),
    ...judgeMembers(checks),
    ...judgeData(checks),
    ...judgeCertificates(checks),
    ...judgePlatform(checks),
    ...judgeBackups(checks),
    ...judgeTold(checks),
    ...checks.unread.map(({ what, because }) =>
      found('notReadable', what, `${what} cannot be read: ${because}`),
    ),
  ]);
}

/**
 * Nobody is told of a cluster that is being deleted, or that never was: a stack makes its rules before its group.
 * One that has a claim and no group has lost it.
 */
export function isLookedAfter({ texts, waits, world }: ChecksWorld): boolean {
  if (texts.has(PARAMETER.teardown) || waits.some(({ kind }) => kind === 'deletionPending')) return false;
  return world !== null
    ? !world.group.deleting
    : texts.has(PARAMETER.bootstrap) || texts.has(PARAMETER.config);
}

/** A name that was mistyped has neither a group nor a parameter. */
export const isKnown = ({ texts, world, waits }: ChecksWorld): boolean =>
  world !== null || texts.size > 0 || waits.every(({ kind }) => kind !== 'groupMissing');

/** For so long what membership put back is shown: longer than two rounds are apart. */
const SHOWN_MS = 150_000;

/** What membership itself found changed by somebody, and wrote again since the last round. */
const judgeRepaired = ({ world, nowMs }: ChecksWorld): readonly Found[] =>
  (world?.records.status?.repaired ?? [])
    .filter(({ at }) => Math.abs(nowMs - Date.parse(at)) <= SHOWN_MS)
    .map(({ name, at }) =>
      found('recordEdited', name, `somebody changed or deleted the parameter ${name}; it was written again`, {
        evidence: { at },
        repair: 'repaired',
      }),
    );

/** A full database that membership emptied since the last round; while it is at it, that is a wait. */
function judgeSpaceMade({ cluster, texts, nowMs }: ChecksWorld): readonly Found[] {
  const { repairsAtMs, repair } = decodeSpaceRecord(texts.get(PARAMETER.maintenance) ?? null);
  const newest = repairsAtMs.at(-1);
  if (repair !== null || newest === undefined || Math.abs(nowMs - newest) > SHOWN_MS) return [];
  const at = new Date(newest).toISOString();
  const text = `cluster ${cluster} was full at ${at} and took no writes; room was made`;
  return [
    found('spaceMade', cluster, text, { evidence: { at, times: repairsAtMs.length }, repair: 'repaired' }),
  ];
}

/** Two ways to the same thing are one finding: the first has the better words. */
const onceEach = (all: readonly Found[]): readonly Found[] =>
  [
    ...new Map(all.toReversed().map((one) => [`${one.code} ${one.subject}`, one] as const)).values(),
  ].toReversed();

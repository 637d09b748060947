import { unreachable } from './errors.ts';

/** A version of etcd. A preview (`3.7.0-rc.1`) comes before what it previews. */
export interface Version {
  readonly major: number;
  readonly minor: number;
  readonly patch: number;
  readonly isPreview: boolean;
}

/** One voter, as far as its version is known. */
export interface VersionedVoter {
  readonly name: string;
  readonly version: string | null;
}

/** What stands against rolling out a version. The texts of `voters` are their names. */
export type VersionDoubt =
  | { readonly code: 'unreadable' }
  | { readonly code: 'unknown'; readonly voters: readonly string[] }
  | { readonly code: 'skipsMinor'; readonly from: string }
  | { readonly code: 'goesBack'; readonly from: string }
  | { readonly code: 'startsTooOld'; readonly least: string; readonly voters: readonly string[] }
  | { readonly code: 'viewsDiffer' };

/**
 * What every voter must run before the next minor joins. Before 3.5.26, members that were removed come back
 * with 3.6; before 3.6.11 the same happens with 3.7.
 */
const LEAST_BEFORE: ReadonlyMap<string, string> = new Map([
  ['3.6', '3.5.26'],
  ['3.7', '3.6.11'],
]);

const VERSION = /^(\d{1,4})\.(\d{1,4})\.(\d{1,6})(-[0-9A-Za-z.-]+)?(?:\+[0-9A-Za-z.-]+)?$/;

/** `null`: it is none that etcd tells. */
export function parseVersion(text: string): Version | null {
  const [, major, minor, patch, preview] = VERSION.exec(text) ?? [];
  if (major === undefined || minor === undefined || patch === undefined) return null;
  const isPreview = preview !== undefined;
  return { major: Number(major), minor: Number(minor), patch: Number(patch), isPreview };
}

/** Negative: `a` is older. By their numbers: 3.10.0 is newer than 3.9.0. */
export const compareVersions = (a: Version, b: Version): number =>
  compareMinors(a, b) || a.patch - b.patch || Number(b.isPreview) - Number(a.isPreview);

const compareMinors = (a: Version, b: Version): number => a.major - b.major || a.minor - b.minor;

/**
 * What stands against a member of version `target` among these voters; empty: nothing. One minor up at a time,
 * from voters that are new enough for it, and only while all of them tell the same members: what differs there
 * is carried into the next minor. As long as the oldest voter is of that minor too, nothing is a step, and whoever
 * is silent is not asked for.
 */
export function judgeVersion(
  voters: readonly VersionedVoter[],
  isToldByAll: boolean,
  target: string,
): readonly VersionDoubt[] {
  const wanted = parseVersion(target);
  if (wanted === null) return [{ code: 'unreadable' }];
  const parsed = voters.map(({ name, version }) => ({ name, version: parseVersion(version ?? '') }));
  const known = parsed.flatMap(({ name, version }) => (version === null ? [] : [{ name, version }]));
  const [oldest] = known.map(({ version }) => version).sort(compareVersions);
  if (oldest !== undefined && compareMinors(wanted, oldest) === 0) return [];
  const unknown = parsed.filter(({ version }) => version === null).map(({ name }) => name);
  return [
    ...(unknown.length > 0 || oldest === undefined ? [{ code: 'unknown', voters: unknown } as const] : []),
    ...(oldest === undefined ? [] : judgeStep(known, oldest, wanted)),
    ...(isToldByAll ? [] : [{ code: 'viewsDiffer' } as const]),
  ];
}

interface Known {
  readonly name: string;
  readonly version: Version;
}

function judgeStep(known: readonly Known[], oldest: Version, wanted: Version): readonly VersionDoubt[] {
  const from = minorOf(oldest);
  if (compareMinors(wanted, oldest) < 0) return [{ code: 'goesBack', from }];
  if (wanted.major !== oldest.major || wanted.minor !== oldest.minor + 1)
    return [{ code: 'skipsMinor', from }];
  const least = LEAST_BEFORE.get(minorOf(wanted));
  const bound = least === undefined ? null : parseVersion(least);
  if (least === undefined || bound === null) return [];
  const tooOld = known.filter(({ version }) => compareVersions(version, bound) < 0).map(({ name }) => name);
  return tooOld.length === 0 ? [] : [{ code: 'startsTooOld', least, voters: tooOld }];
}

const minorOf = ({ major, minor }: Version): string => `${major}.${minor}`;

/** What a person reads: why `target` is not let in, and what to do first. */
export function doubtText(doubt: VersionDoubt, target: string): string {
  switch (doubt.code) {
    case 'unreadable':
      return `"${target}" is no version of etcd that is known here, like 3.6.14`;
    case 'unknown':
      return `the version of ${doubt.voters.join(', ') || 'every voter'} is not known; it must answer first`;
    case 'skipsMinor':
      return `${target} is more than one minor ahead of ${doubt.from}, which the oldest voter runs; take one minor at a time`;
    case 'goesBack':
      return `${target} is older than ${doubt.from}, which every voter runs; the way back is a snapshot`;
    case 'startsTooOld':
      return `${doubt.voters.join(', ')} must run ${doubt.least} or later before ${target} joins, or members that were removed come back`;
    case 'viewsDiffer':
      return `not every voter tells the same members; what differs would be carried into ${target}`;
    default:
      return unreachable(doubt);
  }
}

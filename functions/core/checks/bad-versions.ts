import { compareVersions, parseVersion, type Version } from '../versions.ts';
import { type Found, found, type Severity } from './finding.ts';

/** A defect of etcd that whoever runs these versions should know of. */
export interface BadVersion {
  /** The minors with the first release that is right; releases before it have the defect. */
  readonly mended: readonly string[];
  readonly severity: Severity;
  /** What may happen. */
  readonly defect: string;
  /** Where etcd's own project tells of it. */
  readonly source: string;
}

/**
 * From etcd's changelogs of 3.4 to 3.6. A notice where the autopilot's way of working keeps clear of it, or where
 * it takes rights that only a few clusters use: Debian 12 ships 3.4.23, and Debian 13 3.5.16.
 */
export const BAD_VERSIONS: readonly BadVersion[] = [
  {
    mended: ['3.5.3'],
    severity: 'critical',
    defect: 'members that are killed under load may come back with other data than the rest',
    source: 'https://github.com/etcd-io/etcd/pull/13908',
  },
  {
    mended: ['3.4.21', '3.5.5'],
    severity: 'warning',
    defect: 'a cluster of one voter may lose writes that it has acknowledged when it is killed',
    source: 'https://github.com/etcd-io/etcd/pull/14424',
  },
  {
    mended: ['3.4.22', '3.5.6'],
    severity: 'warning',
    defect: 'with users, a member that was restored from a snapshot of the leader may judge them otherwise',
    source: 'https://github.com/etcd-io/etcd/pull/14649',
  },
  {
    mended: ['3.5.6'],
    severity: 'warning',
    defect: 'a member that is killed while it defragments may come back with another revision than the rest',
    source: 'https://github.com/etcd-io/etcd/pull/14733',
  },
  {
    mended: ['3.4.32', '3.5.14'],
    severity: 'notice',
    defect: 'a member that dies while it compacts may come back with a lower revision',
    source: 'https://github.com/etcd-io/etcd/pull/17865',
  },
  {
    mended: ['3.4.38', '3.5.23', '3.6.5'],
    severity: 'notice',
    defect:
      'a defragmentation while a snapshot of the leader is applied may damage data; never defragment by hand with a member down',
    source: 'https://github.com/etcd-io/etcd/pull/20653',
  },
  {
    mended: ['3.4.42', '3.5.28', '3.6.9'],
    severity: 'notice',
    defect: 'with users, some requests are answered without their rights (CVE-2026-33413, CVE-2026-33343)',
    source: 'https://github.com/etcd-io/etcd/security/advisories/GHSA-q8m4-xhhv-38mg',
  },
];

/** Minors that etcd’s project maintains no more, up to and with this one. */
const LAST_ENDED = { major: 3, minor: 4 };

/** What is known of one version, each defect once. */
export function defectsOf(text: string): readonly BadVersion[] {
  const version = parseVersion(text);
  if (version === null) return [];
  return BAD_VERSIONS.filter(({ mended }) => mended.some((release) => isBefore(version, release)));
}

/** Only of its own minor: a defect that another minor has is no defect of this one. */
function isBefore(version: Version, release: string): boolean {
  const mended = parseVersion(release);
  if (mended === null || mended.major !== version.major || mended.minor !== version.minor) return false;
  return compareVersions(version, mended) < 0;
}

export function isEnded(text: string): boolean {
  const version = parseVersion(text);
  if (version === null) return false;
  if (version.major !== LAST_ENDED.major) return version.major < LAST_ENDED.major;
  return version.minor <= LAST_ENDED.minor;
}

const WORSE: readonly Severity[] = ['critical', 'warning', 'notice'];

/** One finding for each version that somebody runs: its worst defect says how much it matters. */
export function judgeVersion(version: string, members: readonly string[]): readonly Found[] {
  const evidence = { version, members: members.join(',') };
  const defects = defectsOf(version);
  const severity = WORSE.find((worst) => defects.some((one) => one.severity === worst));
  const told = defects.map(({ defect, source }) => `${defect} (${source})`).join('; ');
  const known =
    severity === undefined
      ? []
      : [found('versionBad', version, `etcd ${version} has known defects: ${told}`, { evidence, severity })];
  const ended = isEnded(version)
    ? [found('versionEnded', version, `etcd ${version} gets no corrections any more`, { evidence })]
    : [];
  return [...known, ...ended];
}

/** Where a cluster keeps what, below the prefix of its configuration: another tool may depend on these names. */
export const snapshotsPath = (prefix: string, cluster: string): string => `${prefix}${cluster}/snapshots/`;

/** What the checks saw last, for whoever must judge a cluster that does not answer any more. */
export const sightKey = (prefix: string, cluster: string): string => `${prefix}${cluster}/sight.json`;

const SNAPSHOT = '.db';
const MANIFEST = '.json';
const VERIFIED = '.verified.json';

/** Of a snapshot: its time without the colons that some tools refuse in file names, and the revision that is in it. */
export function snapshotKey(path: string, takenAtMs: number, atRevision: string): string {
  const time = new Date(Math.floor(takenAtMs / 1_000) * 1_000).toISOString().replace('.000Z', 'Z');
  return `${path}${time.replaceAll(':', '-')}-${atRevision}${SNAPSHOT}`;
}

/** Written last: a snapshot without it is none. */
export const manifestKey = (key: string): string => stemOf(key) + MANIFEST;
/** What verification found. */
export const verifiedKey = (key: string): string => stemOf(key) + VERIFIED;

const stemOf = (key: string): string => key.slice(0, -SNAPSHOT.length);

export type FileKind = 'snapshot' | 'manifest' | 'verified';

const FILE = /^(\d{4}-\d\d-\d\dT\d\d-\d\d-\d\dZ-\d{1,20})(\.db|\.json|\.verified\.json)$/;

/** Which snapshot an object below {@link snapshotsPath} belongs to, and as what; `null`: it is none of ours. */
export function fileAt(
  path: string,
  key: string,
): { readonly snapshot: string; readonly kind: FileKind } | null {
  const [, stem, ending] = FILE.exec(key.startsWith(path) ? key.slice(path.length) : '') ?? [];
  if (stem === undefined) return null;
  const kind = ending === SNAPSHOT ? 'snapshot' : ending === MANIFEST ? 'manifest' : 'verified';
  return { snapshot: path + stem + SNAPSHOT, kind };
}

/** Where binaries may come from, in the order in which they are tried. */
export const SOURCES = ['path', 'release', 'package', 'module'] as const;
export type Source = (typeof SOURCES)[number];

/** What a source fills a folder with. */
export interface Request {
  /** Exactly this version; `null`: the source's own choice. */
  readonly version: string | null;
  /** Empty folder for `etcd` and `etcdctl`. */
  readonly into: string;
  /** Empty folder for anything else; removed afterwards. */
  readonly scratch: string;
  readonly releasesUrl: string;
  readonly say: (line: string) => void;
}

/** This source cannot serve here: the next one is asked. Everything else that goes wrong is thrown as it is. */
export class SourceUnavailable extends Error {
  override readonly name = 'SourceUnavailable';
}

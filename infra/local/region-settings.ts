import { resolve } from 'node:path';
import { DEFAULT_WAITS, type Waits } from './fleet/model.ts';

/** The port that other emulators of the platform take, too: nobody has to be told it. */
export const DEFAULT_PORT = 4566;

export interface RegionOptions {
  /** Where everything of the region lives. Default `.local` of the working directory. */
  readonly dir?: string;
  /** Where MiniStack is installed. Default `dir`. */
  readonly installDir?: string;
  /** The public port. Default 4566, or a free one when that is taken. */
  readonly port?: number;
  /** AWS region name. Default `us-east-1`. */
  readonly region?: string;
  readonly waits?: Partial<Waits>;
  /** Whether an instance that is already gone still passes its group's terminate hooks. Default true. */
  readonly hooksForGone?: boolean;
  /** Directories put first on the PATH of instances and of `<dir>/env`: where etcd and its tools are. */
  readonly path?: readonly string[];
  /** Whether SIGINT, SIGTERM and SIGHUP stop the region and end the process. Default true. */
  readonly signals?: boolean;
  /** Progress, one line at a time. */
  readonly log?: (line: string) => void;
}

/** The options, with every default. */
export type Settings = Required<Omit<RegionOptions, 'waits'>> & { readonly waits: Waits };

/** @throws {Error} a wait that the platform does not keep */
export function settingsOf(dir: string, options: RegionOptions): Settings {
  return {
    dir,
    installDir: resolve(options.installDir ?? dir),
    port: options.port ?? DEFAULT_PORT,
    region: options.region ?? 'us-east-1',
    waits: checkedWaits(options.waits),
    hooksForGone: options.hooksForGone ?? true,
    path: options.path ?? [],
    signals: options.signals ?? true,
    log: options.log ?? (() => undefined),
  };
}

function checkedWaits(given: Partial<Waits> = {}): Waits {
  const waits = { ...DEFAULT_WAITS, ...given };
  for (const [name, ms] of Object.entries(waits)) {
    if (!(ms >= 1_000)) throw new Error(`${name} must be at least 1000: the platform takes longer than that`);
  }
  return waits;
}

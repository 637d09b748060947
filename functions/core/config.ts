import { type CareSettings, encodeCare, readCare } from './care-settings.ts';
import { Fields, type Problems } from './fields.ts';
import { isRecord, parseJson } from './json.ts';
import { type AuthSettings, type DnsSettings, readSecurity, type TlsSettings } from './security.ts';

/** Settings of one cluster, the parameter `config`. docs/configuration.md describes each for users. */
export interface ClusterConfig extends CareSettings {
  readonly version: 1;
  /** Voters to start with. */
  readonly size: 1 | 3 | 5 | 7;
  /** Follows from `tls`. */
  readonly scheme: 'http' | 'https';
  readonly clientPort: number;
  readonly peerPort: number;
  readonly dns: DnsSettings | null;
  readonly tls: TlsSettings | null;
  readonly auth: AuthSettings | null;
  readonly graceSeconds: GraceSeconds;
  readonly gate: GateSettings;
  /** Members that nobody here created are removed instead of only reported. */
  readonly removeForeign: boolean;
  /** Observe, report and send heartbeats; change nothing. */
  readonly frozen: boolean;
  /** The stack that registered the cluster; no other may change or delete it. */
  readonly stackId: string;
  /** The logical id of the resource in that stack: a second one may not register the same cluster. */
  readonly registeredBy?: string;
}

/** What "the cluster tolerates one more failure" means for this cluster; gates may ask for more. */
export interface GateSettings {
  /** For how long it must have been so, in whole seconds. */
  readonly stableSeconds: number;
  /** Raft entries that a voter may be behind the leader. */
  readonly maxLag: number;
  /** Whether a cluster that is meant to have one voter is judged without tolerance, or never holds. */
  readonly single: 'allow' | 'refuse';
}

/** How long each situation is waited for, in whole seconds. */
export interface GraceSeconds {
  /** For the last instances of a founding, once a quorum of them has addresses. */
  readonly bootstrap: number;
  /** For a newcomer's etcd to report its name. */
  readonly unstarted: number;
  /** For a voter that does not answer. */
  readonly silent: number;
  /** For a voter whose machine is up and whose etcd does not listen, for example while it loads a large database. */
  readonly restarting: number;
  /** For a learner that answers to catch up with the leader. */
  readonly catchingUp: number;
  /** For the replacement of an answering leaver to appear and join. */
  readonly replacement: number;
}

export type ParsedConfig =
  | { readonly ok: true; readonly config: ClusterConfig }
  | { readonly ok: false; readonly problems: readonly string[] };

export const DEFAULT_GRACE_SECONDS: GraceSeconds = {
  bootstrap: 300,
  unstarted: 300,
  silent: 600,
  restarting: 900,
  catchingUp: 3_600,
  replacement: 90,
};

export const DEFAULT_GATE: GateSettings = { stableSeconds: 10, maxLag: 1_000, single: 'allow' };

const STABLE_SECONDS_MAX = 600;
const LAG_MAX = 1_000_000;
const GRACE_SECONDS_MAX = 86_400;
const SIZES = [1, 3, 5, 7] as const;

/** Reads the text of the parameter `config`. All mistakes are reported together; unknown keys are mistakes. */
export function parseConfig(text: string): ParsedConfig {
  const value = parseJson(text);
  if (!isRecord(value)) return { ok: false, problems: ['config is not a JSON object'] };
  const { version, stackId, registeredBy, ...settings } = value;
  const problems: string[] = [];
  if (version !== 1) problems.push(`version must be 1, got ${JSON.stringify(version) ?? 'none'}`);
  if (typeof stackId !== 'string' || stackId === '') problems.push('stackId is missing');
  const config = readSettings(settings, typeof stackId === 'string' ? stackId : '', problems);
  return finish(typeof registeredBy === 'string' ? { ...config, registeredBy } : config, problems);
}

/**
 * Reads the `Config` property of `Custom::EtcdCluster`, whose scalars arrive as
 * text. Absent settings take their defaults; all mistakes are reported together.
 */
export function configFromProperties(properties: unknown, stackId: string): ParsedConfig {
  if (!isRecord(properties)) return { ok: false, problems: ['Config must be an object'] };
  const problems: string[] = [];
  return finish(readSettings(properties, stackId, problems), problems);
}

/** Text of a configuration: equal settings are equal text. */
export function encodeConfig(config: ClusterConfig): string {
  const { bootstrap, unstarted, silent, restarting, catchingUp, replacement } = config.graceSeconds;
  const { stableSeconds, maxLag, single } = config.gate;
  return JSON.stringify({
    version: config.version,
    size: config.size,
    scheme: config.scheme,
    clientPort: config.clientPort,
    peerPort: config.peerPort,
    dns: config.dns ?? undefined,
    tls: config.tls ?? undefined,
    auth: config.auth ?? undefined,
    graceSeconds: { bootstrap, unstarted, silent, restarting, catchingUp, replacement },
    gate: { stableSeconds, maxLag, single },
    removeForeign: config.removeForeign,
    frozen: config.frozen,
    ...encodeCare(config),
    stackId: config.stackId,
    registeredBy: config.registeredBy,
  });
}

const finish = (config: ClusterConfig, problems: readonly string[]): ParsedConfig =>
  problems.length === 0 ? { ok: true, config } : { ok: false, problems };

function readSettings(
  values: Readonly<Record<string, unknown>>,
  stackId: string,
  problems: Problems,
): ClusterConfig {
  const fields = new Fields(values, '', problems);
  const config: ClusterConfig = {
    version: 1,
    size: readSize(fields, problems),
    ...readSecurity(fields, problems),
    clientPort: fields.wholeNumber('clientPort', 2379, 1, 65_535),
    peerPort: fields.wholeNumber('peerPort', 2380, 1, 65_535),
    graceSeconds: readGrace(fields.nested('graceSeconds')),
    gate: readGate(fields.nested('gate')),
    removeForeign: fields.flag('removeForeign'),
    frozen: fields.flag('frozen'),
    ...readCare(fields, problems),
    stackId,
  };
  if (config.clientPort === config.peerPort) problems.push('clientPort and peerPort must differ');
  fields.refuseOthers();
  return config;
}

function readSize(fields: Fields, problems: Problems): ClusterConfig['size'] {
  const asked = fields.wholeNumber('size', 3, 1, 7);
  const size = SIZES.find((known) => known === asked);
  if (size === undefined) problems.push(`size must be 1, 3, 5 or 7, got ${asked}`);
  return size ?? 3;
}

function readGrace(fields: Fields): GraceSeconds {
  const seconds = (name: keyof GraceSeconds): number =>
    fields.wholeNumber(name, DEFAULT_GRACE_SECONDS[name], 1, GRACE_SECONDS_MAX);
  const grace = {
    bootstrap: seconds('bootstrap'),
    unstarted: seconds('unstarted'),
    silent: seconds('silent'),
    restarting: seconds('restarting'),
    catchingUp: seconds('catchingUp'),
    replacement: seconds('replacement'),
  };
  fields.refuseOthers();
  return grace;
}

function readGate(fields: Fields): GateSettings {
  const gate: GateSettings = {
    stableSeconds: fields.wholeNumber('stableSeconds', DEFAULT_GATE.stableSeconds, 0, STABLE_SECONDS_MAX),
    maxLag: fields.wholeNumber('maxLag', DEFAULT_GATE.maxLag, 0, LAG_MAX),
    single: fields.oneOf('single', ['allow', 'refuse']) ?? DEFAULT_GATE.single,
  };
  fields.refuseOthers();
  return gate;
}

import { createHash } from 'node:crypto';
import type { CfnRequest } from './cfn.ts';
import { clusterNameIn, deletionUnderWay, type Registered } from './custom-resource.ts';
import { Fields, type Problems } from './fields.ts';
import { isRecord } from './json.ts';
import { CLUSTER_NAME } from './names.ts';

/** The properties of `Custom::EtcdGate`. */
export interface Gate {
  readonly cluster: string;
  readonly require: GateRequire;
  /** For how long it is waited, from the request on: never as long as CloudFormation waits for the answer. */
  readonly timeoutSeconds: number;
}

/** What the template asks for; `null`: what the cluster's own configuration says, or nothing. */
export interface GateRequire {
  readonly tolerance: number;
  readonly stableSeconds: number | null;
  readonly voters: number | null;
  readonly maxLag: number | null;
  readonly snapshotMaxAgeSeconds: number | null;
  readonly etcdVersion: string | null;
}

export type ParsedGate =
  | { readonly ok: true; readonly gate: Gate }
  | { readonly ok: false; readonly problems: readonly string[] };

const TIMEOUT_SECONDS_DEFAULT = 600;
const TIMEOUT_SECONDS_MIN = 30;
/** CloudFormation itself gives up after this long, or after the resource's `ServiceTimeout`. */
const TIMEOUT_SECONDS_MAX = 3_600;
/** Kept back of that: what is due comes back within 25 s, and is answered within 10. */
const ANSWER_SECONDS = 60;
/** As many as seven voters bear. */
const TOLERANCE_MAX = 3;
const VOTERS_MAX = 9;
const LAG_MAX = 1_000_000;
const WINDOW_SECONDS_MAX = 600;
const SNAPSHOT_SECONDS_MIN = 60;
const SNAPSHOT_SECONDS_MAX = 2_592_000;
/** A list of subnets stands in it. */
const SERIAL_CHARS_MAX = 1_024;
const VERSION = /^\d{1,3}\.\d{1,3}\.\d{1,3}$/;

/** Reads the properties of `Custom::EtcdGate`: all mistakes together, unknown properties among them. */
export function readGateProperties(request: CfnRequest): ParsedGate {
  const problems: Problems = [];
  const cluster = clusterNameIn(request);
  if (cluster === null) problems.push(`Cluster must be a name like "core" (${CLUSTER_NAME.source})`);
  const { Cluster, ServiceToken, ...own } = request.properties;
  const fields = new Fields(own, '', problems);
  const require = readRequire(fields.nested('Require'));
  const timeoutSeconds = fields.wholeNumber(
    'TimeoutSeconds',
    TIMEOUT_SECONDS_DEFAULT,
    TIMEOUT_SECONDS_MIN,
    TIMEOUT_SECONDS_MAX,
  );
  const heardSeconds = fields.wholeNumber(
    'ServiceTimeout',
    TIMEOUT_SECONDS_MAX,
    TIMEOUT_SECONDS_MIN + ANSWER_SECONDS,
    TIMEOUT_SECONDS_MAX,
  );
  fields.text('Serial', judgeSerial);
  fields.refuseOthers();
  if (cluster === null || problems.length > 0) return { ok: false, problems };
  const waitSeconds = Math.min(timeoutSeconds, heardSeconds - ANSWER_SECONDS);
  const etcdVersion = isVersionKept(request) ? null : require.etcdVersion;
  return { ok: true, gate: { cluster, require: { ...require, etcdVersion }, timeoutSeconds: waitSeconds } };
}

/**
 * A version that stays brings no step: what the members run may come from their image, and then it never was the one that
 * the template would install.
 */
function isVersionKept({ properties, oldProperties }: CfnRequest): boolean {
  const versionIn = (of: unknown): unknown => (isRecord(of) ? of['EtcdVersion'] : undefined);
  return (
    oldProperties !== undefined && versionIn(oldProperties['Require']) === versionIn(properties['Require'])
  );
}

/** Only its change is of interest: without one CloudFormation does not ask again. */
function judgeSerial(text: string): string | null {
  const isFine = text.length > 0 && text.length <= SERIAL_CHARS_MAX;
  return isFine
    ? null
    : `must be text of 1 to ${SERIAL_CHARS_MAX} characters that changes with what it guards`;
}

function readRequire(fields: Fields): GateRequire {
  const maybe = (name: string, min: number, max: number): number | null => {
    const value = fields.wholeNumber(name, -1, min, max);
    return value === -1 ? null : value;
  };
  const require = {
    tolerance: fields.wholeNumber('Tolerance', 1, 0, TOLERANCE_MAX),
    stableSeconds: maybe('StableSeconds', 0, WINDOW_SECONDS_MAX),
    voters: maybe('Voters', 1, VOTERS_MAX),
    maxLag: maybe('MaxLag', 0, LAG_MAX),
    snapshotMaxAgeSeconds: maybe('SnapshotMaxAgeSeconds', SNAPSHOT_SECONDS_MIN, SNAPSHOT_SECONDS_MAX),
    etcdVersion: fields.maybeText('EtcdVersion', (text) =>
      VERSION.test(text) ? null : 'must be a version of etcd like "3.6.14"',
    ),
  };
  fields.refuseOthers();
  return require;
}

/**
 * The same for every retry and update of one gate. Another cluster is another id, so that CloudFormation deletes
 * the old one, which is nothing; the two gates of one stack differ by their logical ids.
 */
export const gateIdOf = (cluster: string, { stackId, logicalId }: CfnRequest): string =>
  `${cluster}@${stackId}#gate/${logicalId}`;

/**
 * One request, however often it is repeated. CloudFormation promises that its request id is unique only to the
 * resource and stack, and a queue takes 128 characters: hence all three, hashed.
 */
export const requestKeyOf = ({ stackId, logicalId, requestId }: CfnRequest): string =>
  createHash('sha256').update([stackId, logicalId, requestId].join('\n')).digest('hex');

/** Why nobody need wait: a gate for a cluster that is not there is a mistake, not a state. Empty: it may be asked. */
export function gateRefusals(
  cluster: string,
  { configText, isFounded, teardown }: Registered,
): readonly string[] {
  if (teardown !== null) return [deletionUnderWay(cluster, teardown.at)];
  return configText === null && !isFounded
    ? [`there is no cluster '${cluster}' in this account and region: create its stack first`]
    : [];
}

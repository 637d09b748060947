import type { CfnRequest } from './cfn.ts';
import { type ClusterConfig, configFromProperties, parseConfig } from './config.ts';
import { isRecord, parseJson } from './json.ts';
import { CLUSTER_NAME, clusterPath, PARAMETER } from './names.ts';

/** A Create that failed answers with such an id, so that the Delete which follows knows that there is nothing. */
const FAILED = 'failed-';
export const failedIdOf = (request: CfnRequest): string => `${FAILED}${request.requestId}`;

/** The same for every retry and update of a registration; another cluster name means a replacement. */
export const physicalIdOf = (cluster: string, stackId: string): string => `${cluster}@${stackId}`;
export const endpointsIdOf = (cluster: string, stackId: string): string => `${cluster}@${stackId}#endpoints`;
export const teardownIdOf = (cluster: string, stackId: string): string => `${cluster}@${stackId}#teardown`;

/** What is recorded of a cluster, as far as a registration needs it. */
export interface Registered {
  /** `null`: there is none. */
  readonly configText: string | null;
  /** The recorded settings, when they can be read. */
  readonly config: ClusterConfig | null;
  /** The stack that registered the cluster; `null`: nothing recorded names one. */
  readonly owner: string | null;
  readonly teardown: { readonly stackId: string | null; readonly at: string | null } | null;
  readonly isFounded: boolean;
  /** Every name under the cluster's path but those of {@link zones}, which are for dns to delete. */
  readonly names: readonly string[];
  /** Hosted zones in which the cluster has records. */
  readonly zones: readonly string[];
}

/** Whatever exists only once a cluster was founded: a deleted `bootstrap` alone proves nothing. */
const FOUNDED = [PARAMETER.bootstrap, PARAMETER.endpoints, PARAMETER.peers, PARAMETER.status];

export function readRegistered(texts: ReadonlyMap<string, string>): Registered {
  const configText = texts.get(PARAMETER.config) ?? null;
  const parsed = parseConfig(configText ?? '');
  const teardownText = texts.get(PARAMETER.teardown);
  const teardown = teardownText === undefined ? null : readTeardown(teardownText);
  const all = [...texts.keys()].sort();
  const names = all.filter((name) => !name.startsWith(PARAMETER.dns));
  return {
    configText,
    config: parsed.ok ? parsed.config : null,
    owner: stackIdIn(configText ?? '') ?? teardown?.stackId ?? null,
    teardown,
    isFounded: names.some(
      (name) => FOUNDED.some((mark) => mark === name) || name.startsWith(PARAMETER.members),
    ),
    names,
    zones: all.flatMap((name) => (name.startsWith(PARAMETER.dns) ? [name.slice(PARAMETER.dns.length)] : [])),
  };
}

/** The recorded intent to delete a cluster, the parameter `teardown`. */
export const encodeTeardown = (stackId: string, atMs: number): string =>
  JSON.stringify({ at: new Date(atMs).toISOString(), stackId });

function readTeardown(text: string): { readonly stackId: string | null; readonly at: string | null } {
  const value = parseJson(text);
  const at = isRecord(value) ? value['at'] : null;
  return { stackId: stackIdIn(text), at: typeof at === 'string' ? at : null };
}

/**
 * Taken out of the text itself, since who owns broken settings is worth more than
 * what they say: a cluster whose `config` was damaged by hand can still be deleted.
 */
function stackIdIn(text: string): string | null {
  return /"stackId"\s*:\s*"([^"\\]+)"/.exec(text)?.[1] ?? null;
}

export type ParsedProperties =
  | { readonly ok: true; readonly cluster: string; readonly config: ClusterConfig }
  | { readonly ok: false; readonly problems: readonly string[] };

/** The last two are CloudFormation's own. */
const KNOWN_PROPERTIES = ['Cluster', 'Config', 'ServiceToken', 'ServiceTimeout'];

/** Reads the properties of `Custom::EtcdCluster`: all mistakes together, unknown properties among them. */
export function readClusterProperties(request: CfnRequest): ParsedProperties {
  const { Config } = request.properties;
  const parsed = configFromProperties(Config ?? {}, request.stackId);
  const cluster = clusterNameIn(request);
  const problems = [
    ...(cluster === null ? [`Cluster must be a name like "core" (${CLUSTER_NAME.source})`] : []),
    ...Object.keys(request.properties)
      .filter((name) => !KNOWN_PROPERTIES.includes(name))
      .map((name) => `${name} is not a property of this resource`),
    ...(parsed.ok ? [] : parsed.problems),
  ];
  return parsed.ok && cluster !== null && problems.length === 0
    ? { ok: true, cluster, config: { ...parsed.config, registeredBy: request.logicalId } }
    : { ok: false, problems };
}

/** `null`: the property is not a cluster name. */
export function clusterNameIn(request: CfnRequest): string | null {
  const cluster = request.properties['Cluster'];
  return typeof cluster === 'string' && CLUSTER_NAME.test(cluster) ? cluster : null;
}

/**
 * Why `config` may not be registered; empty when it may. `isKnown`: this very
 * resource registered the cluster before, so an update or a rollback may repair what
 * somebody broke by hand, and must not fail over a deletion under way.
 */
export function refusalsOf(
  cluster: string,
  registered: Registered,
  config: ClusterConfig,
  isKnown: boolean,
): readonly string[] {
  const { owner, teardown } = registered;
  if (!isKnown && teardown !== null) return [deletionUnderWay(cluster, teardown.at)];
  if (owner !== null && owner !== config.stackId) return [`cluster '${cluster}' belongs to stack ${owner}`];
  if (isKnown || owner !== null)
    return [...otherResource(cluster, registered, config), ...fixed(registered, config)];
  return registered.isFounded || registered.configText !== null ? [nobodys(cluster, registered)] : [];
}

export const deletionUnderWay = (cluster: string, at: string | null): string =>
  `cluster '${cluster}' is being deleted since ${at ?? 'an unknown time'}: try again when its instances are gone; ` +
  `if it shall live on, delete the parameter ${clusterPath(cluster)}${PARAMETER.teardown}`;

const nobodys = (cluster: string, registered: Registered): string =>
  `cluster '${cluster}' has parameters that name no stack (${clusterPath(cluster)}${registered.names[0]} and others): ` +
  'when no instance of it is left, delete everything under that path';

/** Deleting the one would tear down the cluster of the other. */
function otherResource(cluster: string, registered: Registered, config: ClusterConfig): readonly string[] {
  const by = registered.config?.registeredBy;
  if (by === undefined || by === config.registeredBy) return [];
  return [`cluster '${cluster}' is registered by resource ${by} of this stack: keep that logical id`];
}

/** Members go on listening where they were told to: other ports would make all of them silent at once. */
function fixed(registered: Registered, config: ClusterConfig): readonly string[] {
  const before = registered.config;
  if (before === null || !registered.isFounded) return [];
  const own = fixedSettings(config);
  return Object.entries(fixedSettings(before))
    .filter(([name, value]) => own[name] !== value)
    .map(([name, value]) => `${name} cannot change once the cluster is founded (it is ${value})`);
}

/** All that the URLs of members are made of. */
const fixedSettings = (config: ClusterConfig): Readonly<Record<string, string | number>> => ({
  scheme: config.scheme,
  ...(config.scheme === 'https' ? { 'dns.domain': config.dns?.domain ?? 'none' } : {}),
  clientPort: config.clientPort,
  peerPort: config.peerPort,
});

/** What a registration is answered and logged with. */
export function registeredWords({ tls, auth }: ClusterConfig): string {
  if (tls !== null) return 'registered';
  const password = auth === null ? '' : ', the password of the autopilot too';
  return `registered; it talks plain http: whoever is on its network can read and change everything${password} (tls can be set until it is founded)`;
}

/** What a deletion leaves to do: to us, to a pass, to dns alone, or to nobody. */
export type Farewell = 'nothing' | 'removeNames' | 'waitForPass' | 'waitForDns';

/**
 * Judges the deletion of what `stackId` registered; what belongs to another stack is
 * not touched. Where nothing recorded names a stack, the resource's own id is proof enough.
 */
export function judgeFarewell(registered: Registered, stackId: string): Farewell {
  const { owner, names, zones, isFounded } = registered;
  if (owner !== null && owner !== stackId) return 'nothing';
  if (names.length === 0) return zones.length === 0 ? 'nothing' : 'waitForDns';
  return isFounded ? 'waitForPass' : 'removeNames';
}

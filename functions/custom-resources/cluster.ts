import type { CfnRequest } from '../core/cfn.ts';
import { type ClusterConfig, encodeConfig } from '../core/config.ts';
import {
  clusterNameIn,
  encodeTeardown,
  judgeFarewell,
  physicalIdOf,
  type Registered,
  readClusterProperties,
  refusalsOf,
  registeredWords,
} from '../core/custom-resource.ts';
import { clusterPath, PARAMETER } from '../core/names.ts';
import { refusal } from './refusal.ts';
import { askDns, askForLook, type Done, pollUntil, readCluster, readTexts, type Site } from './site.ts';
import { wantedProblems } from './zone.ts';

/**
 * Create and Update of `Custom::EtcdCluster`: writes `config` when it changed, and
 * asks for a look. Nothing is asked of etcd, so that no rollback fails because it is ill.
 *
 * @throws {OperationError} `CONFIG_INVALID`: the settings, or the right to write them; the user's to change.
 */
export async function registerCluster(site: Site, request: CfnRequest): Promise<Done> {
  const properties = readClusterProperties(request);
  if (!properties.ok) throw refusal(properties.problems);
  const { cluster, config } = properties;
  const physicalId = physicalIdOf(cluster, request.stackId);
  const isKnown = request.physicalId === physicalId;

  let registered = await readCluster(site, cluster);
  if (!isKnown && registered.teardown !== null) {
    registered = await pollUntil(site, registered, {
      read: () => readCluster(site, cluster),
      isDone: ({ teardown }) => teardown === null,
      ask: () => askForLook(site, cluster),
    });
  }
  refuseUnlessOurs(cluster, registered, config, isKnown);
  await refuseUnlessInZone(site, request, cluster, registered, config);
  site.onRecording(physicalId);
  await record(site, cluster, registered, config, isKnown);
  await askForLook(site, cluster);
  await tellPublishers(site, cluster, registered, config);
  return { physicalId, reason: registeredWords(config), attributes: attributesOf(cluster) };
}

/**
 * Delete of `Custom::EtcdCluster`. What this resource did not register is not
 * touched. A cluster that was founded is left to membership, which deletes what is
 * recorded of it when no instance is left; the deletion succeeds in any case.
 */
export async function deregisterCluster(site: Site, request: CfnRequest): Promise<Done> {
  const cluster = clusterNameIn(request);
  const physicalId = request.physicalId ?? '';
  const leave = (reason: string): Done => ({ physicalId, reason, attributes: {} });
  if (cluster === null || physicalId !== physicalIdOf(cluster, request.stackId)) {
    return leave('nothing was registered under this id');
  }
  const registered = await readCluster(site, cluster);
  switch (judgeFarewell(registered, request.stackId)) {
    case 'nothing':
      return leave('nothing of this stack is recorded');
    case 'removeNames':
      await site.parameters.remove(registered.names.map((name) => clusterPath(cluster) + name));
      await awaitGone(site, cluster, await readCluster(site, cluster));
      return leave('the cluster was never founded; its settings are deleted');
    case 'waitForPass':
    case 'waitForDns':
      return leave(await awaitTeardown(site, cluster, registered, request.stackId));
  }
}

/**
 * The intent stands already when the stack has a `Custom::EtcdTeardown`. Without one,
 * or when the creation failed before it, the instances are gone by now all the same.
 */
async function awaitTeardown(
  site: Site,
  cluster: string,
  registered: Registered,
  stackId: string,
): Promise<string> {
  const isRecorded = registered.names.length > 0;
  if (isRecorded && registered.teardown === null) await recordTeardown(site, cluster, stackId);
  const last = await awaitGone(site, cluster, registered);
  if (!isForgotten(last))
    return 'the cluster still has instances; what is recorded of it is deleted when they are gone';
  if (last.zones.length === 0) return 'everything recorded of the cluster is deleted';
  const path = clusterPath(cluster) + PARAMETER.dns;
  return `the cluster is deleted, but dns has not removed its records in ${last.zones.join(', ')} yet: see its log, and ${path}`;
}

const isForgotten = ({ configText, isFounded }: Registered): boolean => configText === null && !isFounded;

/** Waits for membership, and for dns where the cluster has records, to delete what they recorded. */
const awaitGone = (site: Site, cluster: string, first: Registered): Promise<Registered> =>
  pollUntil(site, first, {
    read: () => readCluster(site, cluster),
    isDone: (seen) => isForgotten(seen) && seen.zones.length === 0,
    ask: async (seen) => {
      if (!isForgotten(seen)) await askForLook(site, cluster);
      for (const zone of seen.zones) await askDns(site, cluster, zone);
    },
  });

/** Records the intent to delete, under which every hook is let go. One that stands already stays. */
export async function recordTeardown(site: Site, cluster: string, stackId: string): Promise<void> {
  const text = encodeTeardown(stackId, site.clock.nowMs());
  await site.parameters.create(clusterPath(cluster) + PARAMETER.teardown, text);
}

/** Who publishes the members looks at once, also where they were published before. */
async function tellPublishers(
  site: Site,
  cluster: string,
  before: Registered,
  { dns }: ClusterConfig,
): Promise<void> {
  const zones = new Set([...before.zones, ...(dns?.zone === undefined ? [] : [dns.zone])]);
  for (const zone of zones) await askDns(site, cluster, zone);
}

/** A first registration creates only: of two stacks that ask for one name at once, one is refused. */
async function record(
  site: Site,
  cluster: string,
  registered: Registered,
  config: ClusterConfig,
  isKnown: boolean,
): Promise<void> {
  const name = clusterPath(cluster) + PARAMETER.config;
  const text = encodeConfig(config);
  if (registered.configText === text) return;
  if (registered.configText !== null) return site.parameters.write(name, text);
  if ((await site.parameters.create(name, text)) === 'created') return;
  const seen = await readCluster(site, cluster);
  if (seen.configText === text) return; // ours: the answer to the first attempt was lost
  refuseUnlessOurs(cluster, seen, config, isKnown);
  await site.parameters.write(name, text);
}

function refuseUnlessOurs(
  cluster: string,
  registered: Registered,
  config: ClusterConfig,
  isKnown: boolean,
): void {
  const refusals = refusalsOf(cluster, registered, config, isKnown);
  if (refusals.length > 0) throw refusal(refusals);
}

/** Judged when it is asked for, not again with every update. */
async function refuseUnlessInZone(
  site: Site,
  request: CfnRequest,
  cluster: string,
  registered: Registered,
  { dns }: ClusterConfig,
): Promise<void> {
  const before = registered.config?.dns;
  if (dns?.zone === undefined || (before?.zone === dns.zone && before.domain === dns.domain)) return;
  const words = { zone: 'dns.zone', name: 'dns.domain' };
  // Records stand below the domain: what it answers with itself is nobody's concern.
  const wanted = { zone: dns.zone, name: dns.domain, words, isAnswering: false };
  const problems = await wantedProblems(site, request, cluster, await readTexts(site, cluster), wanted);
  if (problems.length > 0) throw refusal(problems);
}

const attributesOf = (cluster: string): Readonly<Record<string, string>> => ({
  Cluster: cluster,
  EndpointsParameter: clusterPath(cluster) + PARAMETER.endpoints,
  PeersParameter: clusterPath(cluster) + PARAMETER.peers,
});

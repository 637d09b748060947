import type { CfnRequest } from '../core/cfn.ts';
import { clusterNameIn, deletionUnderWay, endpointsIdOf, readRegistered } from '../core/custom-resource.ts';
import { CLUSTER_NAME, clusterPath, PARAMETER } from '../core/names.ts';
import { refusal } from './refusal.ts';
import { askForLook, type Done, POLL_MAX_MS, pollUntil, readTexts, type Site } from './site.ts';

type Texts = ReadonlyMap<string, string>;

/**
 * Create and Update of `Custom::EtcdEndpoints`: what is published now, for templates that want it at
 * stack time. Waits for the first voter of a cluster that is being founded.
 *
 * @throws {OperationError} `CONFIG_INVALID`: there is no such cluster, or nothing is published in time.
 */
export async function readEndpoints(site: Site, request: CfnRequest): Promise<Done> {
  const cluster = clusterNameIn(request);
  if (cluster === null) throw refusal([`Cluster must be a name like "core" (${CLUSTER_NAME.source})`]);
  const physicalId = endpointsIdOf(cluster, request.stackId);
  const first = await readTexts(site, cluster);
  const { configText, teardown } = readRegistered(first);
  const isKnown = request.physicalId === physicalId;
  if (!isKnown && teardown !== null) throw refusal([deletionUnderWay(cluster, teardown.at)]);
  if (!isKnown && configText === null && !isPublished(first))
    throw refusal([`there is no cluster '${cluster}' in this account and region: create its stack first`]);
  const last = isKnown ? first : await awaitPublished(site, cluster, first);
  if (!isKnown && !isPublished(last)) throw refusal([notPublished(cluster, last)]);
  return { physicalId, reason: 'read', attributes: attributesOf(last) };
}

const isPublished = (texts: Texts): boolean =>
  Boolean(texts.get(PARAMETER.endpoints)) && Boolean(texts.get(PARAMETER.peers));

const awaitPublished = (site: Site, cluster: string, first: Texts): Promise<Texts> =>
  pollUntil(site, first, {
    read: () => readTexts(site, cluster),
    isDone: isPublished,
    ask: () => askForLook(site, cluster),
  });

function notPublished(cluster: string, texts: Texts): string {
  const missing = [PARAMETER.endpoints, PARAMETER.peers].filter((name) => !texts.get(name));
  const names = missing.map((name) => clusterPath(cluster) + name).join(' and ');
  const waited = `after ${POLL_MAX_MS / 1_000} seconds there is no ${names}`;
  return `cluster '${cluster}' has no voter yet: ${waited}; let this resource depend on the cluster's group, see its status, or read the parameters at boot`;
}

/** Rolled back to a cluster that is gone, they are empty: there is nothing better to answer with. */
function attributesOf(texts: Texts): Readonly<Record<string, string>> {
  const { config } = readRegistered(texts);
  return {
    Endpoints: texts.get(PARAMETER.endpoints) ?? '',
    Peers: texts.get(PARAMETER.peers) ?? '',
    Domain: config?.dns?.domain ?? '',
  };
}

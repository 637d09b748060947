import type { CfnRequest } from '../core/cfn.ts';
import { readRegistered } from '../core/custom-resource.ts';
import { OperationError } from '../core/errors.ts';
import type { Front } from '../core/joined.ts';
import { clusterPath, PARAMETER } from '../core/names.ts';
import { isOwned } from '../core/place.ts';
import { clusterProblems, readWorkerProperties, type Workers, workersIdOf } from '../core/worker-resource.ts';
import { refusal } from './refusal.ts';
import { askDns, askRegistry, type Done, pollUntil, readTexts, type Site } from './site.ts';
import { wantedProblems } from './zone.ts';

/** Of several groups that share a name one may go, and the name stays: nobody waits long for what may not come. dns was asked. */
const UNPUBLISHED_MAX_MS = 15_000;

/**
 * Create and Update of `Custom::EtcdWorkers`: checks everything that a group of workers asks for, and
 * writes nothing. The groups' own tags are what counts afterwards.
 *
 * @throws {OperationError} `CONFIG_INVALID`: all mistakes together.
 */
export async function acceptWorkers(site: Site, request: CfnRequest): Promise<Done> {
  const { workers, problems } = readWorkerProperties(request);
  if (workers === null) throw refusal(problems);
  const physicalId = workersIdOf(workers, request.stackId);
  // What was accepted under this id once is not judged again: a rollback must not fail over the world.
  const isKnown = request.physicalId === physicalId;
  const all = isKnown ? problems : [...problems, ...(await problemsOf(site, workers, request, problems))];
  if (all.length > 0) throw refusal(all);
  await tellPublishers(site, workers);
  return { physicalId, reason: 'accepted', attributes: attributesOf(workers) };
}

/**
 * Delete of `Custom::EtcdWorkers`, which a stack deletes after its group: has the name given up and
 * the keys removed, and waits a little for the name. It succeeds in any case, and says what is left.
 */
export async function dismissWorkers(site: Site, request: CfnRequest): Promise<Done> {
  const { workers } = readWorkerProperties(request);
  const physicalId = request.physicalId ?? '';
  const leave = (reason: string): Done => ({ physicalId, reason, attributes: {} });
  if (workers === null || physicalId !== workersIdOf(workers, request.stackId)) {
    return leave('nothing was accepted under this id');
  }
  await tellPublishers(site, workers);
  const { front } = workers.group;
  if (front === null) return leave('the keys of its instances are removed with them');
  try {
    return leave(await awaitUnpublished(site, workers, front));
  } catch (error) {
    if (!(error instanceof OperationError)) throw error;
    return leave(`dns was asked to give up ${front.name}; whether it has is not known: ${error.message}`);
  }
}

async function awaitUnpublished(site: Site, workers: Workers, front: Front): Promise<string> {
  const { cluster } = workers;
  const read = () => readTexts(site, cluster);
  const isDone = (texts: ReadonlyMap<string, string>): boolean =>
    !isOwned(texts.get(PARAMETER.dns + front.zone), front.name);
  const last = await pollUntil(site, await read(), {
    read,
    isDone,
    ask: () => askDns(site, cluster, front.zone),
    maxMs: UNPUBLISHED_MAX_MS,
  });
  return isDone(last)
    ? `${front.name} is published no more`
    : `${front.name} is still published: by other groups, or dns has not looked yet and gives it up when it does`;
}

/** What the world has against it. Where that cannot be asked, the mistakes that are `known` are told alone. */
async function problemsOf(
  site: Site,
  workers: Workers,
  request: CfnRequest,
  known: readonly string[],
): Promise<readonly string[]> {
  const { cluster, group } = workers;
  try {
    const texts = await readTexts(site, cluster);
    const problems = clusterProblems(workers, readRegistered(texts));
    if (group.front === null) return problems;
    const { zone, name } = group.front;
    const words = { zone: 'DnsZone', name: 'DnsName' };
    const wanted = { zone, name, words, isAnswering: true };
    return [...problems, ...(await wantedProblems(site, request, cluster, texts, wanted))];
  } catch (error) {
    if (!(error instanceof OperationError) || known.length === 0) throw error;
    return [];
  }
}

/** Who publishes the group's instances looks at once, also before its first event. */
async function tellPublishers(site: Site, { cluster, group }: Workers): Promise<void> {
  await askRegistry(site, cluster);
  if (group.front !== null) await askDns(site, cluster, group.front.zone);
}

const attributesOf = ({ cluster, group }: Workers): Readonly<Record<string, string>> => ({
  Cluster: cluster,
  Group: group.name,
  EndpointsParameter: clusterPath(cluster) + PARAMETER.endpoints,
});

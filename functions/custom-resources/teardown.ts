import type { CfnRequest } from '../core/cfn.ts';
import { clusterNameIn, judgeFarewell, teardownIdOf } from '../core/custom-resource.ts';
import { OperationError } from '../core/errors.ts';
import { recordTeardown } from './cluster.ts';
import { askDns, askForLook, type Done, readCluster, type Site } from './site.ts';

/** Create and Update of `Custom::EtcdTeardown`: it has only a deletion. */
export async function acceptTeardown(request: CfnRequest): Promise<Done> {
  const cluster = clusterNameIn(request);
  if (cluster === null) {
    throw new OperationError('CONFIG_INVALID', 'never', 'Cluster must be a name like "core"');
  }
  return { physicalId: teardownIdOf(cluster, request.stackId), reason: 'accepted', attributes: {} };
}

/**
 * Delete of `Custom::EtcdTeardown`, which a stack deletes before its group: records
 * the intent, so that membership lets every hook of the group go. A cluster of another
 * stack, or one that nothing is recorded of, is not touched.
 */
export async function beginTeardown(site: Site, request: CfnRequest): Promise<Done> {
  const cluster = clusterNameIn(request);
  const physicalId = request.physicalId ?? '';
  const leave = (reason: string): Done => ({ physicalId, reason, attributes: {} });
  if (cluster === null || physicalId !== teardownIdOf(cluster, request.stackId)) {
    return leave('nothing was accepted under this id');
  }
  const registered = await readCluster(site, cluster);
  const farewell = judgeFarewell(registered, request.stackId);
  if (farewell === 'nothing' || farewell === 'waitForDns') return leave('nothing of this stack is recorded');
  if (registered.teardown === null) await recordTeardown(site, cluster, request.stackId);
  await askForLook(site, cluster);
  for (const zone of registered.zones) await askDns(site, cluster, zone);
  return leave('the intent to delete is recorded');
}

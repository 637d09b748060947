import type { IStatusResponse } from 'etcd3';
import { KEY } from '../../core/names.ts';
import type { EtcdStatus, Probe, SilenceReason } from '../../core/ports.ts';
import type { CallLimits, EtcdClients } from './clients.ts';
import { judgeFailure } from './failure.ts';

/** Asks every endpoint side by side; all of them together take one deadline at most. Never throws. */
export function probe(clients: EtcdClients, endpoints: readonly string[]): Promise<readonly Probe[]> {
  const limits = clients.limits();
  return Promise.all(endpoints.map((endpoint) => probeOne(clients, endpoint, limits)));
}

async function probeOne(clients: EtcdClients, endpoint: string, limits: CallLimits): Promise<Probe> {
  const [status, linearizable] = await Promise.all([
    readStatus(clients, endpoint, limits),
    readsLinearizably(clients, endpoint, limits),
  ]);
  if (typeof status === 'string') return { kind: 'silent', endpoint, because: status };
  return { kind: 'status', endpoint, status, linearizable };
}

async function readStatus(
  clients: EtcdClients,
  endpoint: string,
  limits: CallLimits,
): Promise<EtcdStatus | SilenceReason> {
  try {
    return toStatus(await clients.ask(endpoint, (client) => client.maintenance.status(limits), limits));
  } catch (error) {
    return silenceReasonOf(error);
  }
}

/** Text of the one denial that etcd speaks after the read was confirmed by a majority, not before. */
const DENIED_AFTER_PROOF = 'permission denied';

/**
 * A learner and a voter cut off from its majority serve status and member list
 * all the same; only a linearizable read proves that a majority stands behind it.
 */
async function readsLinearizably(
  clients: EtcdClients,
  endpoint: string,
  limits: CallLimits,
): Promise<boolean> {
  const request = { key: Buffer.from(KEY.state), count_only: true };
  try {
    await clients.ask(endpoint, (client) => client.kv.range(request, limits), limits);
    return true;
  } catch (error) {
    return judgeFailure(error)?.text === DENIED_AFTER_PROOF;
  }
}

function silenceReasonOf(error: unknown): SilenceReason {
  const kind = judgeFailure(error)?.kind;
  return kind === 'denied' || kind === 'unreachable' || kind === 'deadline' ? kind : 'failed';
}

function toStatus(response: IStatusResponse): EtcdStatus {
  return {
    memberId: response.header.member_id,
    clusterId: response.header.cluster_id,
    leaderId: response.leader === '0' ? null : response.leader,
    isLearner: response.isLearner,
    raftIndex: response.raftIndex,
    raftTerm: response.raftTerm,
    version: response.version,
    dbSizeBytes: Number(response.dbSize),
    errors: response.errors,
  };
}

import type { IStatusResponse } from 'etcd3';
import type { EtcdStatus } from '../../core/etcd-status.ts';
import { KEY } from '../../core/names.ts';
import type { Probe, SilenceReason } from '../../core/ports.ts';
import type { Call, CallLimits, EtcdClients } from './clients.ts';
import { judgeFailure } from './failure.ts';

/** Asks every endpoint side by side; all of them together take one deadline at most. Never throws. */
export function probe(clients: EtcdClients, endpoints: readonly string[]): Promise<readonly Probe[]> {
  const limits = clients.limits();
  return Promise.all(endpoints.map((endpoint) => probeOne(clients, endpoint, limits)));
}

async function probeOne(clients: EtcdClients, endpoint: string, limits: CallLimits): Promise<Probe> {
  const [status, proof] = await Promise.all([
    readStatus(clients, endpoint, limits),
    readsLinearizably(clients, endpoint, limits),
  ]);
  if (typeof status === 'string') return { kind: 'silent', endpoint, because: status };
  if (proof === 'denied') return { kind: 'silent', endpoint, because: 'denied' };
  return { kind: 'status', endpoint, status, linearizable: proof };
}

async function readStatus(
  clients: EtcdClients,
  endpoint: string,
  limits: CallLimits,
): Promise<EtcdStatus | SilenceReason> {
  try {
    return toStatus(await askStatus(clients, endpoint, limits));
  } catch (error) {
    return silenceReasonOf(error);
  }
}

/**
 * Openly first: up to some releases of 3.4 and 3.5 anybody may see the status, later every user. A
 * learner and a voter without a majority give no token, and their status must be seen all the same.
 */
async function askStatus(
  clients: EtcdClients,
  endpoint: string,
  limits: CallLimits,
): Promise<IStatusResponse> {
  const status: Call<IStatusResponse> = (client, given) => client.maintenance.status(given);
  try {
    return await clients.askOpenly(endpoint, status, limits);
  } catch (error) {
    if (judgeFailure(error)?.kind !== 'denied') throw error;
    return clients.ask(endpoint, status, limits);
  }
}

/** Text of the one denial that etcd speaks after the read was confirmed by a majority, not before. */
const DENIED_AFTER_PROOF = 'permission denied';

/**
 * A learner and a voter cut off from its majority serve status and member list
 * all the same; only a linearizable read proves that a majority stands behind it.
 * `denied`: it would not say, which is no sign of a missing majority.
 */
async function readsLinearizably(
  clients: EtcdClients,
  endpoint: string,
  limits: CallLimits,
): Promise<boolean | 'denied'> {
  const request = { key: Buffer.from(KEY.state), count_only: true };
  try {
    await clients.ask(endpoint, (client, given) => client.kv.range(request, given), limits);
    return true;
  } catch (error) {
    const failure = judgeFailure(error);
    if (failure?.text === DENIED_AFTER_PROOF) return true;
    return failure?.kind === 'denied' ? 'denied' : false;
  }
}

function silenceReasonOf(error: unknown): SilenceReason {
  const kind = judgeFailure(error)?.kind;
  switch (kind) {
    case 'denied':
    case 'untrusted':
    case 'unreachable':
    case 'deadline':
      return kind;
    case 'notListening':
      return 'refused';
    default:
      return 'failed';
  }
}

function toStatus(response: IStatusResponse): EtcdStatus {
  return {
    memberId: response.header.member_id,
    clusterId: response.header.cluster_id,
    leaderId: response.leader === '0' ? null : response.leader,
    isLearner: response.isLearner,
    raftIndex: response.raftIndex,
    raftTerm: response.raftTerm,
    appliedIndex: unlessZero(response.raftAppliedIndex),
    revision: response.header.revision,
    version: response.version,
    dbSizeBytes: Number(response.dbSize),
    dbSizeInUseBytes: unlessZero(Number(response.dbSizeInUse)),
    errors: response.errors,
  };
}

/** A field that this release of etcd does not know comes as zero; neither of these is ever zero where it is known. */
const unlessZero = <Value extends number | string>(value: Value): Value | null =>
  Number(value) === 0 ? null : value;

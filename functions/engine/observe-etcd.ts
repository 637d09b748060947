import type { AlarmedView } from '../core/alarmed.ts';
import type { ClusterConfig } from '../core/config.ts';
import { OperationError } from '../core/errors.ts';
import type { ClusterId, InstanceId } from '../core/identity.ts';
import { type Heard, type Owners, statusesById, toMember, voterAnswers } from '../core/members.ts';
import { decodeMemory, NO_MEMORY } from '../core/memory.ts';
import { KEY, MEMBERS } from '../core/names.ts';
import type { EtcdView, Member, MemberView, Records } from '../core/observation.ts';
import { pinnedClusterId } from '../core/pinned.ts';
import type { EtcdPort, Machine, MemberEntry, Probe, SilenceReason } from '../core/ports.ts';
import { decodeRebootLock, FREE_LOCK, type RebootLock } from '../core/reboot/lock.ts';
import { remembered } from '../core/remembered.ts';
import { type Addressed, clientUrlOf, peerUrlOf } from '../core/urls.ts';
import type { Door } from './door.ts';
import { observeAlarmed } from './observe-alarms.ts';
import { observeRosters } from './observe-rosters.ts';
import {
  type Asked,
  alarmsIn,
  idsSeen,
  isItself,
  isLeading,
  isSameMembership,
  statusesIn,
  turnedAwayIn,
} from './probe-sight.ts';

const memoryIn = remembered(decodeMemory);
const lockIn = remembered(decodeRebootLock);

/** What etcd shows, and the instances that its member list and its keys name (for asking EC2 about them). */
export interface EtcdSight {
  readonly etcd: EtcdView;
  readonly memberIds: readonly InstanceId[];
  readonly probes: readonly Probe[];
  readonly alarmed: AlarmedView | null;
}

/**
 * Asks every instance that may run an etcd. Who is a member comes from a voter
 * that answers, read after its proof; what the others say is compared with it.
 */
export async function observeEtcd(
  door: Door,
  config: ClusterConfig,
  instances: readonly Addressed[],
  machines: ReadonlyMap<InstanceId, Machine>,
  records: Records,
): Promise<EtcdSight> {
  const addressed = addressesOf(instances, machines).map(([id, address]) => ({ id, address }));
  const asked = addressed.map((instance) => ({ id: instance.id, endpoint: clientUrlOf(config, instance) }));
  door.know(config, addressed);
  const { etcd } = door;
  const probes = await etcd.probe(asked.map(({ endpoint }) => endpoint));
  const clusterIds = idsSeen(asked, probes);
  const expected = pinnedClusterId(records) ?? [...clusterIds.keys()][0] ?? null;
  const owners = ownersOf(config, instances, records);
  const heard = heardOf(asked, probes);
  const told = expected === null ? null : await readView(etcd, probes, heard, expected, owners);
  const { view = null, rebooting = null } = told ?? {};
  const toMembers = (list: readonly MemberEntry[], clusterId: ClusterId): readonly Member[] =>
    list.map((entry) => toMember(entry, owners, heard, clusterId));
  const isArmed = view === null && expected !== null;
  return {
    etcd: {
      clusterIds,
      view,
      statuses: statusesIn(asked, probes),
      rosters: await observeRosters(etcd, asked, probes, view),
      alarms: alarmsIn(probes),
      rebooting,
      askedCount: asked.length,
      turnedAway: turnedAwayIn(asked, probes),
      statusCount: probes.filter((probe) => probe.kind === 'status').length,
    },
    memberIds: [
      ...(view?.members.flatMap((member) => member.instanceId ?? []) ?? []),
      ...(rebooting?.holders.map(({ instanceId }) => instanceId) ?? []),
    ],
    probes,
    alarmed: isArmed ? await observeAlarmed(etcd, probes, expected, toMembers) : null,
  };
}

/** The addresses that EC2 gives, of listed instances and of those that still run with a ticket of ours. */
function addressesOf(
  instances: readonly Addressed[],
  machines: ReadonlyMap<InstanceId, Machine>,
): readonly (readonly [InstanceId, string])[] {
  const listed = new Map(instances.map((instance) => [instance.id, instance.address]));
  for (const [id, machine] of machines) {
    if (!listed.has(id) && machine.kind === 'known' && machine.state === 'running')
      listed.set(id, machine.privateIp);
  }
  return [...listed].flatMap(([id, address]) => (address === null ? [] : [[id, address] as const]));
}

function heardOf(asked: readonly Asked[], probes: readonly Probe[]): Heard {
  const silences = new Map<InstanceId, SilenceReason>();
  for (const probe of probes) {
    if (probe.kind !== 'silent') continue;
    for (const { id, endpoint } of asked) if (endpoint === probe.endpoint) silences.set(id, probe.because);
  }
  return { statuses: statusesById(probes), silences };
}

function ownersOf(config: ClusterConfig, instances: readonly Addressed[], records: Records): Owners {
  const addressed = instances.filter((instance) => instance.address !== null);
  return {
    known: new Set([...instances.map(({ id }) => id), ...Object.keys(records.claim?.members ?? {})]),
    tickets: records.tickets,
    peerUrls: new Map(addressed.map((instance) => [peerUrlOf(config, instance), instance.id])),
  };
}

/** `null` when no voter answers, or the one that did fell silent before it told its members. */
async function readView(
  etcd: EtcdPort,
  probes: readonly Probe[],
  heard: Heard,
  clusterId: ClusterId,
  owners: Owners,
): Promise<{ readonly view: MemberView; readonly rebooting: RebootLock } | null> {
  const proven = probes.filter((probe) => voterAnswers(probe, clusterId));
  const lists = await Promise.all(proven.map((probe) => etcd.members(probe.endpoint).catch(silence)));
  const told = proven.flatMap((probe, index) => {
    const list = lists[index] ?? [];
    return list.some((entry) => isItself(entry, probe)) ? [{ probe, list }] : [];
  });
  // The leader before others: a member that is asked to remove itself may stop before it answers, from 3.6 on.
  const witness = told.find(({ probe }) => isLeading(probe)) ?? told[0];
  if (witness === undefined) return null;
  const { endpoint } = witness.probe;
  const read = (key: string) => etcd.read(endpoint, key);
  const [memoryText, lockText] = await Promise.all([read(KEY.state), read(KEY.reboots + MEMBERS)]);
  const agreed = told.every(({ list }) => isSameMembership(list, witness.list));
  const view = {
    witness: endpoint,
    clusterId,
    members: witness.list.map((entry) => toMember(entry, owners, heard, clusterId)),
    agreed,
    toldByAll: agreed && told.length === witness.list.filter(({ isLearner }) => !isLearner).length,
    leaderId: witness.probe.kind === 'status' ? witness.probe.status.leaderId : null,
    raftTerm: witness.probe.kind === 'status' ? witness.probe.status.raftTerm : '0',
    memory: memoryText === null ? NO_MEMORY : memoryIn(memoryText),
  };
  return { view, rebooting: lockText === null ? FREE_LOCK : lockIn(lockText) };
}

function silence(error: unknown): null {
  if (error instanceof OperationError) return null;
  throw error;
}

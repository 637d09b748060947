import type { SnapshotPort } from '../../core/backup/snapshot-port.ts';
import type { EtcdPort } from '../../core/ports.ts';
import type { KeyPort } from '../../core/registry/key-port.ts';
import { alarms, disarm } from './alarms.ts';
import { EtcdClients, type EtcdOptions } from './clients.ts';
import { countKeys, hashKv } from './hash.ts';
import { commit, range } from './key-space.ts';
import { read, write } from './keys.ts';
import { compact, defragment } from './maintain.ts';
import { addLearner, members, moveLeader, ownMembers, promote, remove } from './membership.ts';
import { releasePermit, renewPermit, takePermit } from './permit.ts';
import { probe } from './probe.ts';
import { received } from './received.ts';
import { snapshot } from './snapshot.ts';
import { swap } from './swap.ts';

/** etcd through npm `etcd3`, for one pass: nothing is connected before it is asked, `close` ends all. */
export function openEtcd(options: EtcdOptions): EtcdPort & KeyPort & SnapshotPort {
  const clients = new EtcdClients(options);
  return {
    probe: (endpoints) => probe(clients, endpoints),
    members: (endpoint) => members(clients, endpoint),
    ownMembers: (endpoint) => ownMembers(clients, endpoint),
    read: (endpoint, key) => read(clients, endpoint, key),
    received: (endpoint) => received(clients, endpoint),
    write: (endpoint, key, value) => write(clients, endpoint, key, value),
    swap: (endpoint, key, before, after, permit) => swap(clients, endpoint, key, before, after, permit),
    range: (endpoint, prefixes) => range(clients, endpoint, prefixes),
    commit: (endpoint, changes, seenRevision) => commit(clients, endpoint, changes, seenRevision),
    addLearner: (endpoint, peerUrl) => addLearner(clients, endpoint, peerUrl),
    promote: (endpoint, memberId) => promote(clients, endpoint, memberId),
    remove: (endpoint, memberId) => remove(clients, endpoint, memberId),
    moveLeader: (leaderEndpoint, to) => moveLeader(clients, leaderEndpoint, to),
    takePermit: (endpoint, owner, reason, ttlSeconds) =>
      takePermit(clients, endpoint, owner, reason, ttlSeconds),
    renewPermit: (endpoint, lease) => renewPermit(clients, endpoint, lease),
    releasePermit: (endpoint, lease) => releasePermit(clients, endpoint, lease),
    alarms: (endpoint) => alarms(clients, endpoint),
    disarm: (endpoint, alarm) => disarm(clients, endpoint, alarm),
    compact: (endpoint, revision) => compact(clients, endpoint, revision),
    defragment: (endpoint, withinMs) => defragment(clients, endpoint, withinMs),
    hashKv: (endpoint, revision) => hashKv(clients, endpoint, revision),
    countKeys: (endpoint, revision) => countKeys(clients, endpoint, revision),
    snapshot: (endpoint, untilMs) => snapshot(clients, endpoint, untilMs),
    close: () => clients.close(),
  };
}

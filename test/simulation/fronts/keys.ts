import { OperationError } from '../../../functions/core/errors.ts';
import type { EtcdPort } from '../../../functions/core/ports.ts';
import { clusterIdOf, memberIdOf } from '../../../functions/core/raft-ids.ts';
import { CHANGES_MAX, type KeyChange, type KeyPort } from '../../../functions/core/registry/key-port.ts';

/** What one transaction changed: each key as it was and as it is. */
export interface Commit {
  readonly before: ReadonlyMap<string, string>;
  readonly changes: readonly KeyChange[];
}

/** One etcd cluster with its keys, as far as the registry sees it: members that answer, or none. */
export class FakeKeys {
  readonly values = new Map<string, string>();
  readonly #modified = new Map<string, number>();
  readonly commits: Commit[] = [];
  /** Judges a transaction before it happens; the keys are still as they were. */
  onCommit: (commit: Commit) => void = () => undefined;
  /** Client URLs of members that answer; the first one leads. */
  members: readonly string[] = [];
  /** False: they show their status and serve nothing, as a minority does. */
  hasQuorum = true;
  readonly token: string;
  readonly founders: Readonly<Record<string, string>>;
  /** What its members show; another id than the founders give is another cluster. */
  clusterId: string;
  #revision = 1;

  constructor(founders: Readonly<Record<string, string>>, token = 'fronts') {
    this.founders = founders;
    this.token = token;
    this.clusterId = clusterIdOf(Object.values(founders), token);
  }

  /** As somebody does it who is not the autopilot. */
  put(key: string, value: string): void {
    this.#write([{ key, value }]);
  }

  delete(key: string): void {
    this.#write([{ key, value: null }]);
  }

  under(prefix: string): Readonly<Record<string, string>> {
    return Object.fromEntries([...this.values].filter(([key]) => key.startsWith(prefix)).sort());
  }

  #write(changes: readonly KeyChange[]): void {
    this.#revision += 1;
    for (const { key, value } of changes) {
      if (value === null) {
        this.values.delete(key);
        this.#modified.delete(key);
      } else {
        this.values.set(key, value);
        this.#modified.set(key, this.#revision);
      }
    }
  }

  readonly port: KeyPort & EtcdPort = {
    range: async (endpoint, prefixes) => {
      this.#serve(endpoint);
      const found = [...this.values].filter(([key]) => prefixes.some((prefix) => key.startsWith(prefix)));
      return { revision: `${this.#revision}`, values: new Map(found.sort()) };
    },
    commit: async (endpoint, changes, seenRevision) => {
      this.#serve(endpoint);
      if (changes.length > CHANGES_MAX) throw new Error('too many operations in txn request');
      if (new Set(changes.map(({ key }) => key)).size < changes.length)
        throw new Error('duplicate key given in txn request');
      if (changes.some(({ key }) => (this.#modified.get(key) ?? 0) > Number(seenRevision)))
        return 'overtaken';
      const commit = { before: new Map(this.values), changes };
      this.onCommit(commit);
      this.commits.push(commit);
      this.#write(changes);
      return 'committed';
    },
    probe: async (endpoints) =>
      endpoints.map((endpoint) =>
        this.members.includes(endpoint)
          ? { kind: 'status', endpoint, status: this.#statusOf(endpoint), linearizable: this.hasQuorum }
          : { kind: 'silent', endpoint, because: 'refused' },
      ),
    members: async () =>
      this.members.map((clientUrl) => ({
        id: this.#idOf(clientUrl),
        name: clientUrl,
        peerUrls: [peerUrlOf(clientUrl)],
        clientUrls: [clientUrl],
        isLearner: false,
      })),
    read: async (endpoint, key) => {
      this.#serve(endpoint);
      return this.values.get(key) ?? null;
    },
    received: unasked,
    ownMembers: (endpoint) => this.port.members(endpoint),
    write: unasked,
    swap: unasked,
    addLearner: unasked,
    promote: unasked,
    remove: unasked,
    moveLeader: unasked,
    takePermit: unasked,
    renewPermit: unasked,
    releasePermit: unasked,
    alarms: unasked,
    disarm: unasked,
    compact: unasked,
    defragment: unasked,
    hashKv: unasked,
    countKeys: unasked,
    close: () => undefined,
  };

  #serve(endpoint: string): void {
    if (this.hasQuorum && this.members.includes(endpoint)) return;
    throw new OperationError('ETCD_UNAVAILABLE', 'nextLook', `etcd at ${endpoint} did not answer in time`);
  }

  #idOf = (clientUrl: string): string => memberIdOf(peerUrlOf(clientUrl), this.token);

  #statusOf(endpoint: string) {
    return {
      memberId: this.#idOf(endpoint),
      clusterId: this.clusterId,
      leaderId: this.hasQuorum ? this.#idOf(this.members[0] ?? '') : null,
      isLearner: false,
      raftIndex: '10',
      raftTerm: '2',
      version: '3.6.14',
      appliedIndex: '10',
      revision: `${this.#revision}`,
      dbSizeBytes: 20_480,
      dbSizeInUseBytes: 20_480,
      errors: [],
    };
  }
}

const peerUrlOf = (clientUrl: string): string => clientUrl.replace(':2379', ':2380');

/** Only membership does these: the registry that asked for one would be wrong. */
async function unasked(): Promise<never> {
  throw new Error('the registry must not ask for this');
}

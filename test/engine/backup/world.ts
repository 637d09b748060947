import type { Origin } from '../../../functions/core/backup/manifest.ts';
import type { BackupMessage } from '../../../functions/core/backup/messages.ts';
import {
  type BackupRecord,
  decodeBackup,
  encodeBackup,
  NO_BACKUP,
} from '../../../functions/core/backup/parameter.ts';
import { encodeConfig } from '../../../functions/core/config.ts';
import { OperationError } from '../../../functions/core/errors.ts';
import type { EtcdStatus } from '../../../functions/core/etcd-status.ts';
import { TAG } from '../../../functions/core/names.ts';
import type { OutgoingEvent } from '../../../functions/core/outgoing-event.ts';
import type { Machine, Probe } from '../../../functions/core/ports.ts';
import type { BackupEtcd, BackupPorts } from '../../../functions/engine/backup/ports.ts';
import type { BackupReport } from '../../../functions/engine/backup/report.ts';
import { runBackup } from '../../../functions/engine/backup/run.ts';
import { databaseOf, piecesOf } from '../../core/backup/databases.ts';
import { FakeObjects } from '../../support/objects.ts';
import { CONFIG } from '../../support/observations.ts';

export const CLUSTER = 'core';
export const CLUSTER_ID = '77';
export const BUCKET = 'backups';
export const START_MS = Date.parse('2026-11-21T10:00:00.000Z');
const CHUNK_BYTES = 1_000;

export const idOf = (n: number): string => `i-${n.toString(16).padStart(8, '0')}`;
export const unavailable = (what: string): OperationError =>
  new OperationError('ETCD_UNAVAILABLE', 'nextLook', what);
export const throttled = (): OperationError =>
  new OperationError('AWS_THROTTLED', 'nextLook', 'S3 was throttled');

/** A member as a test makes it. `stream`: what it sends instead of its database. */
export interface FakeMember {
  readonly status: EtcdStatus;
  readonly linearizable: boolean;
  readonly database: Buffer;
  readonly stream?: () => AsyncIterable<Uint8Array>;
  /** Of EC2; `null`: it has no address. */
  readonly address?: string | null;
}

export const memberOf = (n: number, over: Partial<EtcdStatus> = {}): FakeMember => ({
  linearizable: true,
  database: databaseOf(20, n),
  status: {
    memberId: String(n),
    clusterId: CLUSTER_ID,
    leaderId: '1',
    isLearner: false,
    raftIndex: '100',
    raftTerm: '2',
    appliedIndex: '100',
    revision: '50',
    version: '3.6.14',
    dbSizeBytes: 20_480,
    dbSizeInUseBytes: 20_480,
    errors: [],
    ...over,
  },
});

/** A cluster with its parameters, its bucket and its queues, in virtual time. */
export class BackupStage {
  nowMs = START_MS;
  readonly members = new Map<number, FakeMember>([1, 2, 3].map((n) => [n, memberOf(n)]));
  readonly texts = new Map<string, string>();
  readonly events: OutgoingEvent[] = [];
  readonly sent: { readonly to: string; readonly body: unknown }[] = [];
  /** May throw before any call. */
  trouble: (call: string, about: string) => void = () => {};
  readonly objects = new FakeObjects(
    () => this.nowMs,
    (call, key) => this.trouble(call, key),
  );
  /** Whose database was asked for, in this order. */
  readonly streamed: number[] = [];
  /** How often the parameter was written. */
  writeCount = 0;
  #nonce = 0;

  constructor(backup: Partial<typeof CONFIG.backup> = {}) {
    this.configure(backup);
    const members = Object.fromEntries([1, 2, 3].map((n) => [idOf(n), `http://10.0.0.${n}:2380`]));
    const claim = { number: 1, token: 't', members, claimedAt: 'x', clusterId: CLUSTER_ID };
    this.texts.set('bootstrap', JSON.stringify(claim));
  }

  configure(backup: Partial<typeof CONFIG.backup>, frozen = false): void {
    this.texts.set('config', encodeConfig({ ...CONFIG, frozen, backup: { ...CONFIG.backup, ...backup } }));
  }

  get record(): BackupRecord | null {
    return decodeBackup(this.texts.get('backup') ?? '');
  }

  set record(record: BackupRecord) {
    this.texts.set('backup', encodeBackup(record));
  }

  run(message: BackupMessage = { kind: 'operator', nonce: 'n' }): Promise<BackupReport> {
    this.#nonce += 1;
    const turn = {
      ports: this.ports(),
      cluster: CLUSTER,
      nonce: `request-${this.#nonce}`,
      deadlineMs: this.nowMs + 900_000,
    };
    return runBackup(turn, message);
  }

  /** Takes one, some time later. */
  async later(minutes: number, message?: BackupMessage): Promise<BackupReport> {
    this.nowMs += minutes * 60_000;
    return this.run(message);
  }

  keys(ending = ''): readonly string[] {
    return [...this.objects.objects.keys()].filter((key) => key.endsWith(ending)).sort();
  }

  ports(): BackupPorts {
    const ask = (to: string) => async (_: string, body: string) => {
      this.trouble('send', to);
      this.sent.push({ to, body: JSON.parse(body) });
    };
    return {
      scaling: { listGroups: async () => [this.#group()] },
      machines: { describe: async (ids) => new Map(ids.map((id) => [id, this.#machine(id)])) },
      parameters: {
        readAll: async () => {
          this.trouble('readAll', '');
          return new Map(this.texts);
        },
        create: async (name, value) => {
          this.trouble('create', name);
          const own = name.replace(`/etcd-autopilot/${CLUSTER}/`, '');
          if (this.texts.has(own)) return 'exists';
          this.texts.set(own, value);
          return 'created';
        },
        write: async (name, value) => {
          this.trouble('write', name);
          this.writeCount += 1;
          this.texts.set(name.replace(`/etcd-autopilot/${CLUSTER}/`, ''), value);
        },
      },
      secrets: { read: async () => new Map() },
      events: {
        publish: async (events) => {
          this.trouble('publish', '');
          this.events.push(...events);
        },
      },
      clock: {
        nowMs: () => this.nowMs,
        sleep: async (ms) => {
          this.nowMs += ms;
        },
      },
      membership: { askForLook: ask('membership') },
      queue: { askForLook: ask('backup'), keepUnreadable: ask('dead') },
      verification: { askForLook: ask('verification') },
      openEtcd: () => this.#etcd(),
      openBucket: (name) => {
        this.trouble('openBucket', name);
        return this.objects;
      },
      ownBucket: BUCKET,
    };
  }

  #group() {
    return {
      name: 'g',
      desiredCapacity: this.members.size,
      deleting: false,
      hasWarmPool: false,
      tags: new Map([[TAG.role, 'member']]),
      instances: [...this.members.keys()].map((n) => ({
        id: idOf(n),
        lifecycle: 'InService',
        zone: 'a',
        health: 'Healthy',
      })),
    };
  }

  #machine(id: string): Machine {
    const found = [...this.members].find(([n]) => idOf(n) === id);
    if (found === undefined) return { kind: 'notFound' };
    const [n, { address = `10.0.0.${n}` }] = found;
    return { kind: 'known', state: 'running', privateIp: address, launchedAtMs: 0, zone: 'a' };
  }

  #memberAt(endpoint: string): readonly [number, FakeMember] | null {
    return [...this.members].find(([n]) => endpoint === `http://10.0.0.${n}:2379`) ?? null;
  }

  #etcd(): BackupEtcd {
    return {
      probe: async (endpoints) => endpoints.map((endpoint) => this.#probe(endpoint)),
      hashKv: async (endpoint, revision) => {
        this.trouble('hashKv', endpoint);
        return { hash: `9${this.#memberAt(endpoint)?.[0]}`, compactRevision: '-1', revision };
      },
      countKeys: async () => 12,
      snapshot: (endpoint) => this.#stream(endpoint),
      close: () => {},
    };
  }

  #probe(endpoint: string): Probe {
    const found = this.#memberAt(endpoint);
    if (found === null) return { kind: 'silent', endpoint, because: 'deadline' };
    const [, { status, linearizable }] = found;
    return { kind: 'status', endpoint, status, linearizable };
  }

  async *#stream(endpoint: string): AsyncIterable<Uint8Array> {
    const found = this.#memberAt(endpoint);
    if (found === null) throw unavailable('nobody is there');
    const [n, { database, stream }] = found;
    this.streamed.push(n);
    if (stream !== undefined) yield* stream();
    else yield* piecesOf(database, CHUNK_BYTES);
  }
}

/** A stage with snapshots of earlier days, as they are taken. */
export async function stageWith(hours: number, origin: Origin = 'schedule'): Promise<BackupStage> {
  const stage = new BackupStage();
  stage.record = NO_BACKUP;
  const message: BackupMessage =
    origin === 'operator' ? { kind: 'operator', nonce: 'n' } : { kind: 'schedule' };
  for (let hour = 0; hour < hours; hour += 1) await stage.later(60, message);
  return stage;
}

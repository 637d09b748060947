import { snapshotsPath } from '../../../functions/core/backup/keys.ts';
import { TAG } from '../../../functions/core/names.ts';
import type { ScalingGroup } from '../../../functions/core/ports.ts';
import { FakeEtcdWorld } from '../etcd/fake-etcd.ts';
import type { Random } from '../history/random.ts';
import { CareBucket } from './bucket.ts';
import { CareJudge } from './judge.ts';
import { NO_TROUBLE, type Trouble } from './life.ts';

export const CLUSTER = 'core';
export const PATH = `/etcd-autopilot/${CLUSTER}/`;
export const FOLDER = snapshotsPath('etcd-autopilot/', CLUSTER);
const MEMBERS = 3;
const MINUTE_MS = 60_000;

/** How a member's stream may go wrong. */
export type StreamFault = 'breaks' | 'ends' | 'flips' | 'empty';

/** One cluster that stands, its bucket, its parameters, and the functions that keep its data. */
export class CareWorld {
  nowMs = Date.parse('2026-03-01T00:00:00Z');
  /** The functions' clock is off by so much. */
  skewMs = 0;
  readonly random: Random;
  readonly parameters = new Map<string, string>();
  readonly etcd: FakeEtcdWorld;
  readonly bucket: CareBucket;
  readonly judge: CareJudge;
  readonly ids: readonly string[];
  /** Of messages that wait, by the function. */
  readonly mail: { readonly backup: string[]; readonly verification: string[] } = {
    backup: [],
    verification: [],
  };
  readonly denied = new Set<string>();
  /** What each invocation is drawn from; `null`: nothing goes wrong. */
  storm: ((random: Random) => Trouble) | null = null;
  streamFault: StreamFault | null = null;
  /** A member stops, or is told to lead, while it sends. */
  onChunk: (memberId: string) => void = () => undefined;
  /** False: there is no etcd to restore a snapshot with. */
  hasTools = true;
  /** Nobody verifies at all. */
  verifies = true;
  /** Of functions that live: each is to leave none behind. */
  openScratches = 0;
  events: string[] = [];
  readonly lines: string[] = [];
  tells = false;
  #serial = 0;

  constructor(random: Random, config: Readonly<Record<string, unknown>>) {
    this.random = random;
    this.etcd = new FakeEtcdWorld(() => this.nowMs, '3.6.14');
    this.bucket = new CareBucket(() => this.nowMs);
    this.judge = new CareJudge(this);
    this.bucket.ear = this.judge;
    this.ids = Array.from({ length: MEMBERS }, (_, index) => `i-0000000000000000${index + 1}`);
    this.parameters.set(`${PATH}config`, JSON.stringify(config));
    this.#found();
  }

  #found(): void {
    const cluster = this.ids.map((id, index) => `${id}=http://10.0.0.${index + 1}:2380`).join(',');
    for (const [index, id] of this.ids.entries()) {
      const ticket = {
        ETCD_INITIAL_ADVERTISE_PEER_URLS: `http://10.0.0.${index + 1}:2380`,
        ETCD_ADVERTISE_CLIENT_URLS: this.urlOf(index),
        ETCD_INITIAL_CLUSTER: cluster,
        ETCD_INITIAL_CLUSTER_TOKEN: 'care',
        ETCD_INITIAL_CLUSTER_STATE: 'new',
      };
      this.etcd.startFresh(id, new Map(Object.entries(ticket)));
    }
    const members = Object.fromEntries(this.ids.map((id, index) => [id, `http://10.0.0.${index + 1}:2380`]));
    const claim = { number: 1, token: 'care', members, claimedAt: '2026-03-01T00:00:00.000Z' };
    const text = JSON.stringify({ ...claim, clusterId: this.etcd.clusterId });
    this.parameters.set(`${PATH}bootstrap`, text);
  }

  urlOf(index: number): string {
    return `http://10.0.0.${index + 1}:2379`;
  }

  /** A client writes all the time; the platform goes on. */
  pass(minutes: number): void {
    this.nowMs += minutes * MINUTE_MS;
    this.etcd.elect();
    for (let count = 0; count < Math.min(minutes, 5); count += 1) this.etcd.clientWrite();
  }

  drawTrouble(): Trouble {
    return this.storm?.(this.random) ?? NO_TROUBLE;
  }

  nonce(): string {
    this.#serial += 1;
    return `n${this.#serial}`;
  }

  configOf(): Readonly<Record<string, unknown>> {
    return JSON.parse(this.parameters.get(`${PATH}config`) ?? '{}');
  }

  setConfig(change: Readonly<Record<string, unknown>>): void {
    this.parameters.set(`${PATH}config`, JSON.stringify({ ...this.configOf(), ...change }));
  }

  group(): ScalingGroup {
    return {
      name: 'etcd-autopilot-core',
      desiredCapacity: MEMBERS,
      deleting: false,
      tags: new Map([
        [TAG.cluster, CLUSTER],
        [TAG.role, 'member'],
      ]),
      hasWarmPool: false,
      instances: this.ids.map((id) => ({ id, lifecycle: 'InService', zone: 'a', health: 'Healthy' })),
    };
  }

  tell(words: string): void {
    const time = new Date(this.nowMs).toISOString().slice(5, 16);
    if (this.tells) this.lines.push(`${time}  ${words}`);
  }
}

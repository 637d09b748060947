import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'vitest';
import { openEtcd } from '../../functions/adapters/etcd/open.ts';
import { OperationError } from '../../functions/core/errors.ts';
import type { EtcdPort, MemberEntry } from '../../functions/core/ports.ts';
import type { Ports } from '../../functions/engine/ports.ts';
import { EtcdProcess, etcdBinDir } from './etcd-process.ts';
import { type FakeInstance, FakeWorld, Killed } from './fake-world.ts';

const DEADLINE_MS = 1_000;
const SETTLE_PASSES_MAX = 12;

let openedCount = 0;
const ourPid = process.pid;

/**
 * The fake group and Parameter Store, but every machine runs a real etcd, and the
 * engine reaches it through the real adapter, in real time. Machines decide by
 * the rules of the boot script.
 */
export class RealWorld extends FakeWorld {
  readonly #dir: string;
  readonly #binDir: string;
  readonly #network: string;
  readonly #running = new Map<string, EtcdProcess>();
  readonly #ending: Promise<void>[] = [];
  #deafTo: string | null = null;

  private constructor(desired: number, network: string, dir: string, binDir: string, config: object) {
    super(desired, { ...config });
    this.#network = network;
    this.#dir = dir;
    this.#binDir = binDir;
    this.nowMs = Date.now();
  }

  /** On loopback addresses that no other process and no other world of this one uses. */
  static async open(desired: number, config: object = {}): Promise<RealWorld> {
    const dir = await mkdtemp(join(tmpdir(), 'etcd-autopilot-world-'));
    openedCount += 1;
    const network = `127.${100 + (ourPid % 100)}.${openedCount}`;
    return new RealWorld(desired, network, dir, await etcdBinDir(), config);
  }

  async close(): Promise<void> {
    await Promise.all([...this.#running.values()].map((process) => process.kill()));
    await Promise.all(this.#ending);
    await rm(this.#dir, { recursive: true, force: true });
  }

  /** The reply to the next effect of this name is lost: applied, but nobody hears of it. */
  loseReplyTo(effect: string): void {
    this.#deafTo = effect;
  }

  override effect(name: string): void {
    super.effect(name);
    if (name !== this.#deafTo) return;
    this.#deafTo = null;
    throw new OperationError('ETCD_UNAVAILABLE', 'nextLook', `the reply to ${name} was lost`);
  }

  protected override passSecond(): void {
    this.nowMs = Date.now();
  }

  protected override addressOf(serial: number): string {
    return `${this.#network}.${serial + 1}`;
  }

  protected override hasEtcd(instance: FakeInstance): boolean {
    return this.#running.has(instance.id);
  }

  protected override startEtcd(instance: FakeInstance, ticket: ReadonlyMap<string, string>): void {
    const process = new EtcdProcess({
      name: instance.id,
      address: instance.address,
      dir: join(this.#dir, `${instance.id}-${ticket.get('AUTOPILOT_MEMBER_ID')}`),
      binDir: this.#binDir,
      initialCluster: ticket.get('ETCD_INITIAL_CLUSTER') ?? '',
      initialState: ticket.get('ETCD_INITIAL_CLUSTER_STATE') === 'new' ? 'new' : 'existing',
      token: ticket.get('ETCD_INITIAL_CLUSTER_TOKEN') ?? '',
    });
    this.#running.set(instance.id, process);
    this.#ending.push(process.start());
  }

  protected override stopEtcd(instance: FakeInstance): void {
    const process = this.#running.get(instance.id);
    this.#running.delete(instance.id);
    if (process !== undefined) this.#ending.push(process.kill());
  }

  etcdOf(id: string): EtcdProcess {
    const process = this.#running.get(id);
    if (process === undefined) throw new Error(`no etcd runs on ${id}`);
    return process;
  }

  override ports(): Ports {
    return {
      ...super.ports(),
      clock: {
        nowMs: () => Date.now(),
        sleep: async (ms) => {
          await sleep(ms);
          this.tick();
        },
      },
      openEtcd: () => this.counted(openEtcd({ deadlineMs: DEADLINE_MS })),
    };
  }

  /** Counts what changes etcd, so that a test can end the function right after it. */
  private counted(port: EtcdPort): EtcdPort {
    const after = async <T>(name: string, work: Promise<T>): Promise<T> => {
      const result = await work;
      this.effect(`etcd.${name}`);
      return result;
    };
    return {
      ...port,
      write: (endpoint, key, value) => after('write', port.write(endpoint, key, value)),
      addLearner: (endpoint, url) => after('addLearner', port.addLearner(endpoint, url)),
      promote: (endpoint, id) => after('promote', port.promote(endpoint, id)),
      remove: (endpoint, id) => after('remove', port.remove(endpoint, id)),
      moveLeader: (endpoint, to) => after('moveLeader', port.moveLeader(endpoint, to)),
    };
  }

  /** Passes until one settles, in real time; a kill ends one pass only. */
  async settleReal(): Promise<void> {
    let last = '';
    for (let count = 0; count < SETTLE_PASSES_MAX; count += 1) {
      this.tick();
      const report = await this.pass().catch((error: unknown) => {
        if (error instanceof Killed) return null;
        throw error;
      });
      if (report?.outcome === 'settled') return;
      last = JSON.stringify(report?.waits ?? 'killed');
      await sleep(500);
    }
    throw new Error(`did not settle: ${last}`);
  }

  /** Every member list that any running etcd tells, by instance: two clusters would show here. */
  async memberLists(): Promise<ReadonlyMap<string, readonly MemberEntry[]>> {
    const port = openEtcd({ deadlineMs: DEADLINE_MS });
    try {
      const lists = await Promise.all(
        [...this.#running].map(async ([id, process]) => {
          const list = await port.members(process.clientUrl).catch(() => null);
          return list === null ? [] : [[id, list] as const];
        }),
      );
      return new Map(lists.flat());
    } finally {
      port.close();
    }
  }

  async clusterIds(): Promise<ReadonlySet<string>> {
    const port = openEtcd({ deadlineMs: DEADLINE_MS });
    try {
      const probes = await port.probe([...this.#running.values()].map((process) => process.clientUrl));
      return new Set(probes.flatMap((probe) => (probe.kind === 'status' ? [probe.status.clusterId] : [])));
    } finally {
      port.close();
    }
  }

  /** Ids of the instances that the group lists. */
  alive(): readonly string[] {
    return this.instances.filter(({ listed }) => listed).map(({ id }) => id);
  }

  /** Every etcd that runs tells the same list: these voters, nobody else, of one cluster. */
  async expectVoters(ids: readonly string[]): Promise<void> {
    const lists = await this.memberLists();
    for (const list of lists.values()) {
      const voters = list.filter((member) => !member.isLearner);
      expect(voters.map(({ name }) => name).sort()).toEqual([...ids].sort());
      expect(list).toHaveLength(ids.length);
    }
    expect(lists.size).toBe(ids.length);
    expect((await this.clusterIds()).size).toBe(1);
  }

  /** The leader's instance, as the published status has it. */
  leader(): string {
    const text = this.parameters.get('/etcd-autopilot/core/status') ?? '{}';
    return String(JSON.parse(text).leader);
  }
}

import { setTimeout as sleep } from 'node:timers/promises';
import { expect, vi } from 'vitest';
import { openEtcd } from '../../functions/adapters/etcd/open.ts';
import type { EtcdAccess } from '../../functions/core/access.ts';
import { OperationError } from '../../functions/core/errors.ts';
import type { EtcdPort, HookOfInstance, MemberEntry, Probe } from '../../functions/core/ports.ts';
import type { Ports } from '../../functions/engine/ports.ts';
import { openEtcdHttp } from '../../infra/demo/etcd-http.ts';
import { type FakeInstance, FakeWorld, Killed, PATH } from '../simulation/world/fake-world.ts';
import { noteAnswers } from './answering-etcd.ts';
import type { EtcdProcess } from './etcd-process.ts';
import { runEtcdctl } from './etcdctl.ts';
import { Load } from './load.ts';
import { type HostsOptions, RealHosts } from './real-hosts.ts';
import { type Change, judgeChange, judgeRelease, judgeReport } from './real-rules.ts';
import { ROOT, secretsOf } from './secrets.ts';
import { openSecuredStore } from './secured-store.ts';

const DEADLINE_MS = 1_000;
const SETTLE_PASSES_MAX = 12;

/**
 * The fake group and Parameter Store, but every machine runs a real etcd, and the
 * engine reaches it through the real adapter. Time is the real one, and may be skipped.
 * Machines decide by the rules of the boot script; the rules of the autopilot are
 * judged by what really runs.
 */
export class RealWorld extends FakeWorld {
  readonly hosts: RealHosts;
  /** What was broken of the safety rules; a test ends with none. */
  readonly violations: string[] = [];
  /** Instances whose data a test has changed on the disk. */
  readonly rotten = new Set<string>();
  readonly load: Load;
  /** Of each second that a pass waits, so much is waited really, and the rest is skipped. */
  realMsOfSecond = 1_000;
  /** Set it once etcd asks for users. */
  etcdctlUser: { readonly user: string; readonly password: string } | null = null;
  #skippedMs = 0;
  /** Used where etcd asks for one. */
  readonly #user: EtcdAccess['auth'];
  #deafTo: string | null = null;
  #members: readonly MemberEntry[] = [];

  private constructor(desired: number, hosts: RealHosts, config: object) {
    super(desired, { ...config });
    this.hosts = hosts;
    this.nowMs = Date.now();
    const endpoints = () => this.#awake().map((process) => process.clientUrl);
    this.#user = 'auth' in config ? ROOT : null;
    const isSecured = hosts.ground !== null || this.#user !== null;
    this.load = new Load(endpoints, isSecured ? openSecuredStore(this.access()) : openEtcdHttp());
    const secrets = secretsOf(hosts.ground?.certificates, ROOT.password);
    for (const [name, secret] of secrets) this.secrets.set(name, secret);
  }

  /** How the test itself reaches the members, whatever the settings of the cluster say. */
  access(): Partial<EtcdAccess> {
    return this.hosts.ground === null ? { auth: this.#user } : this.hosts.ground.access(this.#user);
  }

  static async open(desired: number, config: object = {}, options: HostsOptions = {}): Promise<RealWorld> {
    return new RealWorld(desired, await RealHosts.open(options), config);
  }

  async close(): Promise<void> {
    await this.load.stop();
    this.load.close();
    await this.hosts.close();
  }

  /** The autopilot's clock goes on at once; etcd's does not. */
  skip(seconds: number): void {
    this.#skippedMs += seconds * 1_000;
    this.passSecond();
  }

  #clockMs(): number {
    return Date.now() + this.#skippedMs;
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
    this.nowMs = this.#clockMs();
  }

  protected override addressOf(serial: number): string {
    return `${this.hosts.network}.${serial + 1}`;
  }

  override hasEtcd(instance: FakeInstance): boolean {
    if (this.hosts.hasFailedToStart(instance.id)) instance.disk = null;
    return this.hosts.has(instance.id);
  }

  override startEtcd(instance: FakeInstance, ticket: ReadonlyMap<string, string>): void {
    this.hosts.start(instance, ticket);
  }

  override stopEtcd(instance: FakeInstance): void {
    this.hosts.stop(instance.id);
  }

  override complete(hook: HookOfInstance, result: 'CONTINUE' | 'ABANDON'): 'completed' | 'notWaiting' {
    this.violations.push(...judgeRelease(this.instance(hook.instanceId), result, this.#members));
    return super.complete(hook, result);
  }

  /** The machine is stopped with its disk; its boot script decides anew when it starts. */
  stopEtcdOf(id: string): void {
    this.hosts.stop(id);
  }

  etcdOf(id: string): EtcdProcess {
    return this.hosts.get(id);
  }

  override ports(): Ports {
    const ports = super.ports();
    return {
      ...ports,
      scaling: {
        ...ports.scaling,
        reportUnhealthy: async (id) => {
          await this.#judgeReport(id);
          this.instance(id).health = 'Unhealthy';
          this.effect('report unhealthy');
        },
        endInstance: async (id) => {
          await this.#judgeReport(id);
          this.terminate(id);
          this.effect('end instance');
        },
      },
      clock: {
        nowMs: () => this.#clockMs(),
        sleep: async (ms) => {
          const realMs = (ms * this.realMsOfSecond) / 1_000;
          await sleep(realMs);
          this.skip((ms - realMs) / 1_000);
          this.tick();
        },
      },
      openEtcd: (access) => this.#counted(openEtcd({ ...access, deadlineMs: DEADLINE_MS })),
    };
  }

  async #judgeReport(id: string): Promise<void> {
    const [members = []] = [...(await this.memberLists()).values()];
    this.violations.push(...judgeReport(this, id, members));
  }

  /** Judges and counts what changes etcd, so that a test can end the function right after it. */
  #counted(port: EtcdPort): EtcdPort {
    const change = async <T>(name: Change, endpoint: string, id: string, work: () => Promise<T>) => {
      const before = await port.members(endpoint);
      this.violations.push(...judgeChange(this, name, id, before));
      const result = await work();
      this.#members = await port.members(endpoint);
      this.effect(`etcd.${name}`);
      return result;
    };
    return {
      ...port,
      probe: async (endpoints) => {
        const probes = await port.probe(endpoints);
        await noteAnswers(probes.filter((probe) => !this.#isNext(probe)));
        return probes;
      },
      write: async (endpoint, key, value) => {
        await port.write(endpoint, key, value);
        this.effect('etcd.write');
      },
      swap: async (endpoint, key, before, after, permit) => {
        const outcome = await port.swap(endpoint, key, before, after, permit);
        this.effect('etcd.swap');
        return outcome;
      },
      compact: async (at, revision) => {
        await port.compact(at, revision);
        this.effect('etcd.compact');
      },
      defragment: async (at, withinMs) => {
        await port.defragment(at, withinMs);
        this.effect('etcd.defragment');
      },
      disarm: async (at, alarm) => {
        await port.disarm(at, alarm);
        this.effect('etcd.disarm');
      },
      addLearner: (at, url) => change('addLearner', at, url, () => port.addLearner(at, url)),
      promote: (at, id) => change('promote', at, id, () => port.promote(at, id)),
      remove: (at, id) => change('remove', at, id, () => port.remove(at, id)),
      moveLeader: (at, id) => change('moveLeader', at, id, () => port.moveLeader(at, id)),
    };
  }

  /** Where a release is rolled out, members of it answer beside those that the test is run for. */
  #isNext(probe: Probe): boolean {
    return probe.kind === 'status' && probe.status.version === this.hosts.next?.version;
  }

  isAwake(instanceId: string): boolean {
    return this.hosts.isAwake(instanceId);
  }

  #awake(): readonly EtcdProcess[] {
    return this.hosts.all().flatMap(([id, process]) => (this.isAwake(id) ? [process] : []));
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

  /** An operator with the real etcdctl, past the autopilot. Returns what it printed. */
  async etcdctl(...args: readonly string[]): Promise<string> {
    const learners = [...(await this.memberLists()).values()].flat().filter((member) => member.isLearner);
    const endpoints = this.#awake() // a learner refuses what an operator asks
      .map((process) => process.clientUrl)
      .filter((url) => !learners.some(({ clientUrls }) => clientUrls.includes(url)));
    const tls = this.hosts.ground?.tls ?? null;
    const stdout = await runEtcdctl(
      { binDir: this.hosts.binDir, endpoints, tls, user: this.etcdctlUser },
      args,
    );
    this.#members = [...(await this.memberLists()).values()][0] ?? [];
    return stdout;
  }

  /** Every member list that any running etcd tells, by instance: two clusters would show here. */
  async memberLists(): Promise<ReadonlyMap<string, readonly MemberEntry[]>> {
    const port = openEtcd({ ...this.access(), deadlineMs: DEADLINE_MS });
    try {
      const lists = await Promise.all(
        this.hosts.all().map(async ([id, process]) => {
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
    const port = openEtcd({ ...this.access(), deadlineMs: DEADLINE_MS });
    try {
      const probes = await port.probe(this.hosts.all().map(([, process]) => process.clientUrl));
      return new Set(probes.flatMap((probe) => (probe.kind === 'status' ? [probe.status.clusterId] : [])));
    } finally {
      port.close();
    }
  }

  /** Ids of the instances that the group lists. */
  alive(): readonly string[] {
    return this.instances.filter(({ listed }) => listed).map(({ id }) => id);
  }

  /** Every etcd that runs tells the same list: these voters, nobody else, of one cluster. A slow machine may be asked again. */
  expectVoters(ids: readonly string[]): Promise<void> {
    return vi.waitFor(() => this.#expectVotersNow(ids), { timeout: 20_000, interval: 200 });
  }

  async #expectVotersNow(ids: readonly string[]): Promise<void> {
    const lists = await this.memberLists();
    for (const list of lists.values()) {
      const voters = list.filter((member) => !member.isLearner);
      expect(voters.map(({ name }) => name).sort()).toEqual([...ids].sort());
      expect(list).toHaveLength(ids.length);
    }
    expect(lists.size).toBe(ids.length);
    expect((await this.clusterIds()).size).toBe(1);
  }

  /** No rule was broken on the way, no list is empty, and every instance's hook was thought of (I1 to I8). */
  expectSafe(): void {
    expect([...this.violations, ...this.etcd.violations]).toEqual([]);
    for (const name of ['endpoints', 'peers']) expect(this.parameters.get(PATH + name)).not.toBe('');
  }

  /** The leader's instance, as the published status has it. */
  leader(): string {
    return String(JSON.parse(this.parameters.get(`${PATH}status`) ?? '{}').leader);
  }

  /** An instance in service that does not lead. */
  follower(): string {
    const leader = this.leader();
    return this.alive().find((id) => id !== leader) ?? '';
  }
}

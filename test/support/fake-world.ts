import type { Secret } from '../../functions/core/access.ts';
import { OperationError } from '../../functions/core/errors.ts';
import { isRecord } from '../../functions/core/json.ts';
import type { OutgoingEvent } from '../../functions/core/outgoing-event.ts';
import type { Ending, HookOfInstance, ScalingGroup } from '../../functions/core/ports.ts';
import { runPass } from '../../functions/engine/pass.ts';
import type { Ports } from '../../functions/engine/ports.ts';
import type { PassReport } from '../../functions/engine/report.ts';
import { type FakeEtcd, FakeEtcdWorld } from '../simulation/etcd/fake-etcd.ts';
import { openFakeEtcd } from '../simulation/etcd/fake-etcd-port.ts';
import { awsPorts, guarded } from './fake-ports.ts';
import { objectionTo } from './fake-rules.ts';

export interface FakeInstance {
  id: string;
  address: string;
  lifecycle: string;
  state: 'running' | 'terminated';
  health: 'Healthy' | 'Unhealthy';
  /** What EC2 has announced. */
  ending: Ending | null;
  /** False once the group lists it no more. */
  listed: boolean;
  launchedAtMs: number;
  terminatingAtMs: number | null;
  /** Its boot script is able to start etcd. */
  boots: boolean;
  /** Member id that its disk belongs to; `null`: empty. */
  disk: string | null;
  /** Member ids that it started with once: outlives the disk of etcd. */
  readonly used: Set<string>;
}

/** Those in standby, in the warm pool and on their way out do not. */
const countsForCapacity = ({ listed, lifecycle }: FakeInstance): boolean =>
  listed && /^(?:Pending|InService)/.test(lifecycle);

export const CLUSTER = 'core';
export const PATH = `/etcd-autopilot/${CLUSTER}/`;

/** The id of the n-th instance of a world. */
export const instanceIdOf = (serial: number): string => `i-${serial.toString(16).padStart(17, '0')}`;

/** Thrown into a pass to stand for a killed function: nothing of it runs on. */
export class Killed extends Error {}

/**
 * A group, its machines, Parameter Store and etcd in virtual time. Machines boot by
 * the rules of the boot script; the group keeps its desired capacity.
 */
export class FakeWorld {
  nowMs = Date.parse('2026-01-01T00:00:00Z');
  desired: number;
  readonly instances: FakeInstance[] = [];
  readonly parameters = new Map<string, string>();
  /** Parameters outside the cluster's path. */
  readonly secrets = new Map<string, Secret>();
  readonly tags = new Map([
    ['etcd-autopilot:cluster', CLUSTER],
    ['etcd-autopilot:role', 'member'],
  ]);
  readonly etcd = new FakeEtcdWorld(() => this.nowMs);
  readonly events: OutgoingEvent[] = [];
  readonly heartbeats: string[] = [];
  readonly effects: string[] = [];
  readonly looks: string[] = [];
  groupName = 'etcd-autopilot-core';
  groupCount = 1;
  /** The group is being deleted, and says so. */
  deleting = false;
  /** Further groups with the cluster's tag, for example of workers. */
  readonly otherGroups: ScalingGroup[] = [];
  /** CloudFormation is deleting the group. */
  stackDeletes = false;
  /** Instances that Auto Scaling can give at all. */
  capacity = Number.POSITIVE_INFINITY;
  /** Instances that the group's list leaves out, that EC2 does not know, or gives no address of. */
  readonly hidden = new Set<string>();
  readonly forgotten = new Set<string>();
  readonly addressless = new Set<string>();
  /** The group's maintenance policy: an unhealthy instance stays until its replacement is in service. */
  launchesFirst = false;
  /** Addresses of the next instances, for example those of dead ones. */
  readonly addresses: string[] = [];
  /** Whether the next instances are able to start etcd. */
  imageBoots = true;
  /** Tickets that were given to found a cluster, by name. */
  readonly foundingTickets = new Set<string>();
  /** Told to the rules: leadership cannot be moved; members of nobody may be removed. */
  transfersFail = false;
  mayRemoveStrangers = false;
  /** The function dies right after this many effects. */
  killAfter = Number.POSITIVE_INFINITY;
  /** The function dies right after the next effect of such a name. */
  killOn: RegExp | null = null;
  /** The reply to the effect of this number is lost. */
  loseAfter = Number.POSITIVE_INFINITY;
  /** Makes a call fail: by `port.method`, or by method alone. */
  readonly failing = new Map<string, () => Error>();
  /** Called before every call of a port, as `port.method`. */
  interfere: (call: string) => void = () => undefined;
  private life = { isOver: false };
  private serial = 0;
  private passes = 0;

  constructor(desired: number, config: Readonly<Record<string, unknown>> = {}) {
    this.desired = desired;
    const dns = config['dns'];
    this.domain = isRecord(dns) ? String(dns['domain']) : null;
    this.etcd.onEffect = (name) => this.effect(`etcd.${name}`);
    this.etcd.objection = (change, member) => objectionTo(this, change, member);
    const size = [1, 3, 5, 7].includes(desired) ? desired : 3;
    const graceSeconds = {
      bootstrap: 300,
      unstarted: 300,
      silent: 300,
      restarting: 900,
      catchingUp: 3_600,
      replacement: 90,
    };
    const scheme = this.domain === null ? 'http' : 'https';
    const base = { version: 1, size, scheme, clientPort: 2379, peerPort: 2380, graceSeconds };
    const rest = { removeForeign: false, frozen: false, recovery: 'manual', stackId: 'stack' };
    this.parameters.set(`${PATH}config`, JSON.stringify({ ...base, ...rest, ...config }));
  }

  effect(name: string): void {
    this.effects.push(name);
    if (this.effects.length >= this.killAfter || this.killOn?.test(name)) {
      this.killAfter = Number.POSITIVE_INFINITY;
      this.killOn = null;
      this.life.isOver = true;
      throw new Killed(name);
    }
    if (this.effects.length >= this.loseAfter) {
      this.loseAfter = Number.POSITIVE_INFINITY;
      const code = name.startsWith('etcd.') ? 'ETCD_UNAVAILABLE' : 'AWS_UNAVAILABLE';
      throw new OperationError(code, 'nextLook', `the reply to ${name} was lost`);
    }
  }

  /** The group and the machines live on for a second. */
  tick(): void {
    this.passSecond();
    for (const instance of this.instances) this.live(instance);
    const unhealthyCount = this.replaceUnhealthy();
    const wanted = this.instances.filter(countsForCapacity);
    const target = Math.min(this.desired + unhealthyCount, this.capacity);
    for (let missing = target - wanted.length; missing > 0; missing -= 1) this.launch();
    for (const surplus of wanted.slice(0, Math.max(0, wanted.length - this.desired - unhealthyCount)))
      this.terminate(surplus.id);
    this.etcd.elect();
  }

  /** Ends what is unhealthy, and returns how many have to wait for their replacements. */
  private replaceUnhealthy(): number {
    const inService = this.instances.filter(({ listed, lifecycle }) => listed && lifecycle === 'InService');
    const unhealthy = inService.filter(({ health }) => health === 'Unhealthy');
    if (this.launchesFirst && inService.length - unhealthy.length < this.desired) return unhealthy.length;
    for (const { id } of unhealthy) this.terminate(id);
    return 0;
  }

  protected passSecond(): void {
    this.nowMs += 1_000;
  }

  protected addressOf(serial: number): string {
    return `10.0.0.${serial}`;
  }

  launch(): FakeInstance {
    this.serial += 1;
    const instance: FakeInstance = {
      id: instanceIdOf(this.serial),
      address: this.addresses.shift() ?? this.addressOf(this.serial),
      lifecycle: 'Pending:Wait',
      state: 'running',
      health: 'Healthy',
      ending: null,
      listed: true,
      launchedAtMs: this.nowMs,
      terminatingAtMs: null,
      boots: this.imageBoots,
      disk: null,
      used: new Set(),
    };
    this.instances.push(instance);
    return instance;
  }

  instance(id: string): FakeInstance {
    const found = this.instances.find((instance) => instance.id === id);
    if (found === undefined) throw new Error(`no instance ${id}`);
    return found;
  }

  /** `null`: the cluster was given no TLS. */
  readonly domain: string | null;

  clientUrl(instance: FakeInstance): string {
    const { domain } = this;
    return domain === null ? `http://${instance.address}:2379` : `https://${instance.id}.${domain}:2379`;
  }

  processOf(id: string): FakeEtcd {
    const found = this.etcd.processes.get(this.clientUrl(this.instance(id)));
    if (found === undefined) throw new Error(`no etcd on ${id}`);
    return found;
  }

  /** Through the hook, as the group does it. */
  terminate(id: string): void {
    const instance = this.instance(id);
    instance.lifecycle = 'Terminating:Wait';
    instance.terminatingAtMs = this.nowMs;
  }

  /** Without any hook: the machine is gone, the group notices. */
  vanish(id: string): void {
    const instance = this.instance(id);
    instance.state = 'terminated';
    instance.listed = false;
    this.stopEtcd(instance);
  }

  /** The disk is lost, the machine reboots: its boot script decides anew. */
  wipe(id: string): void {
    const instance = this.instance(id);
    instance.disk = null;
    this.stopEtcd(instance);
  }

  /** The boot script's decision table, in short. */
  private live(instance: FakeInstance): void {
    const isOver = instance.state === 'terminated' || !instance.boots;
    if (isOver || this.hasEtcd(instance)) return;
    const text = this.parameters.get(`${PATH}members/${instance.id}`);
    if (text === undefined) return;
    const ticket = new Map(
      text.split('\n').map((line) => [line.split('=')[0] ?? '', line.slice(line.indexOf('=') + 1)]),
    );
    const memberId = ticket.get('AUTOPILOT_MEMBER_ID') ?? '';
    const state = ticket.get('AUTOPILOT_STATE');
    if (state === 'joining') return;
    const mayStart = state === 'ticket' && !instance.used.has(memberId);
    if (instance.disk !== memberId && !mayStart) this.report(instance, memberId);
    else this.startEtcd(instance, ticket);
    if (!this.hasEtcd(instance)) return;
    instance.disk = memberId;
    instance.used.add(memberId);
  }

  private report(instance: FakeInstance, memberId: string): void {
    const kind = instance.disk === null ? 'empty-disk' : 'foreign-data';
    const text = `AUTOPILOT_REPORT=${kind}\nAUTOPILOT_MEMBER_ID=${memberId}\n`;
    this.parameters.set(`${PATH}reports/${instance.id}`, text);
  }

  protected hasEtcd(instance: FakeInstance): boolean {
    return this.etcd.processes.has(this.clientUrl(instance));
  }

  protected startEtcd(instance: FakeInstance, ticket: ReadonlyMap<string, string>): void {
    const memberId = ticket.get('AUTOPILOT_MEMBER_ID');
    if (instance.disk !== null && instance.disk === memberId) {
      this.etcd.resume(this.clientUrl(instance), memberId);
    } else {
      this.etcd.startFresh(instance.id, ticket);
    }
  }

  /** The power goes, or the disk: whatever ran there runs no more. */
  protected stopEtcd(instance: FakeInstance): void {
    this.etcd.processes.delete(this.clientUrl(instance));
    this.etcd.elect();
  }

  complete(hook: HookOfInstance, result: 'CONTINUE' | 'ABANDON'): 'completed' | 'notWaiting' {
    const instance = this.instance(hook.instanceId);
    if (instance.lifecycle === 'Warmed:Pending:Wait') {
      instance.lifecycle = 'Warmed:Stopped';
      return 'completed';
    }
    if (instance.lifecycle === 'Pending:Wait') {
      if (result === 'CONTINUE') instance.lifecycle = 'InService';
      else this.terminate(instance.id);
      return 'completed';
    }
    if (instance.lifecycle !== 'Terminating:Wait') return 'notWaiting';
    this.vanish(instance.id);
    return 'completed';
  }

  isLeaving(id: string): boolean {
    const found = this.instances.find((instance) => instance.id === id);
    return found === undefined || !found.listed || found.lifecycle.startsWith('Terminating');
  }

  isTearingDown(): boolean {
    return this.deleting || this.parameters.has(`${PATH}teardown`);
  }

  /** The ports of one function: when it is killed, nothing that it still calls is heard. */
  ports(): Ports {
    const life = { isOver: false };
    this.life = life;
    const before = (port: string) => (method: string) => {
      if (life.isOver) throw new Killed(`${port}.${method}`);
      this.interfere(`${port}.${method}`);
      const error = this.failing.get(`${port}.${method}`) ?? this.failing.get(method);
      if (error !== undefined) throw error();
    };
    const aws = awsPorts(this);
    return {
      scaling: guarded(aws.scaling, before('scaling')),
      machines: guarded(aws.machines, before('machines')),
      stacks: guarded(aws.stacks, before('stacks')),
      parameters: guarded(aws.parameters, before('parameters')),
      secrets: guarded(aws.secrets, before('secrets')),
      queue: guarded(aws.queue, before('queue')),
      events: guarded(aws.events, before('events')),
      clock: { nowMs: () => this.nowMs, sleep: async () => this.tick() },
      uniqueToken: () => `token${this.passes}`,
      openEtcd: () => guarded(openFakeEtcd(this.etcd), before('etcd')),
    };
  }

  /** One pass with the time that a function has. */
  pass(
    options: {
      readonly mode?: 'act' | 'dryRun' | 'look';
      readonly groupName?: string;
      readonly seconds?: number;
    } = {},
  ): Promise<PassReport> {
    this.passes += 1;
    const owner = `pass-${this.passes}`;
    this.etcd.actor = owner;
    return runPass(this.ports(), {
      cluster: CLUSTER,
      owner,
      deadlineMs: this.nowMs + (options.seconds ?? 48) * 1_000,
      mode: options.mode ?? 'act',
      groupName: options.groupName ?? null,
    });
  }

  /** Passes and seconds until nothing is left to do; a kill ends one pass only. */
  async settle(passesMax = 30): Promise<PassReport> {
    for (let count = 0; count < passesMax; count += 1) {
      this.tick();
      const report = await this.pass().catch((error: unknown) => {
        if (error instanceof Killed) return null;
        throw error;
      });
      if (report?.outcome === 'settled') return report;
      for (let second = 0; second < 5; second += 1) this.tick();
    }
    throw new Error(`did not settle: ${JSON.stringify((await this.pass()).waits)}`);
  }

  get leaderName(): string {
    return this.etcd.members.find(({ id }) => id === this.etcd.leaderId)?.name ?? '';
  }

  voters(): readonly string[] {
    return this.etcd.members
      .filter((member) => !member.isLearner)
      .map((member) => member.name)
      .sort();
  }

  /** What must be equal after the same story, whatever happened on the way. */
  endState(): unknown {
    const listed = this.instances.filter((instance) => instance.listed);
    return {
      voterCount: this.voters().length,
      learnerCount: this.etcd.members.length - this.voters().length,
      lifecycles: listed.map(({ lifecycle }) => lifecycle),
      names: [...this.parameters.keys()].filter((name) => !name.includes('/members/')).sort(),
      tickets: [...this.parameters.keys()].filter((name) => name.includes('/members/')).length,
      formed: this.etcd.formed.size,
      published: ['endpoints', 'peers'].map((name) => this.parameters.get(PATH + name)?.split(',').length),
      health: JSON.parse(this.parameters.get(`${PATH}status`) ?? '{}').health,
      claim: JSON.parse(this.parameters.get(`${PATH}bootstrap`) ?? '{}').number,
    };
  }
}

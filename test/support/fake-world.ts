import type {
  GroupInstance,
  HookOfInstance,
  Machine,
  OutgoingEvent,
  ScalingActivity,
} from '../../functions/core/ports.ts';
import { type PassReport, runPass } from '../../functions/engine/pass.ts';
import type { Ports } from '../../functions/engine/ports.ts';
import { FakeEtcdWorld } from './fake-etcd.ts';

export interface FakeInstance {
  id: string;
  address: string;
  lifecycle: string;
  state: 'running' | 'terminated';
  /** False once the group lists it no more. */
  listed: boolean;
  launchedAtMs: number;
  terminatingAtMs: number | null;
  /** Its boot script is able to start etcd. */
  boots: boolean;
  /** Member id that its disk belongs to; `null`: empty. */
  disk: string | null;
}

export const CLUSTER = 'core';
export const PATH = `/etcd-autopilot/${CLUSTER}/`;

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
  /** The function dies right after this many effects. */
  killAfter = Number.POSITIVE_INFINITY;
  /** Makes a read fail: by port method name. */
  failing = new Map<string, () => Error>();
  private serial = 0;
  private passes = 0;

  constructor(desired: number, config: Readonly<Record<string, unknown>> = {}) {
    this.desired = desired;
    this.etcd.onEffect = (name) => this.effect(`etcd.${name}`);
    const size = [1, 3, 5, 7].includes(desired) ? desired : 3;
    const graceSeconds = { bootstrap: 300, unstarted: 300, silent: 300, replacement: 90 };
    const base = { version: 1, size, scheme: 'http', clientPort: 2379, peerPort: 2380, graceSeconds };
    const rest = { removeForeign: false, frozen: false, recovery: 'manual', stackId: 'stack' };
    this.parameters.set(`${PATH}config`, JSON.stringify({ ...base, ...rest, ...config }));
  }

  effect(name: string): void {
    this.effects.push(name);
    if (this.effects.length >= this.killAfter) {
      this.killAfter = Number.POSITIVE_INFINITY;
      throw new Killed(name);
    }
  }

  /** The group and the machines live on for a second. */
  tick(): void {
    this.passSecond();
    for (const instance of this.instances) this.live(instance);
    const wanted = this.instances.filter((i) => i.listed && !i.lifecycle.startsWith('Terminating'));
    for (let missing = this.desired - wanted.length; missing > 0; missing -= 1) this.launch();
    for (const surplus of wanted.slice(0, Math.max(0, wanted.length - this.desired)))
      this.terminate(surplus.id);
    this.etcd.elect();
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
      id: `i-${this.serial.toString(16).padStart(17, '0')}`,
      address: this.addressOf(this.serial),
      lifecycle: 'Pending:Wait',
      state: 'running',
      listed: true,
      launchedAtMs: this.nowMs,
      terminatingAtMs: null,
      boots: true,
      disk: null,
    };
    this.instances.push(instance);
    return instance;
  }

  instance(id: string): FakeInstance {
    const found = this.instances.find((instance) => instance.id === id);
    if (found === undefined) throw new Error(`no instance ${id}`);
    return found;
  }

  clientUrl(instance: FakeInstance): string {
    return `http://${instance.address}:2379`;
  }

  processOf(id: string) {
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
    if (ticket.get('AUTOPILOT_STATE') === 'started' && instance.disk === null) {
      this.parameters.set(
        `${PATH}reports/${instance.id}`,
        `AUTOPILOT_REPORT=empty-disk\nAUTOPILOT_MEMBER_ID=${memberId}\n`,
      );
      return;
    }
    if (ticket.get('AUTOPILOT_STATE') !== 'ticket') return;
    instance.disk = memberId;
    this.startEtcd(instance, ticket);
  }

  protected hasEtcd(instance: FakeInstance): boolean {
    return this.etcd.processes.has(this.clientUrl(instance));
  }

  protected startEtcd(instance: FakeInstance, ticket: ReadonlyMap<string, string>): void {
    this.etcd.startFresh(instance.id, ticket);
  }

  /** The power goes, or the disk: whatever ran there runs no more. */
  protected stopEtcd(instance: FakeInstance): void {
    this.etcd.processes.delete(this.clientUrl(instance));
    this.etcd.elect();
  }

  private complete(hook: HookOfInstance, result: 'CONTINUE' | 'ABANDON'): 'completed' | 'notWaiting' {
    const instance = this.instance(hook.instanceId);
    if (instance.lifecycle === 'Pending:Wait') {
      if (result === 'CONTINUE') instance.lifecycle = 'InService';
      else this.terminate(instance.id);
      return 'completed';
    }
    if (instance.lifecycle !== 'Terminating:Wait') return 'notWaiting';
    this.vanish(instance.id);
    return 'completed';
  }

  private fail(method: string): void {
    const error = this.failing.get(method);
    if (error !== undefined) throw error();
  }

  ports(): Ports {
    return {
      clock: { nowMs: () => this.nowMs, sleep: async () => this.tick() },
      uniqueToken: () => `token${this.passes}`,
      openEtcd: () => this.etcd.port(),
      queue: {
        askForLook: async (_cluster, body) => {
          this.looks.push(body);
        },
        keepUnreadable: async (_cluster, body) => {
          this.looks.push(`unreadable ${body}`);
        },
      },
      events: {
        publish: async (events) => {
          this.events.push(...events);
        },
      },
      scaling: {
        listGroups: async () => {
          this.fail('listGroups');
          const listed = this.instances.filter((instance) => instance.listed);
          return Array.from({ length: this.groupCount }, (_, index) => ({
            name: index === 0 ? this.groupName : `${this.groupName}-${index}`,
            desiredCapacity: this.desired,
            tags: new Map(this.tags),
            instances: listed.map(toListed),
          }));
        },
        listHooks: async () => [
          {
            name: 'etcd-autopilot-launch',
            transition: 'launch',
            heartbeatSeconds: 1_800,
            globalSeconds: 172_800,
          },
          {
            name: 'etcd-autopilot-terminate',
            transition: 'terminate',
            heartbeatSeconds: 1_800,
            globalSeconds: 172_800,
          },
        ],
        listActivities: async () => this.instances.flatMap(toActivities),
        heartbeat: async (hook) => {
          this.heartbeats.push(hook.instanceId);
          return 'extended';
        },
        complete: async (hook, result) => {
          const answer = this.complete(hook, result);
          this.effect(`complete ${result}`);
          return answer;
        },
        tagGroup: async (_group, key, value) => {
          this.tags.set(key, value);
          this.effect('tag');
        },
      },
      machines: {
        describe: async (ids) => {
          this.fail('describe');
          return new Map(ids.map((id) => [id, this.machine(id)]));
        },
      },
      parameters: this.parameterPort(),
    };
  }

  private machine(id: string): Machine {
    const found = this.instances.find((instance) => instance.id === id);
    if (found === undefined) return { kind: 'notFound' };
    const { state, launchedAtMs } = found;
    return {
      kind: 'known',
      state,
      privateIp: state === 'running' ? found.address : null,
      launchedAtMs,
      zone: 'a',
    };
  }

  private parameterPort(): Ports['parameters'] {
    return {
      readAll: async (path) => {
        this.fail('readAll');
        const entries = [...this.parameters].filter(([name]) => name.startsWith(path));
        return new Map(entries.map(([name, value]) => [name.slice(path.length), value]));
      },
      create: async (name, value) => {
        if (this.parameters.has(name)) return 'exists';
        this.parameters.set(name, value);
        this.effect(`create ${name.slice(PATH.length)}`);
        return 'created';
      },
      write: async (name, value) => {
        this.parameters.set(name, value);
        this.effect(`write ${name.slice(PATH.length)}`);
      },
      remove: async (names) => {
        for (const name of names) this.parameters.delete(name);
        this.effect('remove parameters');
      },
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
    return runPass(this.ports(), {
      cluster: CLUSTER,
      owner: `pass-${this.passes}`,
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
    };
  }
}

const toListed = (instance: FakeInstance): GroupInstance => ({
  id: instance.id,
  lifecycle: instance.lifecycle,
  zone: 'a',
  health: 'Healthy',
});

const toActivities = (instance: FakeInstance): readonly ScalingActivity[] => [
  { instanceId: instance.id, kind: 'launch', startedAtMs: instance.launchedAtMs },
  ...(instance.terminatingAtMs === null
    ? []
    : [{ instanceId: instance.id, kind: 'terminate', startedAtMs: instance.terminatingAtMs } as const]),
];

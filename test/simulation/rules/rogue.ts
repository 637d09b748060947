import type { EtcdPort } from '../../../functions/core/ports.ts';
import type { Ports } from '../../../functions/engine/ports.ts';
import type { PassReport } from '../../../functions/engine/report.ts';
import { type FakeWorld, PATH } from '../world/fake-world.ts';

const GROUP = 'etcd-autopilot-core';

/** A function that does what its test tells it, right or wrong, through ports that are judged. */
export class Rogue {
  readonly world: FakeWorld;
  readonly ports: Ports;
  readonly etcd: EtcdPort;
  readonly owner: string;
  witness = '';

  constructor(world: FakeWorld, mode: 'act' | 'dryRun' | 'look' = 'act', owner = 'rogue') {
    this.world = world;
    this.owner = owner;
    this.ports = world.ports(owner, mode);
    this.etcd = this.ports.openEtcd({ addressOf: () => null, tls: null, auth: null });
  }

  /** One complete observation, heartbeats first. */
  async look(): Promise<void> {
    const groups = await this.ports.scaling.listGroups('core');
    const instances = groups.flatMap((group) => group.instances);
    for (const { id, lifecycle } of instances)
      if (lifecycle.endsWith(':Wait')) await this.ports.scaling.heartbeat(this.hook(id));
    await this.ports.scaling.listHooks(GROUP);
    await this.ports.parameters.readAll(PATH);
    await this.ports.machines.describe(this.world.instances.map(({ id }) => id));
    const urls = instances.map(({ id }) => this.world.clientUrl(this.world.instance(id)));
    const probes = await this.etcd.probe(urls);
    const proven = probes.flatMap((one) => (one.kind === 'status' && one.linearizable ? [one.endpoint] : []));
    for (const url of proven) await this.etcd.members(url);
    this.witness = proven[0] ?? '';
  }

  /** As a good function does before it disturbs anything: the permit, and a look after it. */
  async prepare(): Promise<void> {
    await this.look();
    await this.etcd.takePermit(this.witness, this.owner, 'test', 20);
    await this.look();
  }

  hook(instanceId: string, kind: 'launch' | 'terminate' = 'launch') {
    return { groupName: GROUP, hookName: `etcd-autopilot-${kind}`, instanceId };
  }

  complete(id: string, result: 'CONTINUE' | 'ABANDON' = 'CONTINUE'): Promise<unknown> {
    const isLeaving = this.world.instance(id).lifecycle.startsWith('Terminating');
    return this.ports.scaling.complete(this.hook(id, isLeaving ? 'terminate' : 'launch'), result);
  }

  write(name: string, value: string): Promise<void> {
    return this.ports.parameters.write(PATH + name, value);
  }

  async create(name: string, value: string): Promise<void> {
    await this.ports.parameters.create(PATH + name, value);
  }

  remove(id: string): Promise<void> {
    return this.etcd.remove(this.witness, this.memberOf(id));
  }

  memberOf(id: string): string {
    const member = this.world.etcd.members.find(({ name }) => name === id);
    if (member === undefined) throw new Error(`${id} is no member`);
    return member.id;
  }

  /** The pass ends, and says this of itself. */
  end(report: Partial<PassReport> = {}): void {
    const calm: PassReport = {
      outcome: 'settled',
      steps: [],
      waits: [],
      pending: [],
      progressing: false,
      world: null,
      error: null,
      lookCount: 1,
    };
    this.world.judge.close(this.owner, { ...calm, ...report });
  }
}

import { encodeClaim } from '../../../functions/core/claim.ts';
import { configFromProperties, encodeConfig } from '../../../functions/core/config.ts';
import { clusterPath, TAG, WORKER_HOOK } from '../../../functions/core/names.ts';
import type { ParameterPort } from '../../../functions/core/ports.ts';
import { RegistryMemory } from '../../../functions/engine/registry/memory.ts';
import { type RegistryReport, runRegistryPass } from '../../../functions/engine/registry/pass.ts';
import type { RegistryPorts } from '../../../functions/engine/registry/ports.ts';
import { FrontsFleet, type GroupWish } from './fleet.ts';
import { behind, type Gate } from './gate.ts';
import { FakeKeys } from './keys.ts';

export const CLUSTER = 'core';
const START_MS = Date.parse('2026-01-01T00:00:00Z');
const MEMBERS = 'members';
const PASS_MS = 60_000;

/** A cluster of three members in service, its parameters and keys, and whatever groups join it. */
export class RegistryScene {
  readonly fleet = new FrontsFleet(START_MS);
  readonly keys: FakeKeys;
  readonly parameters = new Map<string, string>();
  /** Stands before every call of the function. */
  gate: Gate = (call, given) => call.send(...given);
  memory = new RegistryMemory();
  /** Called whenever a second passed, also while a pass waits. */
  onSecond: () => void = () => undefined;

  constructor(config: object = {}) {
    this.fleet.addGroup({ name: MEMBERS, role: 'member', desired: 3 });
    this.fleet.tick(10);
    const founders = Object.fromEntries(
      this.fleet.of(MEMBERS).map(({ id, n }) => [id, `http://10.0.0.${n}:2380`]),
    );
    this.keys = new FakeKeys(founders);
    this.keys.members = Object.values(founders).map((url) => url.replace(':2380', ':2379'));
    this.configure(config);
    const { token } = this.keys;
    const claim = { number: 1, token, members: founders, claimedAt: '2026-01-01T00:00:00Z', clusterId: null };
    this.parameters.set(this.path('bootstrap'), encodeClaim(claim));
  }

  configure(config: object): void {
    const parsed = configFromProperties(config, 'stack');
    if (!parsed.ok) throw new Error(parsed.problems.join('; '));
    this.parameters.set(this.path('config'), encodeConfig(parsed.config));
  }

  path = (name: string): string => `${clusterPath(CLUSTER)}${name}`;

  /** A group of workers in service; returns their ids. */
  serve(
    name: string,
    desired: number,
    wish: Partial<GroupWish> & { readonly service?: string } = {},
  ): readonly string[] {
    const { service = `${name}:80`, ...rest } = wish;
    const tags = { [TAG.service]: service, [TAG.metadata]: `role=${name}`, ...wish.tags };
    this.fleet.addGroup({ name, desired, hooks: [WORKER_HOOK.registry], ...rest, tags });
    this.pass(12);
    return this.fleet.inService(name).map(({ id }) => id);
  }

  /** Time passes without the function. */
  pass(seconds: number): void {
    for (let second = 0; second < seconds; second += 1) {
      this.fleet.tick();
      this.onSecond();
    }
  }

  run({ dryRun = false, cluster = CLUSTER } = {}): Promise<RegistryReport> {
    const deadlineMs = this.fleet.nowMs + PASS_MS;
    return runRegistryPass(this.ports(), { cluster, deadlineMs, dryRun, memory: this.memory });
  }

  /** Passes by the minute schedule. */
  async runFor(minutes: number): Promise<void> {
    for (let minute = 0; minute < minutes; minute += 1) {
      const startedAtMs = this.fleet.nowMs;
      await this.run();
      this.pass(Math.max(0, 60 - (this.fleet.nowMs - startedAtMs) / 1_000));
    }
  }

  get status(): Readonly<Record<string, unknown>> {
    return JSON.parse(this.parameters.get(this.path('registry')) ?? '{}');
  }

  services(name: string): readonly string[] {
    return Object.values(this.keys.under(`/services/${name}/`));
  }

  ports(): RegistryPorts {
    const through = <T extends object>(port: T, name: string): T =>
      behind(port, name, (call, given) => this.gate(call, given));
    return {
      joined: through(this.fleet.joined, 'joined'),
      hosts: through(this.fleet.hosts, 'hosts'),
      notices: this.fleet.notices,
      parameters: through(this.#parameters, 'parameters'),
      secrets: through({ read: async () => new Map() }, 'secrets'),
      openEtcd: () => through(this.keys.port, 'etcd'),
      clock: {
        nowMs: () => this.fleet.nowMs,
        sleep: async (ms) => this.pass(Math.max(1, Math.round(ms / 1_000))),
      },
    };
  }

  readonly #parameters: ParameterPort = {
    readAll: async (path) =>
      new Map(
        [...this.parameters].flatMap(([name, value]) =>
          name.startsWith(path) ? [[name.slice(path.length), value]] : [],
        ),
      ),
    create: async () => {
      throw new Error('the registry creates nothing');
    },
    write: async (name, value) => {
      if (name !== this.path('registry')) throw new Error(`the registry must not write ${name}`);
      this.parameters.set(name, value);
    },
    remove: async () => {
      throw new Error('the registry removes no parameter');
    },
  };
}

import { configFromProperties, encodeConfig } from '../../../functions/core/config.ts';
import { clusterPath, PARAMETER, TAG, WORKER_HOOK } from '../../../functions/core/names.ts';
import type { ParameterPort } from '../../../functions/core/ports.ts';
import { type DnsRequest, runDnsPass } from '../../../functions/engine/dns/pass.ts';
import type { DnsPorts } from '../../../functions/engine/dns/ports.ts';
import type { DnsReport, DnsStep } from '../../../functions/engine/dns/report.ts';
import { FakeZone } from './fake-zone.ts';
import { FrontsFleet, type GroupWish } from './fleet.ts';
import { behind, type Gate } from './gate.ts';

export const CLUSTER = 'core';
export const ZONE = 'Z0123456789ABC';
export const OWNER = '123456789012/eu-west-1/etcd-autopilot';
const START_MS = Date.parse('2026-01-01T00:00:00Z');
const PASS_MS = 56_000;

/** A registered cluster, a hosted zone, and whatever groups have names in it. */
export class DnsScene {
  readonly fleet = new FrontsFleet(START_MS);
  readonly zone = new FakeZone(ZONE, 'example.com', () => this.fleet.nowMs);
  readonly parameters = new Map<string, string>();
  readonly steps: DnsStep[] = [];
  /** Stands before every call of the function. */
  gate: Gate = (call, given) => call.send(...given);
  /** Called whenever a second passed, also while a pass waits. */
  onSecond: () => void = () => undefined;

  constructor(config: object = {}) {
    this.configure(config);
  }

  configure(config: object, cluster = CLUSTER): void {
    const parsed = configFromProperties(config, 'stack');
    if (!parsed.ok) throw new Error(parsed.problems.join('; '));
    this.parameters.set(this.path('config', cluster), encodeConfig(parsed.config));
  }

  path = (name: string, cluster = CLUSTER): string => `${clusterPath(cluster)}${name}`;

  /** A front-facing group in service; returns the ids of its instances. */
  serve(
    group: string,
    desired: number,
    wish: Partial<GroupWish> & { readonly name?: string; readonly cluster?: string } = {},
  ): readonly string[] {
    const { name: _, cluster = CLUSTER, ...rest } = wish;
    const tags = { [TAG.dnsZone]: ZONE, [TAG.dnsName]: 'web.example.com', ...wish.tags };
    this.fleet.addGroup({ hooks: [WORKER_HOOK.dns], ...rest, name: group, desired, tags }, cluster);
    this.pass(12);
    return this.fleet.inService(group).map(({ id }) => id);
  }

  /** Time passes without the function. */
  pass(seconds: number): void {
    for (let second = 0; second < seconds; second += 1) {
      this.fleet.tick();
      this.onSecond();
    }
  }

  run(request: Partial<DnsRequest> = {}): Promise<DnsReport> {
    return runDnsPass(this.ports(), {
      zoneId: ZONE,
      owner: OWNER,
      cluster: null,
      dryRun: false,
      deadlineMs: this.fleet.nowMs + PASS_MS,
      onStep: (step) => this.steps.push(step),
      ...request,
    });
  }

  /** Passes by the minute schedule, which names the cluster. */
  async runFor(minutes: number): Promise<void> {
    for (let minute = 0; minute < minutes; minute += 1) {
      const startedAtMs = this.fleet.nowMs;
      await this.run({ cluster: CLUSTER });
      this.pass(Math.max(1, 60 - (this.fleet.nowMs - startedAtMs) / 1_000));
    }
  }

  addressesOf(ids: readonly string[]): readonly string[] {
    const hosts = ids.map((id) => this.fleet.hostOf(this.fleet.instance(id)));
    return hosts.flatMap((host) => (host === 'notFound' ? [] : [host.privateIp ?? ''])).sort();
  }

  get web(): readonly string[] {
    return this.zone.addresses('web.example.com');
  }

  get stateText(): string | undefined {
    return this.parameters.get(this.path(PARAMETER.dns + ZONE));
  }

  ports(): DnsPorts {
    const through = <T extends object>(port: T, name: string): T =>
      behind(port, name, (call, given) => this.gate(call, given));
    return {
      joined: through(this.fleet.joined, 'joined'),
      hosts: through(this.fleet.hosts, 'hosts'),
      notices: this.fleet.notices,
      parameters: through(this.#parameters, 'parameters'),
      zones: through(this.zone.port, 'zones'),
      clock: {
        nowMs: () => this.fleet.nowMs,
        sleep: async (ms) => this.pass(Math.max(1, Math.ceil(ms / 1_000))),
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
      throw new Error('dns creates nothing');
    },
    write: async (name, value) => {
      if (!/\/dns\/Z/.test(name) || value.length > 4_096) throw new Error(`dns must not write ${name}`);
      this.parameters.set(name, value);
    },
    remove: async (names) => {
      for (const name of names) {
        if (!/\/dns\/Z/.test(name)) throw new Error(`dns must not remove ${name}`);
        this.parameters.delete(name);
      }
    },
  };
}

/** The findings of all clusters of a report, by code. */
export const codesIn = (report: DnsReport): readonly string[] =>
  report.clusters.flatMap(({ findings }) => findings.map(({ code }) => code));

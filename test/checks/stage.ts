import type { Context } from 'aws-lambda';
import { answerDoctor } from '../../functions/checks/doctor.ts';
import { type ChecksRoom, workOnBatch } from '../../functions/checks/room.ts';
import { Told } from '../../functions/checks/telling.ts';
import { type ChecksMemory, decodeChecks, NO_CHECKS } from '../../functions/core/checks/memory.ts';
import type { GroupSettings, Rule, ShownCertificate } from '../../functions/core/checks/ports.ts';
import type { SlowCounters } from '../../functions/core/checks/sight.ts';
import type { OutgoingEvent } from '../../functions/core/outgoing-event.ts';
import { createLogger } from '../../functions/edge/logger.ts';
import type { ChecksPorts } from '../../functions/engine/checks/ports.ts';
import { type FakeWorld, PATH } from '../simulation/world/fake-world.ts';
import { FunctionLife } from '../simulation/world/function-life.ts';
import { rules, SETTINGS } from '../support/check-worlds.ts';
import { FakeObjects } from '../support/objects.ts';

const COUNTERS: SlowCounters = { syncs: 10, slowSyncs: 0, slowApplies: 0, leaderChanges: 1 };

/** The room of checks over a simulated cluster, with everything around it that a test may change. */
export class ChecksStage {
  readonly world: FakeWorld;
  readonly objects: FakeObjects;
  /** The simulated group launches into one zone. */
  settings: GroupSettings = { ...SETTINGS, zones: ['a'] };
  rules: readonly Rule[] = rules();
  counters: SlowCounters = COUNTERS;
  certificate: ShownCertificate | null = null;
  /** Thrown in the place of a call, by its name. */
  readonly failing = new Map<string, Error>();
  readonly figures: Readonly<Record<string, number>>[] = [];
  readonly #lines: string[] = [];
  readonly room: ChecksRoom;

  constructor(world: FakeWorld, dryRun = false) {
    this.world = world;
    this.objects = new FakeObjects(
      () => world.nowMs,
      (call) => this.#fail(call),
    );
    const ports = this.#ports();
    this.room = {
      ports,
      dryRun,
      logger: createLogger('info', ports.clock.nowMs, (line) => this.#lines.push(line)),
      metrics: { emit: (_cluster, values) => void this.figures.push(values) },
      takeCalls: () => ({}),
      told: new Told(),
    };
  }

  get lines(): readonly Readonly<Record<string, unknown>>[] {
    return this.#lines.map((line) => JSON.parse(line));
  }

  get memory(): ChecksMemory {
    const decoded = decodeChecks(this.world.parameters.get(`${PATH}checks`));
    return decoded.kind === 'memory' ? decoded.memory : NO_CHECKS;
  }

  /** Codes that the last round remembers. */
  get codes(): readonly string[] {
    return [...new Set(this.memory.findings.map(({ code }) => code))].sort();
  }

  get told(): readonly OutgoingEvent[] {
    return this.world.events.filter(({ detailType }) => /^(?:Cluster|Drift)/.test(detailType));
  }

  /** One message of the minute, and the codes that its round found. */
  async round(body = checkBody(), group = 'core'): Promise<readonly string[]> {
    await workOnBatch(this.room, [{ body, attributes: { MessageGroupId: group } }], this.#context());
    return this.codes;
  }

  /** A round at the start of each of so many minutes, and a pass of membership in the middle. */
  async minutes(count: number): Promise<readonly (readonly string[])[]> {
    const found: (readonly string[])[] = [];
    for (let minute = 0; minute < count; minute += 1) {
      found.push(await this.round());
      for (let second = 0; second < 30; second += 1) this.world.tick();
      await this.world.pass();
      for (let second = 0; second < 30; second += 1) this.world.tick();
    }
    return found;
  }

  doctor(event: unknown = { etcdAutopilot: 1, request: 'doctor', cluster: 'core' }) {
    return answerDoctor(this.room, event, this.#context());
  }

  #fail(name: string): void {
    const error = this.failing.get(name);
    if (error !== undefined) throw error;
  }

  #context(): Context {
    const endMs = this.world.nowMs + 60_000;
    const context: Partial<Context> = {
      awsRequestId: `request-${this.figures.length}`,
      getRemainingTimeInMillis: () => endMs - this.world.nowMs,
    };
    return context as Context;
  }

  #ports(): ChecksPorts {
    const ports = new FunctionLife(this.world, null).ports(null);
    return {
      ...ports,
      settings: {
        read: async () => {
          this.#fail('settings.read');
          return this.settings;
        },
        putHook: async (_group, hook) => {
          this.#fail('settings.putHook');
          this.settings = { ...this.settings, hooks: [...this.settings.hooks, hook] };
        },
      },
      rules: {
        listRules: async () => {
          this.#fail('rules.listRules');
          return this.rules;
        },
      },
      openScrutiny: () => ({
        counters: async () => this.counters,
        certificate: async () => this.certificate,
      }),
      objectsIn: () => this.objects,
    };
  }
}

const checkBody = (): string =>
  JSON.stringify({ etcdAutopilot: 1, request: 'check', cluster: 'core', from: 'schedule', nonce: 'n' });

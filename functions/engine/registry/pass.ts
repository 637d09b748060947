import { OperationError } from '../../core/errors.ts';
import type { Finding } from '../../core/finding.ts';
import { clusterPath, PARAMETER } from '../../core/names.ts';
import { planRegistry, type RegistryPlan } from '../../core/registry/plan.ts';
import { encodeRegistryStatus, statusOf } from '../../core/registry/status.ts';
import { Door } from '../door.ts';
import { type Applied, applyRegistry, type OnStep } from './apply.ts';
import type { RegistryMemory } from './memory.ts';
import { observeRegistry, type RegistryLook } from './observe.ts';
import type { RegistryEtcd, RegistryPorts } from './ports.ts';

/** A drain that ends sooner is waited for; the schedule looks after the others. */
const WAITED_MS_MAX = 20_000;
/** Somebody may come into service meanwhile, whose message waits behind this pass. */
const WAITED_AT_ONCE_MS = 5_000;
/** What one look and its changes may take, at their worst. */
const LOOK_BUDGET_MS = 15_000;
/** Looks that were overtaken or failed, before the rest is left to the schedule. */
const FAILURES_MAX = 3;
const RETRY_MS = 1_000;
/** Drains that end one after the other keep no pass busy for ever. */
const LOOKS_MAX = 20;

export interface RegistryRequest {
  readonly cluster: string;
  readonly deadlineMs: number;
  /** Plan and report; send heartbeats, and change nothing else. */
  readonly dryRun: boolean;
  readonly memory: RegistryMemory;
  readonly onStep?: OnStep;
}

export interface RegistryReport {
  readonly outcome: 'settled' | 'waiting' | 'outOfTime' | 'failed' | 'dryRun';
  readonly findings: readonly Finding[];
  readonly commitCount: number;
  readonly completedCount: number;
  /** Instances that wait in our hook after this. */
  readonly heldCount: number;
  readonly failedBeatCount: number;
  readonly lookCount: number;
  /** How long it only waited, for drains or for another try. */
  readonly waitedMs: number;
  /** Everything was seen, so what happened before this pass needs no other. */
  readonly sawAll: boolean;
  readonly error: OperationError | null;
}

/** Looks, makes the keys what they should be, lets go whom nobody needs any more, and waits out short drains. */
export async function runRegistryPass(
  ports: RegistryPorts,
  request: RegistryRequest,
): Promise<RegistryReport> {
  const door = new Door<RegistryEtcd>(ports);
  try {
    return await new RegistryPass(ports, door, request).run();
  } finally {
    door.close();
  }
}

class RegistryPass {
  readonly #ports: RegistryPorts;
  readonly #door: Door<RegistryEtcd>;
  readonly #request: RegistryRequest;
  #lookCount = 0;
  #waitedMs = 0;
  #failureCount = 0;
  #commitCount = 0;
  #completedCount = 0;
  #look: RegistryLook | null = null;
  #plan: RegistryPlan | null = null;
  #error: OperationError | null = null;

  constructor(ports: RegistryPorts, door: Door<RegistryEtcd>, request: RegistryRequest) {
    this.#ports = ports;
    this.#door = door;
    this.#request = request;
  }

  async run(): Promise<RegistryReport> {
    while (this.#lookCount < LOOKS_MAX) {
      const pauseMs = await this.#round().catch((error: unknown) => this.#survive(error));
      if (typeof pauseMs !== 'number') return this.#report(pauseMs);
      if (this.#ports.clock.nowMs() + pauseMs + LOOK_BUDGET_MS > this.#request.deadlineMs)
        return this.#report(this.#error === null ? 'outOfTime' : 'failed');
      await this.#ports.clock.sleep(pauseMs);
      this.#waitedMs += pauseMs;
    }
    return this.#report('outOfTime');
  }

  /** One look and what follows from it: what it came to, or after how long to look again. */
  async #round(): Promise<RegistryReport['outcome'] | number> {
    const { cluster, memory, dryRun, onStep = () => undefined } = this.#request;
    this.#lookCount += 1;
    const look = await observeRegistry(this.#ports, this.#door, cluster, memory);
    this.#look = look;
    this.#error = look.error;
    if (look.error !== null && this.#mayRetry(look.error)) return RETRY_MS;
    const plan = planRegistry(look.world);
    this.#plan = plan;
    if (dryRun || look.told?.status.kind === 'newer') return 'dryRun';
    const tools = { ports: this.#ports, etcd: this.#door.opened, memory, onStep };
    const applied = await applyRegistry(tools, look, plan);
    this.#commitCount += applied.commitCount;
    this.#completedCount += applied.completedCount;
    if (applied.isOvertaken && this.#failureCount < FAILURES_MAX) {
      this.#failureCount += 1;
      return RETRY_MS;
    }
    return this.#settle(look, plan, applied);
  }

  async #settle(
    look: RegistryLook,
    plan: RegistryPlan,
    applied: Applied,
  ): Promise<RegistryReport['outcome'] | number> {
    this.#error = applied.error ?? this.#error;
    if (applied.values !== null && !applied.isOvertaken) this.#request.memory.notePlaced(applied.values);
    await this.#tell(look, plan, applied);
    if (applied.isUnfinished) return 0;
    const leftMs = plan.dueAtMs === null ? null : plan.dueAtMs - this.#ports.clock.nowMs();
    if (leftMs !== null && leftMs <= WAITED_MS_MAX) return Math.min(WAITED_AT_ONCE_MS, Math.max(0, leftMs));
    if (this.#error !== null || applied.isOvertaken) return 'failed';
    return plan.heldCount > 0 || plan.findings.length > 0 ? 'waiting' : 'settled';
  }

  /** Only what changed is written, and nothing of a cluster that is frozen or gone. */
  async #tell({ world, told }: RegistryLook, { findings }: RegistryPlan, { values }: Applied): Promise<void> {
    const { kind } = world.access;
    if (told === null || kind === 'frozen' || kind === 'gone') return;
    const last = told.status.kind === 'status' ? told.status.status : null;
    const text = encodeRegistryStatus(statusOf(values, findings, last));
    if (text === told.text) return;
    await this.#ports.parameters.write(`${clusterPath(this.#request.cluster)}${PARAMETER.registry}`, text);
  }

  #mayRetry(error: OperationError): boolean {
    this.#failureCount += 1;
    return error.retry !== 'never' && this.#failureCount < FAILURES_MAX;
  }

  #survive(error: unknown): 'failed' | number {
    if (!(error instanceof OperationError)) throw error;
    this.#error = error;
    return this.#mayRetry(error) ? RETRY_MS : 'failed';
  }

  #report(outcome: RegistryReport['outcome']): RegistryReport {
    return {
      outcome,
      findings: this.#plan?.findings ?? [],
      commitCount: this.#commitCount,
      completedCount: this.#completedCount,
      heldCount: this.#plan?.heldCount ?? 0,
      failedBeatCount: this.#look?.failedBeatCount ?? 0,
      lookCount: this.#lookCount,
      waitedMs: this.#waitedMs,
      sawAll: this.#error === null && outcome !== 'dryRun' && outcome !== 'failed',
      error: this.#error,
    };
  }
}

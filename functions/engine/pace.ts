import { OperationError } from '../core/errors.ts';
import { stageOf } from '../core/lifecycle.ts';
import type { Plan } from '../core/plan/plan.ts';
import type { EtcdPort, ScalingGroup } from '../core/ports.ts';
import type { Ports } from './ports.ts';
import { type Session, signOf } from './session.ts';

/** A running join is followed closely: one look a second. */
export const LOOK_EVERY_MS = 1_000;
/** The first look after something moved; each further one comes twice as late as the one before. */
const FIRST_LOOK_MS = 100;
/** Between two looks etcd is asked for a sign of change, which costs AWS nothing. */
const PEEK_EVERY_MS = 100;
/** The group is asked for one less often, and only for so long after something moved. */
const GROUP_PEEK_EVERY_MS = 200;
const GROUP_PEEK_FOR_MS = 3_000;
/** Signs of change that may bring a look forward in one pass: an etcd that starts and dies must not have AWS hammered. */
const SIGNS_MAX = 20;

/** What the last look left to wait for. */
export interface Waited {
  /** When that look began. */
  readonly sinceMs: number;
  readonly plan: Plan;
  /** `null`: nobody knows yet how to reach it. */
  readonly etcd: EtcdPort | null;
}

/**
 * When to look again: soon after something moved, then once a second, and at once when a peek
 * shows a sign of change. A peek decides nothing: a whole look follows before anything is done.
 */
export class Pace {
  readonly #ports: Ports;
  readonly #session: Session;
  readonly #cluster: string;
  #movedAtMs: number;
  #intervalMs = FIRST_LOOK_MS;
  #groupAskedAtMs = Number.NEGATIVE_INFINITY;
  #signCount = 0;

  constructor(ports: Ports, cluster: string, session: Session) {
    this.#ports = ports;
    this.#cluster = cluster;
    this.#session = session;
    this.#movedAtMs = ports.clock.nowMs();
  }

  /** A step was taken, or something changed by itself. */
  noteMove(): void {
    this.#movedAtMs = this.#ports.clock.nowMs();
    this.#intervalMs = FIRST_LOOK_MS;
  }

  async untilNextLook(waited: Waited): Promise<void> {
    const { clock } = this.#ports;
    const untilMs = waited.sinceMs + this.#intervalMs;
    this.#intervalMs = Math.min(LOOK_EVERY_MS, this.#intervalMs * 2);
    for (let leftMs = untilMs - clock.nowMs(); leftMs > 0; leftMs = untilMs - clock.nowMs()) {
      await clock.sleep(Math.min(PEEK_EVERY_MS, leftMs));
      if (clock.nowMs() >= untilMs || !(await this.#showsChange(waited))) continue;
      this.#signCount += 1;
      return this.noteMove();
    }
  }

  async #showsChange({ etcd, plan }: Waited): Promise<boolean> {
    if (this.#signCount >= SIGNS_MAX) return false;
    const signs = await Promise.all([this.#isEtcdDifferent(etcd), this.#isGroupDifferent(plan)]);
    return signs.includes(true);
  }

  /** Of those that are about to be members, and are not yet. */
  async #isEtcdDifferent(etcd: EtcdPort | null): Promise<boolean> {
    const { unsettled } = this.#session;
    if (etcd === null || unsettled.size === 0) return false;
    const probes = await etcd.probe([...unsettled.keys()]);
    return probes.some((probe) => signOf(probe) !== unsettled.get(probe.endpoint));
  }

  /** Only where an instance is awaited that the group has yet to launch. */
  async #isGroupDifferent({ waits }: Plan): Promise<boolean> {
    const nowMs = this.#ports.clock.nowMs();
    const isOld = nowMs - this.#movedAtMs > GROUP_PEEK_FOR_MS;
    if (isOld || nowMs - this.#groupAskedAtMs < GROUP_PEEK_EVERY_MS) return false;
    if (waits.every(({ kind }) => kind !== 'awaitingReplacement')) return false;
    this.#groupAskedAtMs = nowMs;
    const before = this.#session.lastGroup;
    const groups = await this.#ports.scaling.listGroups(this.#cluster).catch(asNone);
    return groups.some((group) => group.name === before?.name && textOf(group) !== textOf(before));
  }
}

/** A group that does not show itself shows no change. */
function asNone(error: unknown): readonly ScalingGroup[] {
  if (error instanceof OperationError) return [];
  throw error;
}

/** Without its warm pool, which a peek does not list. */
const textOf = (group: ScalingGroup): string =>
  group.instances
    .filter(({ lifecycle }) => stageOf(lifecycle) !== 'warm')
    .map(({ id, lifecycle }) => `${id} ${lifecycle}`)
    .sort()
    .join();

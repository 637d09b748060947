import { type HookPlan, planHooks, type Release } from '../../core/dns/hooks.ts';
import { type ClusterPlan, planZone, type ZonePlan } from '../../core/dns/plan.ts';
import { refusalsIn, stateAfter } from '../../core/dns/progress.ts';
import type { DnsState, Withdrawal } from '../../core/dns/state.ts';
import { OperationError } from '../../core/errors.ts';
import { type Finding, finding, sortFindings } from '../../core/finding.ts';
import { sideBySide } from '../side-by-side.ts';
import { applyChanges, type ZoneOutcomes } from './apply.ts';
import { Memories } from './memory.ts';
import { type LookRequest, observeZone, type ZoneLook } from './observe.ts';
import type { DnsPorts } from './ports.ts';
import { Readings } from './reading.ts';
import type { ClusterReport, DnsReport, DnsStep } from './report.ts';

/** Waits that end sooner are waited out; the schedule looks after the others. */
const WAITED_MS_MAX = 20_000;
/** Between two questions whether a change has reached all name servers. */
const SYNC_PAUSE_MS = 2_000;
/** What settling the hooks once more may take. */
const ROUND_BUDGET_MS = 6_000;
/** Waits that end one after the other keep no pass busy for ever. */
const ROUNDS_MAX = 15;

export interface DnsRequest extends LookRequest {
  readonly deadlineMs: number;
  /** Plan and report; send heartbeats, and change nothing else. */
  readonly dryRun: boolean;
  readonly onStep: (step: DnsStep) => void;
}

/** Looks once, makes the records what they should be, and lets go whoever nobody is sent to any more. */
export async function runDnsPass(ports: DnsPorts, request: DnsRequest): Promise<DnsReport> {
  const look = await observeZone(ports, request);
  return new DnsPass(ports, request, look).run();
}

/** What is known of one cluster while its pass goes on. */
interface Course {
  readonly plan: ClusterPlan;
  state: DnsState;
  hooks: HookPlan;
  releasedCount: number;
}

function ifForgotten(error: unknown): 'forgotten' {
  if (error instanceof OperationError && error.code === 'AWS_GONE') return 'forgotten';
  throw error;
}

class DnsPass {
  readonly #ports: DnsPorts;
  readonly #request: DnsRequest;
  readonly #look: ZoneLook;
  readonly #plan: ZonePlan;
  readonly #readings = new Readings();
  readonly #memories: Memories;
  readonly #answered = new Set<string>();
  #outcomes: ZoneOutcomes = new Map();
  #waitedMs = 0;

  constructor(ports: DnsPorts, request: DnsRequest, look: ZoneLook) {
    this.#ports = ports;
    this.#request = request;
    this.#look = look;
    this.#plan = planZone(look.world);
    this.#memories = new Memories(ports, request.zoneId);
  }

  async run(): Promise<DnsReport> {
    const { world } = this.#look;
    if (!this.#request.dryRun) this.#outcomes = await this.#apply();
    const courses = this.#plan.clusters.map((plan) => {
      const outcomes = this.#outcomesOf(plan);
      const state = stateAfter(plan, outcomes, world.takenAtMs);
      return { plan, state, hooks: planHooks(plan, outcomes, state, world.takenAtMs), releasedCount: 0 };
    });
    if (!this.#request.dryRun) await this.#settle(courses);
    return this.#report(courses);
  }

  #apply(): Promise<ZoneOutcomes> {
    const { zoneId, deadlineMs, onStep } = this.#request;
    const work = { ports: this.#ports, zoneId, deadlineMs, onStep };
    const { takenAtMs } = this.#look.world;
    const all = { ...work, memories: this.#memories, readings: this.#readings };
    return applyChanges(all, this.#plan, takenAtMs);
  }

  #outcomesOf = ({ cluster }: ClusterPlan) => this.#outcomes.get(cluster.name) ?? new Map();

  /** Asks for what is on its way, writes it down, lets go whom it may, and waits a little for the others. */
  async #settle(courses: readonly Course[]): Promise<void> {
    const { clock } = this.#ports;
    const endMs = Math.min(clock.nowMs() + WAITED_MS_MAX, this.#request.deadlineMs - ROUND_BUDGET_MS);
    for (let round = 0; round < ROUNDS_MAX; round += 1) {
      for (const course of courses) await this.#advance(course);
      const pauseMs = this.#pauseMs(courses);
      if (pauseMs === null || clock.nowMs() + pauseMs > endMs) return;
      await clock.sleep(pauseMs);
      this.#waitedMs += pauseMs;
    }
  }

  async #advance(course: Course): Promise<void> {
    const { plan } = course;
    course.state = { ...course.state, withdrawn: await this.#synced(course.state.withdrawn) };
    await this.#readings.try(this.#memories.write(plan, course.state));
    course.hooks = planHooks(plan, this.#outcomesOf(plan), course.state, this.#ports.clock.nowMs());
    await this.#release(course);
  }

  async #synced(withdrawn: readonly Withdrawal[]): Promise<readonly Withdrawal[]> {
    return sideBySide(withdrawn, async (one) => {
      if (one.changeId === null || one.syncedAtMs !== null) return one;
      const isInSync = await this.#readings.try(this.#ports.zones.isInSync(one.changeId).catch(ifForgotten));
      // Of a change that nobody knows any more the time is assumed, else its instances would wait for ever.
      if (isInSync === 'forgotten') return { ...one, changeId: null };
      return isInSync === true ? { ...one, syncedAtMs: this.#ports.clock.nowMs() } : one;
    });
  }

  async #release(course: Course): Promise<void> {
    const due = course.hooks.releases.filter(({ hook }) => !this.#answered.has(hook.instanceId));
    const { clock } = this.#ports;
    const mayGoOn = () => clock.nowMs() + ROUND_BUDGET_MS < this.#request.deadlineMs;
    const answer = async (release: Release): Promise<void> => {
      const { hook } = release;
      const done = await this.#readings.try(this.#ports.joined.complete(hook, 'CONTINUE'));
      const error = done === null ? this.#readings.error : null;
      const cluster = course.plan.cluster.name;
      this.#request.onStep({ kind: 'completeHook', cluster, release, error });
      if (done === null) return;
      this.#answered.add(hook.instanceId);
      course.releasedCount += 1;
    };
    await sideBySide(due, answer, mayGoOn);
  }

  /** Until something may have changed; `null`: nothing will by waiting here. */
  #pauseMs(courses: readonly Course[]): number | null {
    const nowMs = this.#ports.clock.nowMs();
    const holds = courses.flatMap(({ hooks }) => hooks.holds);
    const pauses = holds.flatMap(({ because, untilMs }) => {
      if (because === 'notInSync') return [SYNC_PAUSE_MS];
      return untilMs === null ? [] : [Math.max(1, untilMs - nowMs)];
    });
    return pauses.length === 0 ? null : Math.min(...pauses);
  }

  #report(courses: readonly Course[]): DnsReport {
    const { dryRun } = this.#request;
    const error = this.#readings.error ?? this.#look.error;
    const isWaiting = courses.some(({ hooks }) => hooks.holds.length > 0);
    const outcome = dryRun ? 'dryRun' : error !== null ? 'failed' : isWaiting ? 'waiting' : 'settled';
    return {
      outcome,
      clusters: courses.map((course) => this.#reportOf(course)),
      isComplete: error === null && !dryRun,
      failedBeatCount: this.#look.failedBeatCount,
      waitedMs: this.#waitedMs,
      error,
    };
  }

  #reportOf({ plan, hooks, releasedCount }: Course): ClusterReport {
    const outcomes = this.#outcomesOf(plan);
    const done = plan.bases.filter(({ base }) => outcomes.get(base)?.kind === 'accepted');
    const findings = [
      ...plan.findings,
      ...refusalsIn(plan, outcomes),
      ...hooks.findings,
      ...this.#busy(plan),
    ];
    return {
      cluster: plan.cluster.name,
      findings: sortFindings(findings),
      holds: hooks.holds,
      changedCount: done.reduce((sum, { changes }) => sum + changes.length, 0),
      releasedCount,
    };
  }

  #busy(plan: ClusterPlan): readonly Finding[] {
    const outcomes = this.#outcomesOf(plan);
    const unsure = plan.bases.filter(({ base }) => outcomes.get(base)?.kind === 'unsure');
    const words = this.#readings.error?.message ?? '';
    return unsure.map(({ base }) => finding('zoneBusy', base, words));
  }
}

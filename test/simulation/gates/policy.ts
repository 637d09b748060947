import { OperationError } from '../../../functions/core/errors.ts';
import { clusterOf } from '../../../functions/core/termination/choose.ts';
import type { LeavingGroup } from '../../../functions/core/termination/ports.ts';
import type { Cause, TerminationRequest } from '../../../functions/core/termination/request.ts';
import type { TerminationPorts } from '../../../functions/edge/termination-wiring.ts';
import { decide, idsOf } from '../../../functions/termination-policy/decide.ts';
import type { FakeWorld } from '../world/fake-world.ts';
import { type FakeInstance, isInService, isOnItsWayOut, isWarm } from '../world/instance.ts';
import { Termination } from '../world/termination.ts';
import type { GatesWorld } from './gates-world.ts';
import { suffer } from './suffer.ts';

const ANSWER_MS_MAX = 1_800;
/** Auto Scaling asks again after a while. */
const AGAIN_MS = 5_000;
/** An answer is of this moment. */
const FRESH_MS = 3_000;
/** A look that an answer comes from began no longer ago than this. */
const BLAMED_AFTER_MS = 30_000;

/** Auto Scaling with the custom termination policy: the real one decides who goes. */
export class TerminationFunction extends Termination {
  readonly #world: GatesWorld;
  readonly counts = { chosen: 0, free: 0, held: 0, failed: 0, late: 0 };
  #isBusy = false;
  #askAtMs = 0;
  #serial = 0;
  #answer: { readonly cause: Cause; readonly id: string; readonly atMs: number } | null = null;

  constructor(world: GatesWorld) {
    super();
    this.#world = world;
  }

  override choose(_world: FakeWorld, candidates: readonly FakeInstance[], cause: Cause): FakeInstance | null {
    // Between zones the group launches first, and asks then; here it is left to choose.
    if (cause === 'REBALANCE') return candidates[0] ?? null;
    const { nowMs } = this.#world;
    const answer = this.#answer;
    if (answer !== null && answer.cause === cause && nowMs - answer.atMs <= FRESH_MS) {
      this.#answer = null;
      const one = candidates.find(({ id }) => id === answer.id);
      if (one !== undefined) return one;
    }
    if (!this.#isBusy && nowMs >= this.#askAtMs && candidates.length > 0) this.#ask(cause, candidates);
    return null;
  }

  #ask(cause: Cause, candidates: readonly FakeInstance[]): void {
    const world = this.#world;
    this.#isBusy = true;
    this.#serial += 1;
    const requestId = `policy-${this.#serial}`;
    const request: TerminationRequest = {
      groupName: world.groupName,
      cause,
      capacity: [{ zone: candidates[0]?.zone ?? '', count: 1 }],
      suggested: candidates.map(({ id, zone }) => ({ instanceId: id, zone })),
    };
    world.errands.start(async () => {
      try {
        const { clock } = world.errands;
        const deadlineMs = world.nowMs + ANSWER_MS_MAX;
        const question = { request, requestId, deadlineMs, onLookNotAsked: () => undefined };
        const { choice } = await decide(portsOf(world), clock, question);
        const [id] = idsOf(choice);
        this.counts[choice.kind] += 1;
        if (choice.kind === 'chosen') judge(world, choice.instanceId, candidates);
        // A tick is a second: an answer of the last one is in time.
        if (world.nowMs - deadlineMs >= 1_000) this.counts.late += 1;
        else if (id !== undefined) this.#answer = { cause, id, atMs: world.nowMs };
      } catch (error) {
        if (!(error instanceof OperationError)) throw error;
        this.counts.failed += 1;
      } finally {
        this.#isBusy = false;
        this.#askAtMs = world.nowMs + AGAIN_MS;
      }
    });
  }
}

function portsOf(world: GatesWorld): TerminationPorts {
  return {
    groups: {
      readGroup: async (name) => {
        suffer(world, 'scaling.readGroup');
        return name === world.groupName ? groupOf(world) : null;
      },
    },
    parameters: { read: async (names) => world.readNamed(names) },
    stacks: { isDeleting: async () => world.stackDeletes },
    queue: {
      askForLook: async (_cluster, body) => world.askForLook(body),
      keepUnreadable: async () => undefined,
    },
  };
}

function groupOf(world: GatesWorld): LeavingGroup {
  const shown = world.instances.filter((one) => one.listed && !world.hidden.has(one.id) && !isWarm(one));
  return {
    name: world.groupName,
    desiredCapacity: world.desired,
    deleting: world.deleting,
    tags: new Map(world.tags),
    templateId: 'lt-1',
    instances: shown.map(({ id, lifecycle, zone, health, isProtected }) => ({
      id,
      lifecycle,
      zone,
      health,
      isProtected,
      template: { id: 'lt-1', version: world.templates.get(id) ?? 1 },
    })),
  };
}

/** T4: nobody is named while another voter is silent that stays; the leader only where nobody else is there. */
function judge(world: GatesWorld, chosen: string, candidates: readonly FakeInstance[]): void {
  const { truth, nowMs, etcd } = world;
  if (world.isTearingDown() || 'free' in clusterOf(groupOf(world))) return;
  truth.sample(world);
  const before = nowMs - BLAMED_AFTER_MS;
  const wasSilent = (name: string): boolean => (truth.servedAtMs.get(name) ?? 0) < before;
  const others = candidates.filter(
    (one) => one.id !== chosen && isInService(one) && !one.isProtected && !world.hidden.has(one.id),
  );
  const leads = truth.leaderName === chosen && truth.leadsSinceMs < before;
  if (leads && others.some(({ id }) => !wasSilent(id)))
    world.break('T4', `the policy names the leader ${chosen}, and ${others.map(({ id }) => id)} could go`);
  if (wasSilent(chosen) || !etcd.voters().some(({ name }) => name === chosen)) return;
  const silent = world.instances.filter(
    (one) =>
      one.listed && one.id !== chosen && !isOnItsWayOut(one) && isVoter(world, one.id) && wasSilent(one.id),
  );
  if (silent.length > 0)
    world.break('T4', `the policy names ${chosen} while ${silent.map(({ id }) => id)} is silent`);
}

const isVoter = ({ etcd }: GatesWorld, name: string): boolean =>
  etcd.voters().some((voter) => voter.name === name);

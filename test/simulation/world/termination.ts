import { chooseLeaver, tellingOf } from '../../../functions/core/termination/choose.ts';
import type { LeavingGroup } from '../../../functions/core/termination/ports.ts';
import type { Cause } from '../../../functions/core/termination/request.ts';
import type { FakeWorld } from './fake-world.ts';
import { type FakeInstance, isWarm } from './instance.ts';
import { PATH } from './state.ts';

/** What the function named, and what was true of the cluster at that second. */
export interface Named {
  readonly atMs: number;
  readonly cause: Cause;
  readonly instanceId: string;
  /** It led when the question was asked: as little as the rest can be known of what happens after that. */
  readonly isLeader: boolean;
  /** Voters of the others that the platform had suggested. */
  readonly otherVoterCount: number;
  /** Voters beside it that did not run then. */
  readonly othersDownCount: number;
}

const TEMPLATE = 'lt-0';

interface Question {
  readonly requestId: string;
  readonly atMs: number;
  /** Who led then, and voters that did not run. */
  readonly leaderId: string | null;
  readonly down: readonly string[];
}

/**
 * The group's custom termination policy: the pure core of the function, asked by what is published and listed at
 * this second. A question takes a second: membership is asked for a look, and answers or does not.
 */
export class Termination {
  /** Whether the group names the function first. */
  isOn = false;
  readonly named: Named[] = [];
  /** Why nobody went, by code: how often. */
  readonly held = new Map<string, number>();
  #serial = 0;
  #asked: Question | null = null;

  /** Whom the function names of these; `null`: nobody now. */
  choose(world: FakeWorld, suggested: readonly FakeInstance[], cause: Cause): FakeInstance | null {
    const asked = this.#asked;
    if (asked === null || asked.atMs + 5_000 < world.nowMs) return this.#ask(world);
    if (asked.atMs === world.nowMs) return null;
    this.#asked = null;
    return this.#decide(world, suggested, cause, asked);
  }

  #ask(world: FakeWorld): null {
    this.#serial += 1;
    const requestId = `policy-${this.#serial}`;
    this.#asked = { requestId, atMs: world.nowMs, leaderId: world.etcd.leaderId, down: downIn(world) };
    const body = { etcdAutopilot: 1, request: 'look', from: 'termination-policy', nonce: `${requestId}/1` };
    world.mail.ask(world, JSON.stringify({ ...body, answer: true }));
    return null;
  }

  #decide(
    world: FakeWorld,
    suggested: readonly FakeInstance[],
    cause: Cause,
    asked: Question,
  ): FakeInstance | null {
    const texts = world.parameters.under(PATH);
    const nowMs = world.nowMs + world.skewMs;
    const choice = chooseLeaver({
      request: {
        groupName: world.groupName,
        cause,
        capacity: suggested.slice(0, 1).map(({ zone }) => ({ zone, count: 1 })),
        suggested: suggested.map(({ id, zone }) => ({ instanceId: id, zone })),
      },
      group: groupOf(world),
      texts,
      isGroupDeleting: world.deleting || world.stackDeletes,
      telling: tellingOf(texts, asked.requestId, nowMs),
      nowMs,
    });
    if (choice.kind === 'held') {
      for (const { code } of choice.shortfalls) this.held.set(code, (this.held.get(code) ?? 0) + 1);
      return null;
    }
    if (choice.kind === 'free') return suggested[0] ?? null;
    this.named.push(note(world, suggested, cause, choice.instanceId, asked));
    return world.instance(choice.instanceId);
  }
}

const downIn = ({ etcd }: FakeWorld): readonly string[] =>
  etcd.voters().flatMap(({ id }) => (etcd.processOf(id)?.up === true ? [] : [id]));

function note(
  world: FakeWorld,
  suggested: readonly FakeInstance[],
  cause: Cause,
  instanceId: string,
  { leaderId, down }: Question,
): Named {
  const voters = world.etcd.voters();
  const isVoter = ({ disk }: FakeInstance) => voters.some(({ id }) => id === disk);
  const { disk } = world.instance(instanceId);
  return {
    atMs: world.nowMs,
    cause,
    instanceId,
    isLeader: disk !== null && disk === leaderId,
    otherVoterCount: suggested.filter((one) => one.id !== instanceId && isVoter(one)).length,
    othersDownCount: down.filter((id) => id !== disk).length,
  };
}

const groupOf = (world: FakeWorld): LeavingGroup => ({
  templateId: TEMPLATE,
  name: world.groupName,
  desiredCapacity: world.desired,
  deleting: world.deleting,
  tags: world.tags,
  instances: world.instances
    .filter((one) => one.listed && !isWarm(one))
    .map((one) => ({
      id: one.id,
      lifecycle: one.lifecycle,
      zone: one.zone,
      health: one.health,
      isProtected: one.isProtected,
      template: { id: TEMPLATE, version: world.refresh.versionOf(one) },
    })),
});

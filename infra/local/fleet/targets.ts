import { FleetError, type Group, type Instance } from './model.ts';
import type { Check, TargetGroup } from './target-check.ts';

/** What fleet asks of the load balancers, which are the stage's. */
export interface TargetPort {
  /** @throws {FleetError} there is no such target group */
  readonly targetGroup: (arn: string) => Promise<TargetGroup>;
  readonly register: (arn: string, instanceId: string) => Promise<void>;
  readonly deregister: (arn: string, instanceId: string) => Promise<void>;
}

export type TargetState = 'initial' | 'healthy' | 'unhealthy';

interface Target {
  readonly arn: string;
  readonly instance: Instance;
  state: TargetState;
  /** Checks in a row that say something else than the state. */
  against: number;
}

/** Keeps the instances in service registered with their groups' target groups, and checks them there. */
export class Targets {
  readonly #port: TargetPort;
  readonly #check: Check;
  readonly #log: (line: string) => void;
  readonly #targets = new Map<string, Target>();
  #syncing = false;
  #checking = false;

  constructor(port: TargetPort, check: Check, log: (line: string) => void) {
    this.#port = port;
    this.#check = check;
    this.#log = log;
  }

  /** What a check of the load balancer last said; null for who is not registered there. */
  stateOf(arn: string, instanceId: string): TargetState | null {
    return this.#targets.get(keyOf(arn, instanceId))?.state ?? null;
  }

  /** Whether some target group of the group calls the instance unhealthy. */
  isUnhealthy(group: Group, instance: Instance): boolean {
    return group.targetGroups.some((arn) => this.stateOf(arn, instance.id) === 'unhealthy');
  }

  /** @throws {FleetError} one of them does not exist */
  async require(arns: readonly string[]): Promise<void> {
    for (const arn of arns) await this.#port.targetGroup(arn);
  }

  /** Registers who has come into service, and deregisters who has left it: before its terminate hooks, as on the platform. */
  async sync(groups: Iterable<Group>): Promise<void> {
    if (this.#syncing) return;
    this.#syncing = true;
    try {
      await this.#syncAll([...groups]);
    } finally {
      this.#syncing = false;
    }
  }

  async #syncAll(groups: readonly Group[]): Promise<void> {
    const wanted = new Map(groups.flatMap(wantedOf));
    for (const [key, { arn, instance }] of [...this.#targets]) {
      if (wanted.has(key)) continue;
      this.#targets.delete(key);
      await this.#try(`deregister ${instance.id}`, this.#port.deregister(arn, instance.id));
    }
    for (const [key, { arn, instance }] of wanted) {
      if (this.#targets.has(key)) continue;
      const isDone = await this.#try(`register ${instance.id}`, this.#port.register(arn, instance.id));
      if (isDone) this.#targets.set(key, { arn, instance, state: 'initial', against: 0 });
    }
  }

  async checkAll(): Promise<void> {
    if (this.#checking) return;
    this.#checking = true;
    const all = [...this.#targets.values()];
    const read = async (arn: string): Promise<[string, TargetGroup | null]> => [
      arn,
      await this.#port.targetGroup(arn).catch(() => null),
    ];
    const groups = new Map(await Promise.all([...new Set(all.map(({ arn }) => arn))].map(read)));
    await Promise.all(all.map((target) => this.#look(target, groups.get(target.arn) ?? null)));
    this.#checking = false;
  }

  /** The first check that passes makes a target healthy; later changes need as many in a row as the target group says. */
  async #look(target: Target, group: TargetGroup | null): Promise<void> {
    if (group === null) return;
    const seen = (await this.#check(target.instance.address, group)) ? 'healthy' : 'unhealthy';
    target.against = seen === target.state ? 0 : target.against + 1;
    const threshold =
      seen === 'unhealthy' ? group.unhealthyCount : target.state === 'initial' ? 1 : group.healthyCount;
    if (target.against < threshold) return;
    target.state = seen;
    target.against = 0;
    this.#log(`${target.instance.groupName} ${target.instance.id}: ${seen} for its load balancer`);
  }

  async #try(what: string, work: Promise<void>): Promise<boolean> {
    return work.then(
      () => true,
      (error: unknown) => {
        const isGone = error instanceof FleetError;
        if (!isGone) this.#log(`cannot ${what}: ${String(error)}`);
        return false;
      },
    );
  }
}

const keyOf = (arn: string, instanceId: string): string => `${arn} ${instanceId}`;

function wantedOf(group: Group): [string, { readonly arn: string; readonly instance: Instance }][] {
  const serving = group.instances.filter(({ state }) => state === 'InService');
  return group.targetGroups.flatMap((arn) =>
    serving.map((instance): [string, { arn: string; instance: Instance }] => [
      keyOf(arn, instance.id),
      { arn, instance },
    ]),
  );
}

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ROOT } from '../cli/local-options.ts';
import { LOCAL, STACK } from '../cli/local-up.ts';
import { isWhole, openStage, type Stage } from '../demo/stage.ts';
import { openTeller, type Teller } from '../demo/told.ts';
import { defaultNetwork, deployAutopilot, deployCluster } from '../local/deploy.ts';
import type { Region } from '../local/region.ts';
import { deleteStack } from '../local/stacks.ts';
import { FleetWatch } from './fleet-watch.ts';
import type { Queue } from './queue.ts';

const SEE_EVERY_MS = 100;
const FIRST_LAUNCH_MS_MAX = 60_000;
/** An update replaces one member after the other. */
const STACK_MS_MAX = 600_000;
/** A voter that nobody here made is removed: the story of the ghost needs it, and the others have none. */
const SETTINGS = { ...LOCAL, RemoveForeign: 'true' };

/** Deploys the packaged autopilot, once. */
export async function deployOurs(region: Region): Promise<void> {
  await deployAutopilot(region, {
    packageDir: join(ROOT, '.serverless'),
    stackName: STACK,
    parameters: await placeOf(region),
  });
}

async function placeOf(region: Region): Promise<Readonly<Record<string, string>>> {
  const { vpcId, subnetIds } = await defaultNetwork(region);
  return { VpcId: vpcId, SubnetIds: subnetIds.join(',') };
}

/** One cluster of the autopilot's, with all that looks at it. */
export class OurCluster {
  readonly region: Region;
  readonly name: string;
  readonly size: number;
  readonly group: string;
  readonly stage: Stage;
  readonly teller: Teller;
  readonly fleet: FleetWatch;
  #parameters: Readonly<Record<string, string>>;
  #deploying: Promise<unknown> = Promise.resolve();

  /** `parameters` of its stack, beside those that every cluster has. */
  constructor(region: Region, name: string, size: number, parameters: Readonly<Record<string, string>> = {}) {
    const { endpoint, region: at } = region;
    this.region = region;
    this.name = name;
    this.#parameters = {
      Cluster: name,
      AutopilotStack: STACK,
      Size: String(size),
      ...SETTINGS,
      ...parameters,
    };
    this.size = size;
    this.group = `etcd-autopilot-${name}`;
    this.stage = openStage({ endpoint, region: at, cluster: name, group: this.group });
    this.teller = openTeller({ endpoint, region: at, stack: STACK, cluster: name });
    this.fleet = new FleetWatch(region.groups, this.group);
  }

  /** Begins with the stack; resolves with the moment of the first launch. @throws {Error} it never came. */
  async found(): Promise<number> {
    this.#parameters = { ...(await placeOf(this.region)), ...this.#parameters };
    this.#deploying = this.#deploy();
    const failed = this.#deploying.then(() => null);
    const untilMs = performance.now() + FIRST_LAUNCH_MS_MAX;
    while (performance.now() < untilMs) {
      const [first] = this.fleet.changes;
      if (first !== undefined) return first.atMs;
      await Promise.race([failed, sleep(5)]);
    }
    throw new Error(`no instance of ${this.group} was launched`);
  }

  /** Resolves when the stack that was begun with is complete. */
  untilComplete(): Promise<unknown> {
    return this.#deploying;
  }

  /**
   * Resolves when the stack is complete; parameters of an update that was rolled back are forgotten.
   *
   * @throws {StackFailedError} it was rolled back.
   */
  async update(parameters: Readonly<Record<string, string>>, templateText?: string): Promise<unknown> {
    const before = this.#parameters;
    this.#parameters = { ...before, ...parameters };
    try {
      return await this.#deploy(templateText);
    } catch (error) {
      this.#parameters = before;
      throw error;
    }
  }

  async #deploy(templateText?: string): Promise<unknown> {
    return deployCluster(this.region, {
      stackName: this.group,
      templateText: templateText ?? (await readFile(join(ROOT, '.build', 'cluster.yml'), 'utf8')),
      parameters: this.#parameters,
      timeoutMs: STACK_MS_MAX,
    });
  }

  async endpoints(): Promise<readonly string[]> {
    return (await this.stage.see()).endpoints;
  }

  /** Whether all is as it should be before `limitMs` are over: whole, published, nobody waits, nothing is worked on. */
  async untilAtRest(
    queue: Queue,
    gone: readonly string[],
    limitMs: number,
    isOver: () => Promise<boolean>,
  ): Promise<boolean> {
    const untilMs = performance.now() + limitMs;
    while (performance.now() < untilMs) {
      const sight = await this.stage.see();
      const isGone = sight.instances.every(({ id }) => !gone.includes(id));
      if (isGone && isWhole(sight, this.size) && (await isOver())) {
        await this.#deploying;
        return queue.untilIdle(untilMs - performance.now());
      }
      await sleep(SEE_EVERY_MS);
    }
    return false;
  }

  async remove(): Promise<void> {
    await this.#deploying.catch(() => undefined);
    await deleteStack(this.region, { name: this.group });
    this.close();
  }

  close(): void {
    this.fleet.stop();
    this.teller.close();
    this.stage.close();
  }
}

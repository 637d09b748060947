import type { Context } from 'aws-lambda';
import { type DnsRoom, workOnBatch as workOnDns } from '../../../functions/dns/room.ts';
import { Told as DnsTold } from '../../../functions/dns/telling.ts';
import { Coalescer } from '../../../functions/edge/coalesce.ts';
import type { LogFields, Logger } from '../../../functions/edge/logger.ts';
import { type RegistryRoom, workOnBatch as workOnRegistry } from '../../../functions/registry/room.ts';
import { Told } from '../../../functions/registry/telling.ts';
import { type FunctionName, Life } from './life.ts';
import type { Letter } from './mail.ts';
import { CLUSTER, type FrontsWorld, ZONE } from './world.ts';

const OWNER = '123456789012/eu-west-1/etcd-autopilot';

/** What lives as long as a container. */
type Kept = Pick<RegistryRoom, 'coalescer' | 'memories'> & Pick<DnsRoom, 'seen'>;

/** Both functions as Lambda runs them: one batch of each at a time, containers that last until they die. */
export class Functions {
  readonly #world: FrontsWorld;
  readonly #busy = new Set<FunctionName>();
  readonly #kept = new Map<FunctionName, Kept>();
  passCount = 0;
  coalescedCount = 0;
  killedCount = 0;

  constructor(world: FrontsWorld) {
    this.#world = world;
  }

  /** Both have what is due; one that waits for something is left alone. */
  async serve(): Promise<void> {
    for (const name of ['dns', 'registry'] as const) {
      if (this.#busy.has(name)) continue;
      const batch = this.#world.mail[name].take(this.#world.fleet.nowMs);
      if (batch.length > 0) await this.#run(name, batch);
    }
  }

  /** The next invocation starts cold. */
  forget(name: FunctionName): void {
    if (!this.#busy.has(name)) this.#kept.delete(name);
  }

  async #run(name: FunctionName, batch: readonly Letter[]): Promise<void> {
    const world = this.#world;
    const life = new Life(world, name, world.drawTrouble());
    this.#busy.add(name);
    try {
      await (name === 'dns' ? this.#dns(life, batch) : this.#registry(life, batch));
    } finally {
      this.#busy.delete(name);
    }
    if (!life.isOver) return;
    this.killedCount += 1;
    this.#kept.delete(name);
    world.tell(`${name} is killed`);
    world.mail[name].returnBatch(batch, world.fleet.nowMs);
  }

  #dns(life: Life, batch: readonly Letter[]): Promise<unknown> {
    const { seen, coalescer } = this.#keptOf(life.name);
    const room: DnsRoom = {
      ...this.#common(life),
      owner: OWNER,
      told: new DnsTold(),
      seen,
      coalescer,
    };
    return workOnDns(room, recordsOf(batch, ZONE), this.#contextOf(life));
  }

  #registry(life: Life, batch: readonly Letter[]): Promise<unknown> {
    const { memories, coalescer } = this.#keptOf(life.name);
    const room: RegistryRoom = { ...this.#common(life), told: new Told(), memories, coalescer };
    return workOnRegistry(room, recordsOf(batch, CLUSTER), this.#contextOf(life));
  }

  #keptOf(name: FunctionName): Kept {
    const known = this.#kept.get(name);
    if (known !== undefined) return known;
    const world = this.#world;
    const clock = {
      nowMs: () => world.fleet.nowMs + world.skewMs,
      sleep: async (ms: number) => {
        for (let waited = 0; waited < ms; waited += 1_000) await world.second();
      },
    };
    const kept = { coalescer: new Coalescer(clock), memories: new Map(), seen: new Map() };
    this.#kept.set(name, kept);
    return kept;
  }

  #common(life: Life) {
    const world = this.#world;
    return {
      ports: world.portsFor(life),
      queue: {
        keepUnreadable: async (_group: string, body: string, reason: string) =>
          world.judge.blame(`${reason}: ${body}`),
      },
      dryRun: false,
      logger: this.#loggerOf(life),
      metrics: {
        emit: (_cluster: string, values: Readonly<Record<string, number>>) => {
          if (values['Coalesced'] === 1) this.coalescedCount += 1;
          if (values['PassDurationMs'] !== undefined) this.passCount += 1;
        },
      },
      takeCalls: () => ({}),
    };
  }

  /** A bug that the room survived is a violation all the same. */
  #loggerOf(life: Life): Logger {
    const world = this.#world;
    const quiet = () => undefined;
    const tell = (fields: LogFields): void => {
      if (world.tells) world.tell(`${life.name} ${JSON.stringify(fields)}`);
    };
    const error = (fields: LogFields): void => {
      if (fields.event === 'room.failed' && !life.isOver)
        world.judge.blame(`${life.name} failed: ${fields.errorText ?? fields.outcome}`);
    };
    return { debug: quiet, info: world.tells ? tell : quiet, warn: world.tells ? tell : quiet, error };
  }

  #contextOf(life: Life): Context {
    const context: Partial<Context> = {
      awsRequestId: 'request',
      getRemainingTimeInMillis: () => life.remainingMs(),
    };
    return context as Context;
  }
}

const recordsOf = (batch: readonly Letter[], group: string) =>
  batch.map(({ body, sentAtMs }) => ({
    body,
    attributes: { MessageGroupId: group, SentTimestamp: `${sentAtMs}` },
  }));

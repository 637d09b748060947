import type { Context } from 'aws-lambda';
import { isRecord } from '../../functions/core/json.ts';
import { KEY, MEMBERS, TAG } from '../../functions/core/names.ts';
import type { GroupInstance, Machine, ScalingGroup } from '../../functions/core/ports.ts';
import { parseHttp } from '../../functions/core/reboot/http.ts';
import { decodeRebootLock, type RebootHolder } from '../../functions/core/reboot/lock.ts';
import { createLogger } from '../../functions/edge/logger.ts';
import type { RebootPorts } from '../../functions/engine/reboot/ports.ts';
import { Access } from '../../functions/reboot-gate/access.ts';
import { answerOperator, type RebootAnswer } from '../../functions/reboot-gate/operator.ts';
import { answerHttp, type RebootRoom } from '../../functions/reboot-gate/room.ts';
import type { FakeWorld } from '../simulation/world/fake-world.ts';
import { grown, minutes } from './story.ts';

export const SECRET = 'secret-of-the-cluster-core';
export const WORKERS = 'etcd-autopilot-core-workers';
const SECRETS_PATH = '/secrets';
const FUNCTION_MS = 30_000;

export const workerId = (n: number): string => `i-0000000000000${(0xa000 + n).toString(16)}`;

/** What a client got. */
export interface Answer {
  readonly status: number;
  /** `null`: the body is empty. */
  readonly kind: string | null;
  readonly body: string;
}

/** The gate for reboots over a fake world: members that stand, a group of workers, and everything that it told. */
export class RebootStage {
  readonly world: FakeWorld;
  readonly lines: string[] = [];
  readonly figures: Readonly<Record<string, number>>[] = [];
  /** What EC2 says of workers that are not running. */
  readonly machines = new Map<string, Machine>();
  room: RebootRoom;
  #requests = 0;

  private constructor(world: FakeWorld) {
    this.world = world;
    world.secrets.set(`${SECRETS_PATH}/core/reboot-secret`, { value: SECRET, isSecure: true });
    this.room = this.#openRoom();
  }

  /** Calm for longer than the condition asks. */
  static async open(size = 3, config: Readonly<Record<string, unknown>> = {}): Promise<RebootStage> {
    const world = await grown(size, config);
    await minutes(world, 2);
    return new RebootStage(world);
  }

  #openRoom(): RebootRoom {
    const ports = this.ports();
    return {
      ports,
      access: new Access(ports.secrets, ports.clock, SECRETS_PATH),
      dryRun: false,
      logger: createLogger('debug', ports.clock.nowMs, (line) => this.lines.push(line)),
      metrics: { emit: (_cluster, values) => void this.figures.push(values) },
    };
  }

  /** As the function has them; keys are read from the fake. */
  ports(): RebootPorts {
    const { world } = this;
    const ports = world.ports();
    const range = async () => ({
      revision: '1',
      values: new Map([...world.etcd.keys].filter(([key]) => key.startsWith(KEY.reboots))),
    });
    return {
      ...ports,
      machines: {
        ...ports.machines,
        describe: async (ids) => new Map([...(await ports.machines.describe(ids)), ...this.machines]),
      },
      openEtcd: (access) => ({ ...ports.openEtcd(access), range }),
    };
  }

  addWorkers(count: number, tags: Readonly<Record<string, string>> = {}, name = WORKERS): void {
    const instances = Array.from({ length: count }, (_, at) => worker(at + 1));
    this.world.otherGroups.push(groupOf(name, instances, tags));
  }

  /** The group lists exactly these from now on. */
  list(instances: readonly GroupInstance[], tags: Readonly<Record<string, string>> = {}): void {
    this.world.otherGroups.splice(0, 1, groupOf(WORKERS, instances, tags));
  }

  lock(id: string, group = MEMBERS): Promise<Answer> {
    return this.post('v1/pre-reboot', { client_params: { group, id } });
  }

  unlock(id: string, group = MEMBERS): Promise<Answer> {
    return this.post('v1/steady-state', { client_params: { group, id } });
  }

  post(endpoint: string, body: unknown, over: Readonly<Record<string, unknown>> = {}): Promise<Answer> {
    const text = typeof body === 'string' ? body : JSON.stringify(body);
    return this.send({ rawPath: `/core/${SECRET}/${endpoint}`, body: text, ...over });
  }

  /** As a function URL brings it. */
  async send(over: Readonly<Record<string, unknown>>): Promise<Answer> {
    const request = parseHttp({
      headers: { 'fleet-lock-protocol': 'true' },
      requestContext: { http: { method: 'POST' } },
      isBase64Encoded: false,
      ...over,
    });
    if (request === null) throw new Error('that is no HTTP request');
    const { statusCode, body } = await answerHttp(this.room, request, this.#context());
    const value: unknown = body === '' ? null : JSON.parse(body);
    return { status: statusCode, body, kind: isRecord(value) ? String(value['kind']) : null };
  }

  operate(event: unknown): Promise<RebootAnswer> {
    return answerOperator(this.room, event, this.#context());
  }

  #context(): Context {
    this.#requests += 1;
    const endMs = this.world.nowMs + FUNCTION_MS;
    const context: Partial<Context> = {
      awsRequestId: `request-${this.#requests}`,
      getRemainingTimeInMillis: () => endMs - this.world.nowMs,
    };
    return context as Context;
  }

  holders(group = MEMBERS): readonly RebootHolder[] {
    return decodeRebootLock(this.world.etcd.keys.get(KEY.reboots + group) ?? null).holders;
  }

  holderIds(group = MEMBERS): readonly string[] {
    return this.holders(group).map(({ instanceId }) => instanceId);
  }

  get told(): readonly Readonly<Record<string, unknown>>[] {
    return this.lines.map((line) => JSON.parse(line));
  }
}

export const worker = (n: number, over: Partial<GroupInstance> = {}): GroupInstance => ({
  id: workerId(n),
  lifecycle: 'InService',
  zone: 'a',
  health: 'Healthy',
  ...over,
});

const groupOf = (
  name: string,
  instances: readonly GroupInstance[],
  tags: Readonly<Record<string, string>>,
): ScalingGroup => ({
  name,
  desiredCapacity: instances.length,
  deleting: false,
  hasWarmPool: false,
  tags: new Map(Object.entries({ [TAG.cluster]: 'core', [TAG.role]: 'worker', ...tags })),
  instances,
});

import type { Context } from 'aws-lambda';
import { Coalescer } from '../../functions/edge/coalesce.ts';
import { createLogger } from '../../functions/edge/logger.ts';
import type { RegistryPorts } from '../../functions/engine/registry/ports.ts';
import { type RegistryRoom, workOnBatch } from '../../functions/registry/room.ts';
import { Told } from '../../functions/registry/telling.ts';
import { CLUSTER, RegistryScene } from '../simulation/fronts/registry-world.ts';

/** The room of the registry over a scene, with everything that it told. */
export class RoomStage {
  readonly scene: RegistryScene;
  readonly unreadable: string[] = [];
  readonly figures: (readonly [cluster: string, values: Readonly<Record<string, number>>])[] = [];
  readonly #lines: string[] = [];
  readonly room: RegistryRoom;

  constructor(change: Partial<RegistryPorts> = {}, scene = new RegistryScene()) {
    this.scene = scene;
    const ports = { ...scene.ports(), ...change };
    this.room = {
      ports,
      queue: {
        keepUnreadable: async (_cluster, body, reason) => void this.unreadable.push(`${reason}: ${body}`),
      },
      dryRun: false,
      logger: createLogger('info', ports.clock.nowMs, (line) => this.#lines.push(line)),
      metrics: { emit: (cluster, values) => void this.figures.push([cluster, values]) },
      takeCalls: () => ({}),
      coalescer: new Coalescer(ports.clock),
      told: new Told(),
      memories: new Map(),
    };
  }

  get lines(): readonly Readonly<Record<string, unknown>>[] {
    return this.#lines.map((line) => JSON.parse(line));
  }

  linesOf(event: string): readonly Readonly<Record<string, unknown>>[] {
    return this.lines.filter((line) => line['event'] === event);
  }

  /** One batch of the queue; messages are sent now, unless they say when. */
  send(...messages: readonly Partial<Message>[]) {
    const records = messages.map(({ body = look(), group = CLUSTER, sentAtMs = this.scene.fleet.nowMs }) => ({
      body,
      attributes: { MessageGroupId: group, SentTimestamp: `${sentAtMs}` },
    }));
    const endMs = this.scene.fleet.nowMs + 60_000;
    const context: Partial<Context> = {
      awsRequestId: 'request',
      getRemainingTimeInMillis: () => endMs - this.scene.fleet.nowMs,
    };
    return workOnBatch(this.room, records, context as Context);
  }
}

interface Message {
  readonly body: string;
  readonly group: string;
  readonly sentAtMs: number;
}

export const look = (nonce = 'n'): string =>
  JSON.stringify({ etcdAutopilot: 1, request: 'look', cluster: CLUSTER, from: 'test', nonce });

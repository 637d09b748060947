import { createJoinedPort } from '../../../functions/adapters/autoscaling-joined.ts';
import { createNoticePort } from '../../../functions/adapters/ec2-endings.ts';
import { createHostPort } from '../../../functions/adapters/ec2-hosts.ts';
import { createZonePort } from '../../../functions/adapters/route53.ts';
import { createParameterPort } from '../../../functions/adapters/ssm.ts';
import { createSecretPort } from '../../../functions/adapters/ssm-secrets.ts';
import { workOnBatch as workOnDns } from '../../../functions/dns/room.ts';
import { Told as DnsTold } from '../../../functions/dns/telling.ts';
import { Coalescer } from '../../../functions/edge/coalesce.ts';
import { createLogger } from '../../../functions/edge/logger.ts';
import { createMetrics } from '../../../functions/edge/metrics.ts';
import { BeatMemory } from '../../../functions/engine/dns/heartbeats.ts';
import { workOnBatch as workOnRegistry } from '../../../functions/registry/room.ts';
import { Told as RegistryTold } from '../../../functions/registry/telling.ts';
import { clientsOf } from './clients.ts';
import type { Delivery } from './queue.ts';
import type { Ground } from './storm.ts';

export interface Publishers {
  readonly dns: (delivery: Delivery) => Promise<unknown>;
  readonly registry: (delivery: Delivery) => Promise<unknown>;
  /** Passes of both so far. */
  readonly passes: () => number;
  /** What their logs say of trouble. */
  readonly troubles: readonly string[];
}

/** The rooms of both functions, as a warm container holds them, over the simulated platform. */
export function publishersOf(ground: Ground): Publishers {
  const watch = new Watch(ground);
  return {
    dns: dnsOf(ground, watch),
    registry: registryOf(ground, watch),
    passes: () => watch.passes,
    troubles: watch.troubles,
  };
}

/** Reads the log of the functions, as an operator would. */
class Watch {
  passes = 0;
  readonly troubles: string[] = [];
  readonly #time: Ground['time'];

  constructor({ time }: Ground) {
    this.#time = time;
  }

  kit() {
    const nowMs = () => this.#time.nowMs();
    return {
      logger: createLogger('info', nowMs, (line) => this.#read(line)),
      metrics: createMetrics(nowMs, () => {}),
      takeCalls: () => ({}),
      coalescer: new Coalescer(this.#time),
    };
  }

  #read(line: string): void {
    const { event, outcome, level, durationMs } = JSON.parse(line);
    // Without a duration it tells of a message that there was no time for.
    if (event === 'pass.finished' && durationMs !== undefined) this.passes += 1;
    if (level === 'error' || outcome === 'failed' || outcome === 'outOfTime') this.troubles.push(line);
  }
}

function dnsOf(ground: Ground, watch: Watch): Publishers['dns'] {
  const clients = clientsOf(ground.api, ground.platform, 'dns');
  const room = {
    ...watch.kit(),
    ports: {
      joined: createJoinedPort(clients.autoscaling),
      hosts: createHostPort(clients.ec2),
      notices: createNoticePort(clients.ec2),
      parameters: createParameterPort(clients.ssm),
      zones: createZonePort(clients.route53),
      clock: ground.time,
    },
    queue: { keepUnreadable },
    owner: '123456789012/eu-central-1/etcd-autopilot',
    dryRun: false,
    told: new DnsTold(),
    beats: new BeatMemory(),
    seen: new Map(),
  };
  return ({ records, context }) => workOnDns(room, records, context);
}

function registryOf(ground: Ground, watch: Watch): Publishers['registry'] {
  const clients = clientsOf(ground.api, ground.platform, 'registry');
  const room = {
    ...watch.kit(),
    ports: {
      joined: createJoinedPort(clients.autoscaling),
      hosts: createHostPort(clients.ec2),
      notices: createNoticePort(clients.ec2),
      parameters: createParameterPort(clients.ssm),
      secrets: createSecretPort(clients.ssm),
      clock: ground.time,
      openEtcd: () => ground.etcd.open(),
    },
    queue: { keepUnreadable },
    dryRun: false,
    told: new RegistryTold(),
    memories: new Map(),
  };
  return ({ records, context }) => workOnRegistry(room, records, context);
}

const keepUnreadable = (group: string, body: string, reason: string): Promise<never> =>
  Promise.reject(new Error(`${group} does not understand ${body}: ${reason}`));

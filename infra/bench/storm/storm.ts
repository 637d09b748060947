import { parametersOf } from './account.ts';
import { StormApi } from './api.ts';
import { ByEvent } from './by-event.ts';
import { CLUSTER, type Crowd, crowdOf, ZONE_ID } from './crowd.ts';
import { Platform } from './platform.ts';
import { publishersOf } from './publishers.ts';
import { GroupQueue } from './queue.ts';
import { StormEtcd } from './storm-etcd.ts';
import { DAWN_MS, randomOf, VirtualTime } from './virtual-time.ts';
import { bootAll, eventOf } from './workers.ts';
import { StormZone } from './zone.ts';

export interface StormOptions {
  readonly workers: number;
  /** At most a hundred: so many addresses one name may have. */
  readonly perGroup: number;
  readonly seed: number;
}

/** How long workers in service waited, in milliseconds. */
export interface Waits {
  readonly median: number;
  readonly last: number;
}

export interface StormResult {
  readonly counts: StormApi['counts'];
  readonly etcdRequests: number;
  readonly events: number;
  readonly passes: number;
  readonly invocations: number;
  readonly recordBatches: number;
  /** From the launch until the last worker was in service, and until all that is wanted was written. */
  readonly inServiceMs: number;
  readonly convergedMs: number;
  /** From being in service to being in DNS, and in etcd; those that never came are not in it. */
  readonly dns: Waits;
  readonly registry: Waits;
  /** Workers in service that nobody finds. */
  readonly missing: number;
  /** Lines of the functions' logs that tell of a failure. */
  readonly troubles: readonly string[];
}

/** Longer than anything that is still of use. */
const LIMIT_MS = 3_600_000;
const SCHEDULE_MS = 60_000;

export interface Ground {
  readonly time: VirtualTime;
  readonly api: StormApi;
  readonly crowd: Crowd;
  readonly zone: StormZone;
  readonly platform: Platform;
  readonly etcd: StormEtcd;
  readonly random: () => number;
}

function groundOf({ workers, perGroup, seed }: StormOptions): Ground {
  const time = new VirtualTime();
  const random = randomOf(seed);
  const crowd = crowdOf(workers, perGroup);
  const zone = new StormZone(time);
  const platform = new Platform(crowd, zone, parametersOf(crowd));
  return {
    time,
    random,
    crowd,
    zone,
    platform,
    api: new StormApi(time, random),
    etcd: new StormEtcd(time, crowd.members),
  };
}

/** The functions of this project, behind their queues: every event of every worker, and the schedule. */
export async function stormOfOurs(options: StormOptions): Promise<StormResult> {
  const ground = groundOf(options);
  const { time, crowd } = ground;
  const publishers = publishersOf(ground);
  const dns = new GroupQueue(time, ZONE_ID, publishers.dns);
  const registry = new GroupQueue(time, CLUSTER, publishers.registry);
  let events = 0;
  const tell = (body: string): void => {
    dns.send(body);
    registry.send(body);
  };
  bootAll(time, ground.api, ground.random, crowd, (worker, event) => {
    events += 1;
    tell(eventOf(worker, event, events));
  });
  for (let minute = 1; minute * SCHEDULE_MS < LIMIT_MS; minute += 1)
    time.at(DAWN_MS + minute * SCHEDULE_MS, () => tell(tick(minute)));
  await time.run(LIMIT_MS, () => isComplete(ground) && dns.isIdle && registry.isIdle);
  return {
    ...resultOf(ground, events),
    passes: publishers.passes(),
    troubles: publishers.troubles,
    invocations: dns.invocations + registry.invocations,
  };
}

/** A handler that works on every event by itself. */
export async function stormByEvent(options: StormOptions): Promise<StormResult> {
  const ground = groundOf(options);
  const { time, crowd } = ground;
  const handler = new ByEvent(time, ground.api, ground.platform, ground.etcd);
  let events = 0;
  bootAll(time, ground.api, ground.random, crowd, (worker, event) => {
    if (event !== 'launched') return;
    events += 1;
    handler.onEvent(worker);
  });
  const isOver = () => events === crowd.workers.length && handler.pending === 0;
  await time.run(LIMIT_MS, isOver);
  return { ...resultOf(ground, events), passes: events, invocations: handler.invocations, troubles: [] };
}

const tick = (minute: number): string =>
  JSON.stringify({
    source: 'aws.events',
    'detail-type': 'Scheduled Event',
    id: `tick-${minute}`,
    etcdAutopilot: 1,
    request: 'look',
    cluster: CLUSTER,
    zone: ZONE_ID,
    from: 'schedule',
    nonce: `tick-${minute}`,
  });

const isComplete = ({ crowd, zone, etcd }: Ground): boolean =>
  crowd.workers.every(({ id }) => zone.publishedAtMs.has(id) && etcd.registeredAtMs.has(id));

function resultOf({ api, crowd, zone, etcd }: Ground, events: number) {
  const found = crowd.workers.map(({ id, inServiceAtMs }) => ({
    inServiceAtMs,
    dnsAtMs: zone.publishedAtMs.get(id) ?? null,
    registryAtMs: etcd.registeredAtMs.get(id) ?? null,
  }));
  const last = (times: readonly (number | null)[]): number =>
    Math.max(...times.map((atMs) => atMs ?? 0)) - DAWN_MS;
  return {
    counts: api.counts,
    etcdRequests: etcd.requests,
    events,
    recordBatches: zone.batches,
    inServiceMs: last(found.map(({ inServiceAtMs }) => inServiceAtMs)),
    convergedMs: last(found.flatMap(({ dnsAtMs, registryAtMs }) => [dnsAtMs, registryAtMs])),
    dns: waitsOf(found.map(({ inServiceAtMs, dnsAtMs }) => [inServiceAtMs, dnsAtMs])),
    registry: waitsOf(found.map(({ inServiceAtMs, registryAtMs }) => [inServiceAtMs, registryAtMs])),
    missing: found.filter(({ dnsAtMs, registryAtMs }) => dnsAtMs === null || registryAtMs === null).length,
  };
}

function waitsOf(pairs: readonly (readonly [number | null, number | null])[]): Waits {
  const waits = pairs
    .flatMap(([from, to]) => (from === null || to === null ? [] : [to - from]))
    .sort((a, b) => a - b);
  return { median: waits[Math.floor(waits.length / 2)] ?? Number.NaN, last: waits.at(-1) ?? Number.NaN };
}

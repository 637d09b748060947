import { parametersOf } from './account.ts';
import { type Counts, StormApi } from './api.ts';
import { ByEvent } from './by-event.ts';
import { type Crowd, crowdOf, type Worker } from './crowd.ts';
import { leaveAll } from './leaving.ts';
import { Ours } from './ours.ts';
import { Platform } from './platform.ts';
import { StormEtcd } from './storm-etcd.ts';
import { DAWN_MS, randomOf, VirtualTime } from './virtual-time.ts';
import { bootAll, eventsOf, type WorkerEvent } from './workers.ts';
import { StormZone } from './zone.ts';

export interface StormOptions {
  readonly workers: number;
  /** At most a hundred: so many addresses one name may have. */
  readonly perGroup: number;
  /** So many of each group stay when the others leave. */
  readonly keptPerGroup: number;
  readonly seed: number;
}

/** In milliseconds. */
export interface Waits {
  readonly median: number;
  readonly last: number;
}

/** What a storm cost, from its beginning until everything was settled. */
export interface Costs {
  readonly counts: Counts;
  readonly etcdRequests: number;
  readonly events: number;
  readonly passes: number;
  readonly recordBatches: number;
  /** Invocations that were longer than a function may run. */
  readonly overruns: number;
  /** Lines of the functions' logs that tell of a failure. */
  readonly troubles: readonly string[];
}

export interface Launch extends Costs {
  /** From the launch until the last worker was in service, and until all that is wanted was written. */
  readonly inServiceMs: number;
  readonly convergedMs: number;
  /** From being in service to being in DNS, and in etcd; those that never came are not in it. */
  readonly dns: Waits;
  readonly registry: Waits;
  /** Workers in service that nobody finds. */
  readonly missing: number;
}

export interface Leave extends Costs {
  readonly leavers: number;
  /** For how long the hooks held them. */
  readonly held: Waits;
  readonly ranOut: number;
  readonly early: number;
  /** Leavers whose records or keys stand for ever. */
  readonly left: number;
}

export interface Storm {
  readonly launch: Launch;
  readonly leave: Leave;
}

export interface Ground {
  readonly time: VirtualTime;
  readonly api: StormApi;
  readonly crowd: Crowd;
  readonly zone: StormZone;
  readonly platform: Platform;
  readonly etcd: StormEtcd;
  readonly random: () => number;
}

/** Whoever works on the events. */
interface Side {
  readonly passes: number;
  readonly overruns: number;
  readonly isIdle: boolean;
  readonly troubles: readonly string[];
  /** It gives up on events that failed too often; nothing ever makes up for them. */
  readonly mayLose: boolean;
  /** How many events it takes to be. */
  on(worker: Worker, event: WorkerEvent): number;
}

/** Longer than anything that is still of use. */
const LIMIT_MS = 3_600_000;

/** All workers are launched at once and, when everything is settled, most of them leave at once. */
export async function storm(options: StormOptions, who: 'ours' | 'by event'): Promise<Storm> {
  const ground = groundOf(options);
  const side = who === 'ours' ? sideOfOurs(ground) : sideByEvent(ground);
  return { launch: await launch(ground, side), leave: await leave(ground, side, options.keptPerGroup) };
}

function groundOf({ workers, perGroup, seed }: StormOptions): Ground {
  const time = new VirtualTime();
  const random = randomOf(seed);
  const crowd = crowdOf(workers, perGroup);
  const zone = new StormZone(time);
  const platform = new Platform(time, crowd, zone, parametersOf(crowd));
  const api = new StormApi(time, random);
  return { time, random, crowd, zone, platform, api, etcd: new StormEtcd(time, crowd.members) };
}

function sideOfOurs(ground: Ground): Side {
  const ours = new Ours(ground);
  return {
    get passes() {
      return ours.passes;
    },
    get isIdle() {
      return ours.isIdle;
    },
    get overruns() {
      return ours.overruns;
    },
    troubles: ours.troubles,
    mayLose: false,
    on: (worker, event) => {
      const bodies = eventsOf(worker, event);
      for (const body of bodies) ours.tell(body);
      return bodies.length;
    },
  };
}

function sideByEvent({ time, api, platform, etcd }: Ground): Side {
  const handler = new ByEvent(time, api, platform, etcd);
  return {
    get passes() {
      return handler.invocations;
    },
    get isIdle() {
      return handler.pending === 0;
    },
    overruns: 0,
    troubles: [],
    mayLose: true,
    on: (worker, event) => {
      if (event !== 'launched' && event !== 'leaving') return 0;
      handler.onEvent(worker, event);
      return 1;
    },
  };
}

async function launch(ground: Ground, side: Side): Promise<Launch> {
  const { time, crowd, zone, etcd } = ground;
  const costs = costsFrom(ground, side);
  bootAll(ground, costs.on);
  const isFound = ({ id }: Worker): boolean => zone.publishedAtMs.has(id) && etcd.registeredAtMs.has(id);
  const isOver = (worker: Worker): boolean =>
    worker.inServiceAtMs !== null && (side.mayLose || isFound(worker));
  await time.run(LIMIT_MS, () => side.isIdle && crowd.workers.every(isOver));
  const times = crowd.workers.map(({ id, inServiceAtMs }) => ({
    serviceMs: inServiceAtMs,
    dnsMs: zone.publishedAtMs.get(id) ?? null,
    etcdMs: etcd.registeredAtMs.get(id) ?? null,
  }));
  const last = (all: readonly (number | null)[]) => Math.max(...all.map((atMs) => atMs ?? 0)) - DAWN_MS;
  return {
    ...costs.take(),
    inServiceMs: last(times.map(({ serviceMs }) => serviceMs)),
    convergedMs: last(times.flatMap(({ dnsMs, etcdMs }) => [dnsMs, etcdMs])),
    dns: waitsOf(times.map(({ serviceMs, dnsMs }) => between(serviceMs, dnsMs))),
    registry: waitsOf(times.map(({ serviceMs, etcdMs }) => between(serviceMs, etcdMs))),
    missing: crowd.workers.filter((worker) => !isFound(worker)).length,
  };
}

async function leave(ground: Ground, side: Side, keptPerGroup: number): Promise<Leave> {
  const { time, zone, etcd } = ground;
  const costs = costsFrom(ground, side);
  const { leavers, departures } = leaveAll(ground, keptPerGroup, costs.on);
  const isLeft = ({ id }: Worker): boolean => zone.publishedAtMs.has(id) || etcd.registeredAtMs.has(id);
  await time.run(LIMIT_MS, () => leavers.every(({ lifecycle }) => lifecycle === 'Gone') && side.isIdle);
  return {
    ...costs.take(),
    leavers: leavers.length,
    held: waitsOf(departures.heldMs),
    ranOut: departures.ranOut,
    early: departures.early,
    left: leavers.filter(isLeft).length,
  };
}

/** What is spent from here on; `on` counts the events that it hands to the side. */
function costsFrom({ api, etcd, zone }: Ground, side: Side) {
  const [passes, requests, batches] = [side.passes, etcd.requests, zone.batches];
  const [told, overruns] = [side.troubles.length, side.overruns];
  let events = 0;
  return {
    on: (worker: Worker, event: WorkerEvent): void => {
      events += side.on(worker, event);
    },
    take: (): Costs => ({
      counts: api.takeCounts(),
      etcdRequests: etcd.requests - requests,
      events,
      passes: side.passes - passes,
      recordBatches: zone.batches - batches,
      overruns: side.overruns - overruns,
      troubles: side.troubles.slice(told),
    }),
  };
}

const between = (from: number | null, to: number | null): number | null =>
  from === null || to === null ? null : to - from;

function waitsOf(all: readonly (number | null)[]): Waits {
  const waits = all.filter((ms) => ms !== null).sort((a, b) => a - b);
  return { median: waits[Math.floor(waits.length / 2)] ?? Number.NaN, last: waits.at(-1) ?? Number.NaN };
}

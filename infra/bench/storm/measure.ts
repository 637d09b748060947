import { type CallCount, requestsByService } from './api.ts';
import { BY_EVENT } from './by-event.ts';
import { type StormResult, stormByEvent, stormOfOurs, type Waits } from './storm.ts';
import { WORKERS } from './workers.ts';

/** One side of a storm of so many workers, as the page and the terminal show it. */
export interface StormRow {
  readonly workers: number;
  readonly who: 'ours' | 'by event';
  readonly events: number;
  /** Looks that everything came from; by event, each is one. */
  readonly passes: number;
  /** Requests to AWS, those that were throttled among them, and to etcd. */
  readonly requests: Readonly<Record<string, number>>;
  readonly throttled: number;
  readonly recordBatches: number;
  /** Requests of the workers' own boot scripts, and how many of them were throttled. */
  readonly ofWorkers: CallCount;
  readonly inServiceMs: number;
  readonly convergedMs: number;
  readonly dns: Waits;
  readonly registry: Waits;
  readonly missing: number;
}

export interface StormOptions {
  readonly sizes: readonly number[];
  readonly say: (line: string) => void;
}

/** As many addresses as one name may have. */
const PER_GROUP = 100;
/** The same storm every time: what differs between two runs is the code. */
const SEED = 1;
export const STORM_SIZES = [10, 100, 1_000];
const SERVICES = ['autoscaling', 'ec2', 'route53', 'ssm'];

/** Storms of launches of several sizes, each met by the functions and by a handler for each event. */
export async function measureStorms({ sizes, say }: StormOptions): Promise<readonly StormRow[]> {
  const rows: StormRow[] = [];
  for (const workers of sizes) {
    say(`storm: ${workers} workers launched at once`);
    const options = { workers, perGroup: PER_GROUP, seed: SEED };
    rows.push(rowOf(workers, 'ours', await stormOfOurs(options)));
    rows.push(rowOf(workers, 'by event', await stormByEvent(options)));
  }
  return rows;
}

function rowOf(workers: number, who: StormRow['who'], result: StormResult): StormRow {
  const { events, passes, recordBatches, inServiceMs, convergedMs, dns, registry, missing } = result;
  const ours = requestsByService(result.counts, ['dns', 'registry', BY_EVENT]);
  const requests = SERVICES.map((service) => [service, ours.get(service)?.requests ?? 0] as const);
  const scripts = [...requestsByService(result.counts, [WORKERS]).values()];
  const sum = (counts: readonly CallCount[], of: keyof CallCount): number =>
    counts.reduce((all, one) => all + one[of], 0);
  return {
    workers,
    who,
    events,
    passes,
    requests: { ...Object.fromEntries(requests), etcd: result.etcdRequests },
    throttled: sum([...ours.values()], 'throttled'),
    recordBatches,
    ofWorkers: { requests: sum(scripts, 'requests'), throttled: sum(scripts, 'throttled') },
    inServiceMs,
    convergedMs,
    dns,
    registry,
    missing,
  };
}

import { type CallCount, requestsByService } from './api.ts';
import { BY_EVENT } from './by-event.ts';
import { type Costs, type Launch, type Leave, storm } from './storm.ts';
import { WORKERS } from './workers.ts';

type Who = 'ours' | 'by event';
type Figures<Result extends Costs> = Omit<Result, 'counts' | 'troubles'>;

/** What is common to both halves of a storm. */
interface Row {
  readonly workers: number;
  readonly who: Who;
  /** Requests to AWS, those that were throttled among them, and to etcd. */
  readonly requests: Readonly<Record<string, number>>;
  readonly throttled: number;
  /** Requests of the workers' own boot scripts, and how many of them were throttled. */
  readonly ofWorkers: CallCount;
}

export type LaunchRow = Row & Figures<Launch>;
export type LeaveRow = Row & Figures<Leave>;

export interface StormRows {
  readonly launches: readonly LaunchRow[];
  readonly leaves: readonly LeaveRow[];
}

/** As many addresses as one name may have. */
const PER_GROUP = 100;
const KEPT_PER_GROUP = 10;
/** The same storm every time: what differs between two runs is the code. */
const SEED = 1;
export const STORM_SIZES = [100, 1_000];
export const SERVICES = ['autoscaling', 'ec2', 'route53', 'ssm'];

/** Storms of several sizes, each met by the functions and by a handler for each event. */
export async function measureStorms(
  sizes: readonly number[],
  say: (line: string) => void,
): Promise<StormRows> {
  const launches: LaunchRow[] = [];
  const leaves: LeaveRow[] = [];
  for (const workers of sizes) {
    say(`storm: ${workers} workers launched at once, and most of them ended at once`);
    for (const who of ['ours', 'by event'] as const) {
      const options = { workers, perGroup: PER_GROUP, keptPerGroup: KEPT_PER_GROUP, seed: SEED };
      const { launch, leave } = await storm(options, who);
      launches.push(rowOf(workers, who, launch));
      leaves.push(rowOf(workers, who, leave));
    }
  }
  return { launches, leaves };
}

function rowOf<Result extends Costs>(workers: number, who: Who, result: Result): Row & Figures<Result> {
  const { counts, troubles: _told, ...figures } = result;
  const sides = requestsByService(counts, ['dns', 'registry', BY_EVENT]);
  const scripts = [...requestsByService(counts, [WORKERS]).values()];
  const requests = SERVICES.map((service) => [service, sides.get(service)?.requests ?? 0] as const);
  const sum = (all: readonly CallCount[], of: keyof CallCount): number =>
    all.reduce((total, one) => total + one[of], 0);
  return {
    ...figures,
    workers,
    who,
    requests: { ...Object.fromEntries(requests), etcd: result.etcdRequests },
    throttled: sum([...sides.values()], 'throttled'),
    ofWorkers: { requests: sum(scripts, 'requests'), throttled: sum(scripts, 'throttled') },
  };
}

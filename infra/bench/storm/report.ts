import { tableText } from '../../cli/table.ts';
import { LIMITS, SYNC_MS } from './limits.ts';
import { type LaunchRow, type LeaveRow, SERVICES, type StormRows } from './measure.ts';
import type { Waits } from './storm.ts';

const COSTS = [
  'workers',
  'side',
  'events',
  'passes',
  ...SERVICES,
  'etcd',
  'throttled',
  'changes of the zone',
];
const LAUNCH = [...COSTS, 'in DNS after', 'in etcd after', 'last in service', 'all found'];
const LEAVE = [...COSTS, 'held for', 'gone early', 'ran out', 'left behind'];

const seconds = (ms: number): string => (Number.isFinite(ms) ? (ms / 1_000).toFixed(1) : '–');
const waits = ({ median, last }: Waits): string => `${seconds(median)} / ${seconds(last)}`;

const costsOf = (row: LaunchRow | LeaveRow): readonly string[] => [
  String('leavers' in row ? row.leavers : row.workers),
  row.who,
  String(row.events),
  String(row.passes),
  ...[...SERVICES, 'etcd'].map((service) => String(row.requests[service] ?? 0)),
  String(row.throttled),
  String(row.recordBatches),
];

const launchCells = (row: LaunchRow): readonly string[] => [
  ...costsOf(row),
  waits(row.dns),
  waits(row.registry),
  seconds(row.inServiceMs),
  row.missing === 0 ? seconds(row.convergedMs) : `never: ${row.missing} missing`,
];

const leaveCells = (row: LeaveRow): readonly string[] => [
  ...costsOf(row),
  waits(row.held),
  String(row.early),
  String(row.ranOut),
  String(row.left),
];

/** The storms as tables for the terminal. */
export function stormText({ launches, leaves }: StormRows): string {
  const words = 'requests by service, times in seconds of the simulated platform';
  return `
workers launched at once (${words})
${tableText([LAUNCH, ...launches.map(launchCells)])}
workers ended at once
${tableText([LEAVE, ...leaves.map(leaveCells)])}`;
}

const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |\n`;
const table = (heading: readonly string[], rows: readonly (readonly string[])[]): string =>
  `${line(heading)}${line(heading.map((_, at) => (at < 2 ? '---' : '--:')))}${rows.map(line).join('')}`;

/** The page about scale: what was simulated, under which limits, and what it came to. */
export function stormPage({ launches, leaves }: StormRows): string {
  const limits = Object.values(LIMITS).map(({ about, capacity, perSecond, source }) => [
    about,
    source,
    String(capacity),
    String(perSecond),
  ]);
  const scripts = launches
    .filter(({ who }) => who === 'ours')
    .map(({ workers, ofWorkers: { requests, throttled } }) => [
      String(workers),
      'boot scripts',
      String(requests),
      String(throttled),
    ]);
  return `${INTRODUCTION}
## Launched at once

${table(LAUNCH, launches.map(launchCells))}
${LAUNCH_WORDS}
${table(['workers', 'who', 'requests', 'throttled'], scripts)}
## Ended at once

${table(LEAVE, leaves.map(leaveCells))}
${LEAVE_WORDS}
## The limits

Per account and region, with nobody else in it. Which of them are documented, and which had to be taken for want of a number:

${table(['limit', 'source', 'at once', 'a second'], limits)}
${ASSUMPTIONS}`;
}

const INTRODUCTION = `# Scale

What a storm of launches and ends costs. Made by \`npm run bench -- --only storm\`; change nothing here by hand. Nothing is measured by a
stopwatch: the code of \`dns\` and \`registry\`, from the message down to the clients of the SDK, runs in virtual time on simulated
services, each with the rate limit of the platform. The same run gives the same figures.

All workers are launched within ten seconds, in groups of a hundred with a name in DNS, a service and metadata for each group. Each boots
for 30 to 60 s, reads the addresses of the cluster, and reports that it is ready. When everything is settled, all but ten of each group are
ended within ten seconds. Every event of theirs goes to both queues, as does the schedule.

- **ours**: both functions behind their queues. One look answers all messages that were sent before it.
- **by event**: what is usual instead, in its best light: of each instance one event counts, that of the finished launch or of the hook.
  Its handler reads the group and the instance, writes one record and one key, and lets a leaver go at once. It is repeated by the SDK
  and twice more by Lambda, and no change of the zone is refused because another is under way (Route 53 does that).

Requests count as the service sees them, with repetitions; *throttled* are among them. Times are seconds, median / last.
`;

const LAUNCH_WORDS = `*In DNS after* and *in etcd after*: from being in service to being found. *Last in service* and *all found* count from the first launch.
What the workers ask for by themselves is the same on both sides, and takes from the same limits:
`;

const LEAVE_WORDS = `*Held for*: until both hooks were answered. Two answers for each instance at the rate of Auto Scaling are the least. *Gone early*:
let go while a record, a resolver or a key could still send clients there. *Ran out*: hooks that nobody kept up. *Left behind*: records
or keys of machines that are gone.
`;

const ASSUMPTIONS = `Calls take 40 to 80 ms, those about many instances more (2 ms for each that EC2 describes, as a small function was seen to need).
A change is on all name servers of Route 53 after ${SYNC_MS / 1_000} s, records live for 30 s, services drain for 15 s.
`;

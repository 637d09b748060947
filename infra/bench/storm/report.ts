import { tableText } from '../../cli/table.ts';
import { LIMITS, SYNC_MS } from './limits.ts';
import type { StormRow } from './measure.ts';
import type { Waits } from './storm.ts';

const HEADING = [
  'workers',
  'side',
  'events',
  'passes',
  'autoscaling',
  'ec2',
  'route53',
  'ssm',
  'etcd',
  'throttled',
  'changes of the zone',
  'in DNS after',
  'in etcd after',
  'last in service',
  'all found',
];

const seconds = (ms: number): string => (Number.isFinite(ms) ? (ms / 1_000).toFixed(1) : '–');
const waits = ({ median, last }: Waits): string => `${seconds(median)} / ${seconds(last)}`;

function cellsOf(row: StormRow): readonly string[] {
  const { requests } = row;
  return [
    String(row.workers),
    row.who,
    String(row.events),
    String(row.passes),
    ...['autoscaling', 'ec2', 'route53', 'ssm', 'etcd'].map((service) => String(requests[service] ?? 0)),
    String(row.throttled),
    String(row.recordBatches),
    waits(row.dns),
    waits(row.registry),
    seconds(row.inServiceMs),
    row.missing === 0 ? seconds(row.convergedMs) : `never: ${row.missing} missing`,
  ];
}

/** The storms as a table for the terminal. */
export const stormText = (rows: readonly StormRow[]): string =>
  `\nworkers launched at once (requests by service, times in seconds of the simulated platform)\n${tableText([HEADING, ...rows.map(cellsOf)])}`;

const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |\n`;
const table = (heading: readonly string[], rows: readonly (readonly string[])[]): string =>
  `${line(heading)}${line(heading.map((_, at) => (at < 2 ? '---' : '--:')))}${rows.map(line).join('')}`;

/** The page about scale: what was simulated, under which limits, and what it came to. */
export function stormPage(rows: readonly StormRow[]): string {
  const limits = Object.values(LIMITS).map(({ about, capacity, perSecond, source }) => [
    about,
    source,
    String(capacity),
    String(perSecond),
  ]);
  const scripts = rows
    .filter(({ who }) => who === 'ours')
    .map(({ workers, ofWorkers }) => [
      String(workers),
      'boot scripts',
      String(ofWorkers.requests),
      String(ofWorkers.throttled),
    ]);
  return `${INTRODUCTION}
## What it costs

${table(HEADING, rows.map(cellsOf))}
${COLUMNS}
What the workers ask for by themselves is the same on both sides, and takes from the same limits:

${table(['workers', 'who', 'requests', 'throttled'], scripts)}
## The limits

Per account and region, with nobody else in it. Which of them are documented, and which had to be taken for want of a number:

${table(['limit', 'source', 'at once', 'a second'], limits)}
${ASSUMPTIONS}`;
}

const INTRODUCTION = `# Scale

What a storm of launches costs. Made by \`npm run bench -- --only storm\`; change nothing here by hand. Nothing is measured by a
stopwatch: the code of \`dns\` and \`registry\`, from the message down to the clients of the SDK, runs in virtual time on
simulated services, each with the rate limit of the platform. The same run gives the same figures.

All workers are launched within ten seconds, in groups of a hundred with a name in DNS, a service and metadata for each group. Each boots
for 30 to 60 s, reads the addresses of the cluster, and reports that it is ready. Every event of theirs goes to both queues, as does the schedule.

- **ours**: both functions behind their queues. One look answers all messages that were sent before it.
- **by event**: what is usual instead, in its best light: only the event of a finished launch counts; its handler reads the group and the
  instance, writes one record and one key, is repeated by the SDK and twice more by Lambda, and no change of the zone is refused
  because another is under way (Route 53 does that).
`;

const COLUMNS = `Requests count as the service sees them, with repetitions; *throttled* are among them. *In DNS after* and *in etcd after*: from being in
service to being found, median / last. *Last in service* and *all found* count from the first launch. Times are seconds.
`;

const ASSUMPTIONS = `Calls take 40 to 80 ms, those about many instances more (2 ms for each that EC2 describes, as a small function was seen to need).
A change is on all name servers of Route 53 after ${SYNC_MS / 1_000} s; nobody waits for that in a launch.
`;

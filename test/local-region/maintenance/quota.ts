import { deepStrictEqual, ok } from 'node:assert';
import { setTimeout as sleep } from 'node:timers/promises';
import { openEtcd } from '../../../functions/adapters/etcd/open.ts';
import { OperationError } from '../../../functions/core/errors.ts';
import { logOf } from '../logs.ts';
import { openTheatre, type TestCluster, type Theatre } from '../stage.ts';

const CLUSTER = 'core';
const QUOTA_BYTES = 134_217_728;
const VALUE_BYTES = 250_000;
/** Clients overwrite so many keys: what is kept is a small part of what is written. */
const KEYS = 20;
const EVERY_MS = 20;
const WRITABLE_WITHIN_MS = 150_000;
const LOGGED_WITHIN_MS = 90_000;

const say = (text: string): void => {
  process.stdout.write(`show quota: ${text}\n`);
};
const megabytes = (bytes: number): string => `${Math.round(bytes / 1_048_576)} MB`;
const seconds = (ms: number): string => `${(ms / 1_000).toFixed(1)} s`;

/** Puts of unique keys, and of when each outcome came. */
class Writer {
  readonly acked: string[] = [];
  refusedAtMs: number | null = null;
  ackedAgainAtMs: number | null = null;
  refusedCount = 0;
  readonly #endpoint: string;
  readonly #running: Promise<void>;
  #isOver = false;

  constructor(endpoint: string) {
    this.#endpoint = endpoint;
    this.#running = this.#run();
  }

  async #run(): Promise<void> {
    const port = openEtcd({ deadlineMs: 2_000 });
    for (let serial = 0; !this.#isOver; serial += 1) {
      const key = `/load/${serial}`;
      await port.write(this.#endpoint, key, 'x'.repeat(200)).then(
        () => this.#noteAcked(key),
        (error: unknown) => this.#noteRefused(error),
      );
      await sleep(EVERY_MS);
    }
    port.close();
  }

  #noteAcked(key: string): void {
    this.acked.push(key);
    if (this.refusedAtMs !== null) this.ackedAgainAtMs ??= performance.now();
  }

  #noteRefused(error: unknown): void {
    if (!(error instanceof OperationError)) throw error;
    this.refusedCount += 1;
    if (error.context['text'] === 'mvcc: database space exceeded') this.refusedAtMs ??= performance.now();
  }

  async stop(): Promise<void> {
    this.#isOver = true;
    await this.#running;
  }
}

/** Overwrites the same keys until etcd takes no more. */
async function fill(endpoint: string): Promise<number> {
  const port = openEtcd({ deadlineMs: 10_000 });
  const value = 'v'.repeat(VALUE_BYTES);
  try {
    for (let count = 0; ; count += 1) {
      const error: unknown = await port
        .write(endpoint, `/overwritten/${count % KEYS}`, value)
        .catch((reason: unknown) => reason);
      if (error !== undefined) return count;
    }
  } finally {
    port.close();
  }
}

async function sizesOf(endpoints: readonly string[]): Promise<string> {
  const port = openEtcd({ deadlineMs: 5_000 });
  const probes = await port.probe(endpoints);
  port.close();
  return probes
    .map((probe) => (probe.kind === 'status' ? megabytes(probe.status.dbSizeBytes) : probe.because))
    .join(', ');
}

/** The quota is reached under load; nobody does anything; the cluster takes writes again. */
async function show(): Promise<number> {
  const theatre = await openTheatre();
  try {
    const cluster = await theatre.cluster(CLUSTER, 3, { QuotaBytes: String(QUOTA_BYTES) });
    const { endpoints } = await cluster.untilWhole(3, 90);
    const [endpoint = ''] = endpoints;
    const before = await cluster.members();
    const writer = new Writer(endpoint);
    try {
      const writes = await fill(endpoint);
      say(
        `${writes} writes of ${VALUE_BYTES} bytes over ${KEYS} keys, quota ${megabytes(QUOTA_BYTES)}; files ${await sizesOf(endpoints)}`,
      );
      await untilWritable(writer);
    } finally {
      await writer.stop();
    }
    await tell(theatre, cluster, writer, endpoints);
    deepStrictEqual(await cluster.members(), before, 'members have changed');
    return 0;
  } finally {
    await theatre.stop();
  }
}

async function untilWritable(writer: Writer): Promise<void> {
  const untilMs = performance.now() + WRITABLE_WITHIN_MS;
  while (writer.ackedAgainAtMs === null) {
    ok(performance.now() < untilMs, `not writable again within ${seconds(WRITABLE_WITHIN_MS)}`);
    await sleep(50);
  }
}

async function tell(
  theatre: Theatre,
  cluster: TestCluster,
  writer: Writer,
  endpoints: readonly string[],
): Promise<void> {
  const { refusedAtMs, ackedAgainAtMs, refusedCount, acked } = writer;
  ok(refusedAtMs !== null && ackedAgainAtMs !== null, 'no write was refused for want of space');
  say(
    `writable again ${seconds(ackedAgainAtMs - refusedAtMs)} after the first refusal; files ${await sizesOf(endpoints)}`,
  );
  const port = openEtcd({ deadlineMs: 10_000 });
  const { values } = await port.range(endpoints[0] ?? '', ['/load/']);
  port.close();
  const lost = acked.filter((key) => !values.has(key));
  say(`${acked.length} writes acknowledged meanwhile, ${lost.length} of them lost, ${refusedCount} refused`);
  deepStrictEqual(lost, [], 'acknowledged writes are lost');
  await cluster.untilWhole(3, 90);
  const done = await untilDisarmed(theatre);
  say(`what was done: ${done.join(', ')}`);
  ok(done.includes('disarm'), 'the alarm was not taken back by the autopilot');
}

const DONE: readonly string[] = ['compact', 'defragment', 'moveLeader', 'disarm'];

/** What a function logs can be read when it has ended, which may be a minute after it took the alarm back. */
async function untilDisarmed(theatre: Theatre): Promise<readonly string[]> {
  const untilMs = performance.now() + LOGGED_WITHIN_MS;
  for (;;) {
    const log = await logOf(theatre.region, CLUSTER);
    const steps = log.filter(({ event }) => event === 'step.applied').map(({ kind }) => String(kind));
    const done = steps.filter((kind) => DONE.includes(kind));
    if (done.includes('disarm') || performance.now() > untilMs) return done;
    await sleep(500);
  }
}

process.exitCode = await show();

import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { decodeStatus } from '../../functions/core/status.ts';
import { type Clients, openClients } from './clients.ts';
import { logOf, stepsOf } from './logs.ts';
import { openTheatre, type TestCluster, type Theatre } from './stage.ts';
import { connectionsTo } from './workers.ts';

/** Five clusters of one autopilot, of which one hangs. They are looked after every second, instead of every minute. */
const SIZES = { one: 1, uno: 1, three: 3, busy: 3, hung: 3 } as const;
const NAMES = Object.keys(SIZES);
const CALM = ['one', 'uno', 'three'];
const LOOK_EVERY_MS = 1_000;
/** A look at a calm cluster takes a tenth of a second; the rest is for a machine that has other things to do. */
const PERIOD_MS_MAX = LOOK_EVERY_MS + 2_000;

interface Window {
  readonly beginMs: number;
  readonly endMs: number;
}

let theatre: Theatre;
let clients: Clients;
let hungWorker: number;
const clusters = new Map<string, TestCluster>();

beforeAll(async () => {
  theatre = await openTheatre();
  clients = openClients(theatre);
  const whole = Object.entries(SIZES).map(async ([name, size]) => {
    const cluster = await theatre.cluster(name, size);
    await cluster.untilWhole(size, 60);
    clusters.set(name, cluster);
  });
  await Promise.all(whole);
});

afterAll(async () => {
  clients?.close();
  await theatre?.stop();
});

function clusterOf(name: string): TestCluster {
  const cluster = clusters.get(name);
  if (cluster === undefined) throw new Error(`no cluster ${name}`);
  return cluster;
}

/** Asks for a look at every cluster each second while something is done; tells when that began and ended. */
async function whileLookedAfter(act: () => Promise<unknown>): Promise<Window> {
  let isOver = false;
  const beginMs = Date.now();
  const acting = act().finally(() => {
    isOver = true;
  });
  while (!isOver) {
    await Promise.all(NAMES.map(askForLook));
    await Promise.race([acting, sleep(LOOK_EVERY_MS)]);
  }
  await acting;
  return { beginMs, endMs: Date.now() };
}

function askForLook(cluster: string): Promise<void> {
  const nonce = `test ${performance.now()}`;
  return clients.send(
    cluster,
    JSON.stringify({ etcdAutopilot: 1, request: 'look', cluster, from: 'operator', nonce }),
  );
}

/** When passes of a cluster ended in that window. */
async function passesOf(name: string, { beginMs, endMs }: Window): Promise<readonly number[]> {
  const lines = (await logOf(theatre.region, name)).filter(({ event }) => event === 'pass.finished');
  return lines.map(({ at }) => Date.parse(String(at))).filter((ms) => ms > beginMs && ms < endMs);
}

/** The longest time in that window without a pass that ended, in milliseconds. */
function longestSilence(passes: readonly number[], { beginMs, endMs }: Window): number {
  const times = [beginMs, ...passes, endMs].sort((a, b) => a - b);
  return Math.max(...times.slice(1).map((time, index) => time - (times[index] ?? time)));
}

/** Behind the hung one it would take that one's whole minute. */
const REPLACED_SECONDS_MAX = 30;

async function replaceOne(): Promise<void> {
  const { stage, untilWhole } = clusterOf('busy');
  const [victim] = (await stage.see()).instances;
  await stage.terminate(victim?.id ?? '');
  await untilWhole(3, REPLACED_SECONDS_MAX, victim?.id);
}

const healthOf = async (name: string) =>
  decodeStatus((await clients.parametersOf(name)).get('status')?.value ?? '')?.health;

/** Its etcds stand still, and so does the process that asks them: its invocation does not end. */
async function hang(): Promise<number> {
  await clients.untilIdle(); // who is about to end its pass would not hang
  const ids = (await clusterOf('hung').stage.see()).instances.map(({ id }) => id);
  const addresses = ids.map((id) => theatre.region.groups.instance(id).address);
  for (const id of ids) expect(await clients.inflict(id, 'pause-etcd')).toEqual({ processes: 1 });
  const before = new Set(connectionsTo(theatre.region, addresses).map(({ socket }) => socket));
  await askForLook('hung');
  const look = (): number => {
    const asking = connectionsTo(theatre.region, addresses).find(({ socket }) => !before.has(socket));
    if (asking === undefined) throw new Error('nobody asks the etcds of the hung cluster');
    return asking.pid;
  };
  const worker = await vi.waitFor(look, { timeout: 10_000, interval: 10 });
  process.kill(worker, 'SIGSTOP');
  return worker;
}

async function goOn(worker: number): Promise<void> {
  process.kill(worker, 'SIGCONT');
  const { instances } = await clusterOf('hung').stage.see();
  for (const { id } of instances) expect(await clients.inflict(id, 'resume-etcd')).toEqual({ processes: 1 });
}

test('S70 a cluster that hangs takes nothing from the others: they keep their period, and replace in time', async () => {
  hungWorker = await hang();
  const meanwhile = await whileLookedAfter(replaceOne);
  expect(await passesOf('hung', meanwhile)).toEqual([]);
  for (const name of CALM) {
    const passes = await passesOf(name, meanwhile);
    expect(passes.length, name).toBeGreaterThan(2);
    expect(longestSilence(passes, meanwhile), name).toBeLessThan(PERIOD_MS_MAX);
    expect(await healthOf(name), name).toBe('healthy');
  }
});

test('and goes on where it was as soon as it can, with what waited meanwhile', async () => {
  await goOn(hungWorker);
  await clients.untilIdle();
  await askForLook('hung');
  await clients.untilIdle();
  expect(await healthOf('hung')).toBe('healthy');
  expect(await stepsOf(theatre.region, 'hung')).toEqual(['claimCluster']);
});

import { beforeAll, expect, test } from 'vitest';
import type { PassReport } from '../../functions/engine/report.ts';
import { workOn } from '../../functions/membership/work.ts';
import { CLUSTER, FakeWorld } from '../simulation/world/fake-world.ts';
import { expectSafe, expectWhole } from '../support/story.ts';

/** S70: as many clusters of one account as the autopilot is made for; their schedules are spread over the minute. */
const COUNT = 200;
const MINUTES = 4;
const MINUTE_MS = 60_000;
/** What Parameter Store gives an account in a second, with everything else that runs there. */
const READS_PER_SECOND = 40;

const SCHEDULED = JSON.stringify({ source: 'aws.events', 'detail-type': 'Scheduled Event', detail: {} });

/** One cluster and its message group: one message at a time, in their order. */
class Tenant {
  readonly world: FakeWorld;
  readonly reports: PassReport[] = [];
  /** When the last pass of each minute ended, after its schedule came. */
  readonly tookMs: number[] = [];
  waitingCount = 0;
  #group: Promise<unknown> = Promise.resolve();
  #serial = 0;

  constructor(size: number) {
    this.world = new FakeWorld(size);
  }

  /** Puts a message into its group; resolves when that was worked on. */
  send(body: string): Promise<void> {
    this.waitingCount += 1;
    const worked = this.#group.then(() => this.#work(body));
    this.#group = worked;
    return worked;
  }

  async #work(body: string): Promise<void> {
    const { world } = this;
    this.#serial += 1;
    const owner = `function-${this.#serial}`;
    const options = { owner, dryRun: false, deadlineMs: world.nowMs + 48_000, onStep: () => undefined };
    const handled = await workOn(world.ports(owner), { cluster: CLUSTER, body }, options);
    this.waitingCount -= 1;
    if (handled.kind !== 'passed') throw new Error(handled.reason);
    world.judge.close(owner, handled.report);
    this.reports.push(handled.report);
  }

  /** A minute of its life: the schedule, what its passes ask for, and the seconds that are left. */
  async minute(): Promise<void> {
    const { world } = this;
    const beganMs = world.nowMs;
    await this.send(SCHEDULED);
    for (let look = world.looks.shift(); look !== undefined; look = world.looks.shift())
      await this.send(look);
    this.tookMs.push(world.nowMs - beganMs);
    while (world.nowMs < beganMs + MINUTE_MS) world.tick();
  }
}

const tenants = Array.from({ length: COUNT }, (_, index) => new Tenant(index % 20 === 0 ? 3 : 1));
const [hung = new Tenant(1), ...others] = tenants;
/** These have an instance to replace meanwhile: the leader of each. */
const busy = others.filter((_, index) => index % 10 === 0);
const gone = new Map<Tenant, string>();
const readsIn = new Map<number, number>();
let letGo: () => void = () => undefined;

/** Its etcds take connections, and no call of them ends, until it is let go. */
function hang({ world }: Tenant): void {
  const over = new Promise<void>((resolve) => {
    letGo = resolve;
  });
  const plain = world.ports.bind(world);
  world.ports = (...about) => {
    const ports = plain(...about);
    return {
      ...ports,
      openEtcd: (access) => {
        const etcd = ports.openEtcd(access);
        return { ...etcd, close: () => etcd.close(), probe: (urls) => over.then(() => etcd.probe(urls)) };
      },
    };
  };
}

beforeAll(async () => {
  for (const { world } of tenants) await world.settle();
  const startMs = Math.max(...tenants.map(({ world }) => world.nowMs));
  for (const [index, { world }] of tenants.entries()) {
    world.nowMs = startMs + Math.floor((index * MINUTE_MS) / COUNT);
    world.interfere = (call) => {
      const second = Math.floor(world.nowMs / 1_000);
      if (call === 'parameters.readAll') readsIn.set(second, (readsIn.get(second) ?? 0) + 1);
    };
  }
  hang(hung);
  for (const tenant of busy) {
    gone.set(tenant, tenant.world.leaderName);
    tenant.world.terminate(tenant.world.leaderName);
  }
  for (let minute = 0; minute < MINUTES; minute += 1) {
    void hung.send(SCHEDULED);
    await Promise.all(others.map((tenant) => tenant.minute()));
  }
}, 60_000);

test('S70 of 200 clusters the one that hangs keeps its own messages waiting, and nobody else', () => {
  expect(hung.reports).toEqual([]);
  expect(hung.waitingCount).toBe(MINUTES);
  expect(others.map(({ waitingCount }) => waitingCount)).toEqual(others.map(() => 0));
});

test('S70 the others keep their period: a pass of each ends in each minute, and calm ones have nothing to do', () => {
  for (const tenant of others) {
    expect(tenant.tookMs).toHaveLength(MINUTES);
    expect(Math.max(...tenant.tookMs)).toBeLessThan(MINUTE_MS);
    if (!busy.includes(tenant))
      expect(tenant.reports.map(({ outcome, steps }) => [outcome, steps.length])).toEqual(
        Array.from({ length: MINUTES }, () => ['settled', 0]),
      );
  }
});

test('S70 the others replace their leaders in time, and no rule is broken in any', () => {
  expect(busy).toHaveLength(20);
  for (const { world } of others) expectSafe(world);
  for (const tenant of busy) {
    expectWhole(tenant.world, tenant.world.desired);
    expect(tenant.world.voters()).not.toContain(gone.get(tenant));
  }
});

test('S70 all of them together read less than Parameter Store gives', () => {
  expect(readsIn.size).toBeGreaterThan(60);
  expect(Math.max(...readsIn.values())).toBeLessThan(READS_PER_SECOND / 2);
});

test('S70 the one that hung goes on with what waited, as soon as it can', async () => {
  letGo();
  await hung.send(SCHEDULED);
  expect(hung.waitingCount).toBe(0);
  expect(hung.reports.map(({ outcome }) => outcome)).toEqual(
    Array.from({ length: MINUTES + 1 }, () => 'settled'),
  );
  expectWhole(hung.world, 3);
});

import { describe, expect, test } from 'vitest';
import { Random } from '../history/random.ts';
import { FakeWorld } from './fake-world.ts';
import { type Delivery, Queue } from './queue.ts';
import { liveFor, workOnNext } from './work.ts';

const VISIBILITY = 70;

function queueOf(...bodies: readonly string[]): Queue {
  const queue = new Queue();
  for (const body of bodies) queue.send(body, 0);
  return queue;
}

/** Everything that comes until then, in its order. */
function drain(queue: Queue, nowMs: number): readonly string[] {
  const bodies: string[] = [];
  for (let body = queue.take(nowMs, VISIBILITY); body !== null; body = queue.take(nowMs, VISIBILITY)) {
    bodies.push(body);
    queue.done();
  }
  return bodies;
}

function deliver(way: Partial<Delivery>): Queue {
  const queue = new Queue();
  queue.delivery = { lossChance: 0, doubleChance: 0, secondsMax: 0, random: new Random(5), ...way };
  for (let nth = 0; nth < 50; nth += 1) queue.tell(JSON.stringify({ nth }), 0);
  return queue;
}

describe('the queue of a cluster', () => {
  test('gives out one message at a time, in order', () => {
    const queue = queueOf('a', 'b');
    expect([queue.take(0, VISIBILITY), queue.take(0, VISIBILITY)]).toEqual(['a', null]);
    queue.done();
    expect(queue.take(0, VISIBILITY)).toBe('b');
  });

  test('gives a message out again that nobody acknowledged, once it is visible, and nothing before it', () => {
    const queue = queueOf('a', 'b');
    queue.take(0, VISIBILITY);
    expect([queue.take(69_000, VISIBILITY), queue.take(70_000, VISIBILITY)]).toEqual([null, 'a']);
    expect(queue.counts.redelivered).toBe(1);
  });

  test('swallows the same body for five minutes', () => {
    const queue = queueOf('a', 'a');
    queue.send('a', 299_000);
    queue.send('a', 300_000);
    expect(drain(queue, 300_000)).toEqual(['a', 'a']);
    expect(queue.counts.deduplicated).toBe(2);
  });

  test('forgets what is older than its retention', () => {
    const queue = queueOf('a');
    expect(drain(queue, 901_000)).toEqual([]);
    expect(queue.counts.expired).toBe(1);
  });

  test('gives out nothing while it stalls, and a message again that was done with', () => {
    const queue = queueOf('a');
    queue.isStalled = true;
    expect(drain(queue, 0)).toEqual([]);
    queue.isStalled = false;
    expect([drain(queue, 0), queue.repeatLast(0), drain(queue, 0)]).toEqual([['a'], true, ['a']]);
  });
});

describe('events on their way', () => {
  test('are lost', () => {
    const queue = deliver({ lossChance: 0.5 });
    expect(queue.counts.lost).toBeGreaterThan(10);
    expect(drain(queue, 0)).toHaveLength(50 - queue.counts.lost);
  });

  test('come twice, each copy readable', () => {
    const queue = deliver({ doubleChance: 0.5 });
    const bodies = drain(queue, 0);
    expect(bodies).toHaveLength(50 + queue.counts.doubled);
    expect(new Set(bodies.map((body) => JSON.parse(body).nth)).size).toBe(50);
  });

  test('come late, and overtake one another', () => {
    const queue = deliver({ secondsMax: 30 });
    expect(drain(queue, 0).length).toBeLessThan(50);
    const late = drain(queue, 30_000).map((body) => JSON.parse(body).nth);
    expect(late).not.toEqual([...late].sort((a, b) => a - b));
    expect(queue.counts.delayed).toBe(late.length);
  });
});

describe('a world that lives by its queue', () => {
  test('forms its cluster by events and the schedule, and then is asked once a minute', async () => {
    const world = new FakeWorld(3);
    world.hooks.enforced = true;
    await liveFor(world, 120);
    expect(world.voters()).toHaveLength(3);
    const calm = await liveFor(world, 600);
    expect(calm).toHaveLength(10);
    expect(calm.every((one) => one.kind === 'passed' && one.report.steps.length === 0)).toBe(true);
  });

  test('hears nothing while its mail is closed', async () => {
    const world = new FakeWorld(3);
    world.tick();
    expect(await workOnNext(world)).toEqual({ kind: 'idle' });
    expect(world.mail.queue.length).toBe(0);
  });

  test('takes up the message of a killed function again, and nothing is lost by it', async () => {
    const world = new FakeWorld(3);
    world.hooks.enforced = true;
    world.killAfter = 3;
    const worked = await liveFor(world, 240);
    expect(worked.map(({ kind }) => kind)).toContain('killed');
    expect(world.mail.queue.counts.redelivered).toBe(1);
    expect(world.voters()).toHaveLength(3);
    expect(world.etcd.violations).toEqual([]);
  });
});

import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { gateEvent } from '../custom-resources/world.ts';
import { founded, WEAK, WHOLE } from './cluster.ts';
import { type Answered, type Fault, fieldsOf, GateWorld } from './world.ts';

beforeEach(() => vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] }));
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

interface Story {
  readonly name: string;
  readonly outcome: 'SUCCESS' | 'FAILED';
  readonly properties?: Readonly<Record<string, unknown>>;
  readonly begin: (world: GateWorld) => void;
}

const healAt = (seconds: number) => (world: GateWorld) => {
  const atMs = world.nowMs + seconds * 1_000;
  const since = new Date(atMs).toISOString();
  world.cluster = (nowMs) => (nowMs < atMs ? WEAK : { ...WHOLE, steadySince: since });
};

/** Each in a minute of waiting: what an hour has more of is the same again. */
const STORIES: readonly Story[] = [
  { name: 'the cluster is whole', outcome: 'SUCCESS', begin: () => {} },
  { name: 'a voter is silent, and comes back in time', outcome: 'SUCCESS', begin: healAt(30) },
  { name: 'a voter stays silent', outcome: 'FAILED', begin: healAt(9_999) },
  {
    name: 'the stack goes back',
    outcome: 'SUCCESS',
    begin: (world) => {
      world.cluster = () => WEAK;
      world.stackStatus = 'UPDATE_ROLLBACK_IN_PROGRESS';
    },
  },
  {
    name: 'a mistake in the properties',
    outcome: 'FAILED',
    properties: { TimeoutSeconds: '1' },
    begin: () => {},
  },
];

async function play(story: Story, fault: Fault | null): Promise<GateWorld> {
  const world = new GateWorld();
  world.fault = fault;
  vi.stubGlobal('fetch', world.fetch);
  for (const [name, text] of founded(WHOLE)) world.texts.set(name, text);
  story.begin(world);
  const properties = { TimeoutSeconds: '60', ...story.properties };
  world.request(gateEvent('Update', properties, { PhysicalResourceId: 'core@before#gate/BeforeGate' }));
  await world.runUntil(world.nowMs + 600_000);
  return world;
}

const bodies = (answers: readonly Answered[]): readonly string[] => [
  ...new Set(answers.map(({ body }) => body)),
];

describe.each(STORIES.map((story) => [story.name, story] as const))('%s:', (_, story) => {
  test('answered once, with nothing left in the queue', async () => {
    const world = await play(story, null);
    expect(world.answers).toHaveLength(1);
    expect(fieldsOf(world.answers[0]?.body ?? '')).toMatchObject({ Status: story.outcome });
    expect(world.messages).toEqual([]);
  });

  test.each(['killed', 'replyLost'] as const)(
    'S55, S56 %s at every effect, it is answered all the same, and never with two different answers',
    async (kind) => {
      const clean = await play(story, null);
      expect(clean.effects).toBeGreaterThan(0);
      for (let at = 1; at <= clean.effects; at += 1) {
        const world = await play(story, { kind, at });
        expect(bodies(world.answers), `${kind} at ${at}`).toEqual(bodies(clean.answers));
        expect(world.answers.length, `${kind} at ${at}`).toBeLessThanOrEqual(2);
        expect(world.messages, `${kind} at ${at}`).toEqual([]);
        const lateMs = (world.answers[0]?.atMs ?? Number.NaN) - (clean.answers[0]?.atMs ?? 0);
        // One more receive, or Lambda's own first retry.
        expect(lateMs, `${kind} at ${at}`).toBeLessThanOrEqual(75_000);
      }
    },
  );
});

test('S56 the same request, which CloudFormation repeats after a minute, is one request with one answer', async () => {
  const world = new GateWorld();
  vi.stubGlobal('fetch', world.fetch);
  for (const [name, text] of founded(WHOLE)) world.texts.set(name, text);
  healAt(100)(world);
  const event = gateEvent('Create', { TimeoutSeconds: '300' });
  world.request(event);
  world.request(event, world.nowMs + 60_000);
  await world.runUntil(world.nowMs + 600_000);
  expect(world.answers).toHaveLength(1);
});

test('S56 a repetition after the queue forgot the first waits behind it, and answers the same', async () => {
  const world = new GateWorld();
  vi.stubGlobal('fetch', world.fetch);
  for (const [name, text] of founded(WHOLE)) world.texts.set(name, text);
  const event = gateEvent('Create', { TimeoutSeconds: '300' });
  world.request(event);
  world.request(event, world.nowMs + 400_000);
  await world.runUntil(world.nowMs + 900_000);
  expect(bodies(world.answers)).toHaveLength(1);
  expect(world.messages).toEqual([]);
});

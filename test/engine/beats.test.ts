import { beforeEach, describe, expect, test } from 'vitest';
import { OperationError } from '../../functions/core/errors.ts';
import type { HookOfInstance, HookSettings } from '../../functions/core/ports.ts';
import { sendBeats, type Waiting } from '../../functions/engine/beats.ts';
import { BeatMemory } from '../../functions/engine/dns/heartbeats.ts';
import { sideBySide } from '../../functions/engine/side-by-side.ts';

const NOW_MS = Date.parse('2026-01-01T12:00:00Z');
const HOOK: HookSettings = {
  name: 'etcd-autopilot-dns',
  transition: 'terminate',
  heartbeatSeconds: 600,
  globalSeconds: 60_000,
};
const idOf = (n: number): string => `i-${n.toString(16).padStart(8, '0')}`;
const hookOf = (n: number): HookOfInstance => ({
  groupName: 'web',
  hookName: HOOK.name,
  instanceId: idOf(n),
});

/** A clock that stands, but for what calls take, and the port that they go to. */
class Stage {
  nowMs = NOW_MS;
  callMs = 0;
  failing = new Set<string>();
  outcome: 'extended' | 'notWaiting' = 'extended';
  readonly beats: string[] = [];
  readonly ports = {
    clock: { nowMs: () => this.nowMs, sleep: async () => {} },
    joined: {
      heartbeat: async ({ instanceId }: HookOfInstance) => {
        this.nowMs += this.callMs;
        this.beats.push(instanceId);
        if (this.failing.has(instanceId)) throw new OperationError('AWS_THROTTLED', 'nextLook', 'throttled');
        return this.outcome;
      },
    },
  };
}

let stage = new Stage();
beforeEach(() => {
  stage = new Stage();
});

const waiting = (n: number, secondsAgo: number, settings: HookSettings | undefined = HOOK): Waiting => ({
  hook: hookOf(n),
  settings,
  lastMs: NOW_MS - secondsAgo * 1_000,
});
const send = (list: readonly Waiting[], extended: string[] = []) =>
  sendBeats(stage.ports, list, ({ instanceId }) => extended.push(instanceId));

describe('a heartbeat', () => {
  test.each([
    [149, HOOK, 0],
    [150, HOOK, 1],
    [0, { ...HOOK, heartbeatSeconds: 120 }, 1],
    [29, { ...HOOK, heartbeatSeconds: 180 }, 0],
    [30, { ...HOOK, heartbeatSeconds: 180 }, 1],
    [0, undefined, 1],
  ])('%i s after the last one, of a hook like %j, is sent %i times', async (secondsAgo, settings, times) => {
    expect(await sendBeats(stage.ports, [{ ...waiting(1, secondsAgo), settings }], () => {})).toBe(0);
    expect(stage.beats).toHaveLength(times);
  });

  test('that fails is counted, and ends none of the others', async () => {
    stage.failing.add(idOf(2));
    const extended: string[] = [];
    expect(
      await send(
        [1, 2, 3].map((n) => waiting(n, 200)),
        extended,
      ),
    ).toBe(1);
    expect(stage.beats).toHaveLength(3);
    expect(extended).toEqual([idOf(1), idOf(3)]);
  });
});

test('heartbeats leave time for the work: those that waited longest are sent, the others are counted', async () => {
  stage.callMs = 400;
  const all = Array.from({ length: 100 }, (_, n) => waiting(n, 200 + n));
  const left = await send(all);
  expect(stage.nowMs - NOW_MS).toBeLessThanOrEqual(12_000);
  expect(stage.beats.length).toBeGreaterThanOrEqual(20);
  expect(left).toBe(100 - stage.beats.length);
  const longest = Array.from({ length: stage.beats.length }, (_, n) => idOf(99 - n));
  expect(stage.beats).toEqual(longest);
});

describe('the memory of heartbeats', () => {
  const settings = new Map([['web', [HOOK]]]);
  const none = new Map<string, []>();
  const begun = (n: number, startedAtMs: number, kind: 'launch' | 'terminate' = 'terminate') =>
    new Map([['web', [{ instanceId: idOf(n), kind, startedAtMs }]]]);

  test('holds that whoever was just extended needs nothing', async () => {
    const memory = new BeatMemory();
    memory.note(settings, none);
    expect(await memory.send(stage.ports, [hookOf(1)])).toBe(0);
    stage.nowMs += 100_000;
    await memory.send(stage.ports, [hookOf(1)]);
    expect(stage.beats).toEqual([idOf(1)]);
    stage.nowMs += 50_000;
    await memory.send(stage.ports, [hookOf(1)]);
    expect(stage.beats).toEqual([idOf(1), idOf(1)]);
  });

  test('counts from the activity, which began with the first full time of the hook; a launch is none', async () => {
    const memory = new BeatMemory();
    memory.note(settings, begun(1, NOW_MS - 10_000));
    memory.note(settings, begun(2, NOW_MS - 10_000, 'launch'));
    await memory.send(stage.ports, [hookOf(1), hookOf(2)]);
    expect(stage.beats).toEqual([idOf(2)]);
  });

  test('sends to everybody of a group that was never read, and goes by the last reading of one that fails', async () => {
    const memory = new BeatMemory();
    await memory.send(stage.ports, [hookOf(1)]);
    await memory.send(stage.ports, [hookOf(1)]);
    expect(stage.beats).toHaveLength(2);
    memory.note(settings, none);
    memory.note(none, none);
    await memory.send(stage.ports, [hookOf(1)]);
    expect(stage.beats).toHaveLength(2);
  });

  test('asks no more for a while about somebody who waits in the hook of another only', async () => {
    const memory = new BeatMemory();
    memory.note(settings, none);
    stage.outcome = 'notWaiting';
    expect(await memory.send(stage.ports, [hookOf(1)])).toBe(0);
    await memory.send(stage.ports, [hookOf(1)]);
    expect(stage.beats).toHaveLength(1);
  });

  test('keeps what it knows of those who wait in another zone', async () => {
    const memory = new BeatMemory();
    memory.note(settings, none);
    await memory.send(stage.ports, [hookOf(1)]);
    await memory.send(stage.ports, [hookOf(2)]);
    await memory.send(stage.ports, [hookOf(1)]);
    expect(stage.beats).toEqual([idOf(1), idOf(2)]);
  });
});

test('work that must end in time begins nothing more once it may not go on', async () => {
  const done = await sideBySide(
    Array.from({ length: 25 }, (_, n) => n),
    async (n) => n,
    () => false,
  );
  expect(done).toEqual([]);
  let rounds = 0;
  const some = await sideBySide(
    Array.from({ length: 25 }, (_, n) => n),
    async (n) => n,
    () => {
      rounds += 1;
      return rounds === 1;
    },
  );
  expect(some).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
});

import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { FAULTS } from '../simulation/crash/crash.ts';
import { BRISK, CALM, PATIENT, RealFunctions } from '../support/real-functions.ts';
import { Points } from '../support/real-points.ts';
import { RealWorld } from '../support/real-world.ts';

/**
 * Crash points on real etcd (S39): a story is told without a fault to count its effects; then, for each of
 * them, again with the function killed right after it, and again with the reply to it lost. Many worlds live
 * side by side, on loopback networks of their own.
 */
const FOUNDING_LANES = 4;
const JOINING_LANES = 8;
const LIMIT_MS = 240_000;
/** For so long every member must have been connected before etcd 3.4 takes another one. */
const HEALTHY_MS = 5_300;

async function inWorld(
  flags: readonly string[],
  work: (real: RealFunctions, world: RealWorld) => Promise<void>,
): Promise<void> {
  const world = await RealWorld.open(3, PATIENT, { flags });
  try {
    await work(new RealFunctions(world), world);
    await world.load.more();
    await world.load.stop();
    expect(await world.load.lost()).toEqual([]);
  } finally {
    await world.close();
  }
}

const inLanes = (count: number, work: () => Promise<void>): Promise<unknown> =>
  Promise.all(Array.from({ length: count }, work));

/** All ends are the same, and functions ended badly, in both ways, after each of these effects. */
function expectSame(points: Points, countMin: number, effects: readonly string[]): void {
  const [first] = points.told;
  expect(first?.aim).toBeNull();
  for (const { aim, end } of points.told) expect(end, JSON.stringify(aim)).toEqual(first?.end);
  for (const fault of FAULTS) {
    const met = points.met(fault);
    expect(met.length, `${fault}: ${met}`).toBeGreaterThanOrEqual(countMin);
    expect(met).toEqual(expect.arrayContaining([...effects]));
  }
}

const PUBLISHES = ['parameters.write endpoints', 'parameters.write peers'];
const WORKS = [
  ...PUBLISHES,
  'scaling.heartbeat',
  'scaling.complete',
  'etcd.takePermit',
  'etcd.releasePermit',
];

describe.concurrent('S39 on real etcd, wherever a function dies and whichever reply is lost', () => {
  test('a bootstrap of three ends in the same state', { timeout: LIMIT_MS }, async () => {
    const points = new Points();
    await inLanes(FOUNDING_LANES, async () => {
      for (let isToTell = true; isToTell; ) {
        await inWorld(BRISK, async (real) => {
          isToTell = await points.tellNext(real.functions.crash, () => real.settle());
          if (!isToTell) await real.settle();
        });
      }
    });
    const founds = ['parameters.create bootstrap', 'scaling.tagGroup', 'parameters.write members'];
    expectSame(points, 15, [...founds, ...PUBLISHES, 'scaling.complete']);
  });

  test('a join, and the leave of the leader after it, end in the same state', {
    timeout: LIMIT_MS,
  }, async () => {
    const [joins, leaves] = [new Points(), new Points()];
    await inLanes(JOINING_LANES, () =>
      inWorld(CALM, async (real, world) => {
        const { crash } = real.functions;
        const join = () => {
          world.desired = 4;
          return real.settle();
        };
        const leave = () => {
          world.desired = 3;
          world.terminate(world.leader());
          return real.settle();
        };
        await real.settle();
        for (let isToTell = true; isToTell; ) {
          await sleep(HEALTHY_MS);
          const isJoined = await joins.tellNext(crash, join);
          if (!isJoined) await join();
          const isLeft = await leaves.tellNext(crash, leave);
          if (!isLeft) await leave();
          isToTell = isJoined || isLeft;
        }
      }),
    );
    expectSame(joins, 12, ['etcd.addLearner', 'etcd.promote', 'parameters.write members', ...WORKS]);
    expectSame(leaves, 9, ['etcd.moveLeader', 'etcd.remove', 'parameters.remove members', ...WORKS]);
  });
});

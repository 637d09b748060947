import { test as base, expect } from 'vitest';
import type { PassReport } from '../../functions/engine/report.ts';
import { Killed } from '../simulation/world/fake-world.ts';
import type { HostsOptions } from './real-hosts.ts';
import { RealWorld } from './real-world.ts';

/** How a test ends whose cluster lost its quorum: nothing can be read back from a majority. */
export type Ending = 'readable' | 'quorumLost';

export interface Stage {
  /** A group of so many instances, and no cluster yet. */
  open(size: number, config?: object, options?: HostsOptions): Promise<RealWorld>;
  /** A cluster of so many voters, with nothing left to do. */
  grown(size: number, config?: object, options?: HostsOptions): Promise<RealWorld>;
}

/**
 * A test with worlds of its own. Whatever its story was: in the end no rule of the design
 * was broken, one cluster is there, it takes writes, and no acknowledged one is lost.
 */
export const test = base.extend<{ stage: Stage; ending: { is: Ending } }>({
  // biome-ignore lint/correctness/noEmptyPattern: vitest reads from the pattern what a fixture needs.
  ending: async ({}, use) => use({ is: 'readable' }),
  stage: async ({ ending }, use) => {
    const worlds: RealWorld[] = [];
    const open: Stage['open'] = async (...about) => {
      const world = await RealWorld.open(...about);
      worlds.push(world);
      return world;
    };
    const grown: Stage['grown'] = async (...about) => {
      const world = await open(...about);
      await world.settleReal();
      return world;
    };
    try {
      await use({ open, grown });
      for (const world of worlds) await expectInvariants(world, ending.is);
    } finally {
      await Promise.all(worlds.map((world) => world.close()));
    }
  },
});

async function expectInvariants(world: RealWorld, ending: Ending): Promise<void> {
  world.expectSafe();
  expect((await world.clusterIds()).size).toBeLessThanOrEqual(1);
  if (ending === 'quorumLost') return;
  await world.load.more();
  await world.load.stop();
  expect(await world.load.lost()).toEqual([]);
}

/** A pass that does not follow what takes long: one look at what is, and what can be done at once. */
export const glance = (world: RealWorld): Promise<PassReport> => {
  world.tick();
  return world.pass({ seconds: 14 });
};

/** Glances as the schedule brings them, one a minute. */
export async function glances(world: RealWorld, minutes: number): Promise<readonly PassReport[]> {
  const reports: PassReport[] = [];
  for (let minute = 0; minute < minutes; minute += 1) {
    reports.push(await glance(world));
    world.skip(60);
  }
  return reports;
}

export const kindsOf = (report: PassReport): readonly string[] => report.waits.map(({ kind }) => kind);

/** Effects on the members of etcd, in their order. */
export const changesOf = (world: RealWorld): readonly string[] =>
  world.effects.filter((name) => /^etcd\.(?:addLearner|promote|remove)$/.test(name));

/** Everything that was done but for telling the status and remembering. */
export const deedsOf = (world: RealWorld): readonly string[] =>
  world.effects.filter((name) => name !== 'write status' && name !== 'etcd.write');

/** The group grows by one, whose etcd runs as a learner; every function died before it could see that. */
export async function joinUnseen(
  world: RealWorld,
): Promise<{ readonly id: string; readonly member: string }> {
  world.desired += 1;
  world.tick();
  const id = world.instances.at(-1)?.id ?? '';
  for (const effect of [/^write members/, /^etcd\.addLearner/, /^write members/]) {
    world.killOn = effect;
    await expect(world.pass()).rejects.toThrow(Killed);
  }
  world.tick();
  await world.hosts.ready(id);
  return { id, member: hexOf(world.instance(id).disk) };
}

/** A member id as etcdctl writes it. */
export const hexOf = (memberId: string | null): string => BigInt(memberId ?? 0).toString(16);

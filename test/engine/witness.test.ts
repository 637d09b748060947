import { describe, expect, test } from 'vitest';
import type { EtcdPort } from '../../functions/core/ports.ts';
import type { FakeWorld } from '../simulation/world/fake-world.ts';
import { effectsOf, expectWhole, followerOf, grown, waitKinds } from '../support/story.ts';

/** Puts something between the function and etcd, in every pass from now on. */
function intercept(world: FakeWorld, change: (port: EtcdPort) => Partial<EtcdPort>): void {
  const open = world.ports.bind(world);
  world.ports = () => {
    const ports = open();
    return {
      ...ports,
      openEtcd: (...given) => {
        const port = ports.openEtcd(...given);
        return { ...port, ...change(port) };
      },
    };
  };
}

const urlOf = (world: FakeWorld, id: string): string => world.clientUrl(world.instance(id));

describe('S26 one voter has a stale learner flag in its member list:', () => {
  test.each(['the leader', 'a follower'])(
    '%s, and nothing is changed until all tell the same',
    async (who) => {
      const world = await grown(3);
      const stale = who === 'the leader' ? world.leaderName : followerOf(world);
      const [wrong = ''] = world.voters().filter((id) => id !== stale);
      let isStale = true;
      intercept(world, (port) => ({
        members: async (endpoint) => {
          const list = await port.members(endpoint);
          if (!isStale || endpoint !== urlOf(world, stale)) return list;
          return list.map((entry) => (entry.name === wrong ? { ...entry, isLearner: true } : entry));
        },
      }));
      world.terminate(followerOf(world));
      const changes = () => effectsOf(world, /^(?!write status)/);
      const before = changes();
      for (let count = 0; count < 3; count += 1) {
        expect(waitKinds(await world.pass())).toEqual(['membersDisagree']);
      }
      expect(changes()).toEqual(before);
      expect(world.heartbeats.length).toBeGreaterThan(0);

      isStale = false;
      await world.settle();
      expectWhole(world, 3);
    },
  );
});

test('a removal is asked of the leader, never of the member that is removed: it may stop before it answers', async () => {
  const asked: (readonly [endpoint: string, memberId: string])[] = [];
  const world = await grown(3);
  intercept(world, (port) => ({
    remove: async (endpoint, memberId) => {
      asked.push([endpoint, memberId]);
      expect(endpoint).toBe(urlOf(world, world.leaderName));
      return port.remove(endpoint, memberId);
    },
  }));
  for (const id of world.voters()) {
    world.terminate(id);
    await world.settle();
  }
  expect(asked).toHaveLength(3);
  expectWhole(world, 3);
});

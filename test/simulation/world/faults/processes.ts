import { allOf } from './fault.ts';
import { machinesOf, moveLeader, serversOf } from './targets.ts';

/** What befalls etcd's processes. None of it is for good: their disks and machines stay. */
export const PROCESS_FAULTS = allOf('P', {
  etcdCrashes: {
    about: 'an etcd process dies, and its unit starts it again',
    apply: (world, random) => {
      const server = random.pick(serversOf(world));
      if (server === null) return null;
      world.reboot(server.id, random.whole(2, 30));
      return 'done';
    },
  },
  everyEtcdCrashes: {
    about: 'all etcd processes die at once, and come back one after the other',
    apply: (world, random) => {
      const servers = serversOf(world);
      if (servers.length === 0) return null;
      for (const { id } of servers) world.reboot(id, random.whole(3, 60));
      return 'done';
    },
  },
  etcdStaysDown: {
    about: 'an etcd process dies, and does not start for a long time',
    apply: (world, random) => {
      const server = random.pick(serversOf(world).filter(({ boots }) => boots));
      if (server === null) return null;
      server.boots = false;
      world.stopEtcd(server);
      return () => {
        server.boots = true;
      };
    },
  },
  etcdFreezes: {
    about: 'an etcd process takes connections and never answers',
    apply: (world, random) => {
      const server = random.pick(serversOf(world));
      if (server === null) return null;
      const { memberId } = world.processOf(server.id);
      world.etcd.freeze(memberId);
      return () => world.etcd.thaw(memberId);
    },
  },
  etcdAnswersSlowly: {
    about: 'an etcd takes most of a second for each answer, and at times longer than anybody waits',
    apply: (world, random) => {
      const server = random.pick(serversOf(world));
      if (server === null) return null;
      const process = world.processOf(server.id);
      process.answerMs = random.whole(300, 1_500);
      return () => {
        process.answerMs = 0;
      };
    },
  },
  leaderFlaps: {
    about: 'leadership goes from one member to another, again and again',
    apply: (world, random) => {
      const flap = () => {
        if (random.chance(0.05)) moveLeader(world, random);
        return null;
      };
      world.troubles.add(flap);
      return () => {
        world.troubles.delete(flap);
      };
    },
  },
  newcomersCatchUpSlowly: {
    about: 'newcomers take minutes to get all data',
    apply: (world, random) => {
      if (world.etcd.catchUpMs > 0) return null;
      world.etcd.catchUpMs = random.whole(20, 400) * 1_000;
      return () => {
        world.etcd.catchUpMs = 0;
      };
    },
  },
  learnerLags: {
    about: 'a learner does not catch up',
    apply: (world, random) => {
      const learners = world.etcd.members.filter(({ isLearner }) => isLearner).map(({ id }) => id);
      const slow = [...world.etcd.processes.values()].filter(({ memberId }) => learners.includes(memberId));
      const process = random.pick(slow);
      if (process === null) return null;
      process.lag = 1_000_000n;
      return () => {
        process.lag = 0n;
      };
    },
  },
  etcdDeniesUs: {
    about: 'an etcd takes neither our certificate nor our user',
    apply: (world, random) => {
      const server = random.pick(serversOf(world));
      if (server === null) return null;
      const process = world.processOf(server.id);
      process.denies = true;
      return () => {
        process.denies = false;
      };
    },
  },
  newcomersDoNotBoot: {
    about: 'the image of new machines cannot start etcd',
    apply: (world) => {
      // Founders are no newcomers: whether they start is for a person to see to.
      if (!world.imageBoots || world.etcd.clusterId === null) return null;
      world.imageBoots = false;
      return () => {
        world.imageBoots = true;
      };
    },
  },
  slowBoot: {
    about: 'a machine reboots, and takes minutes for it',
    apply: (world, random) => {
      const machine = random.pick(machinesOf(world));
      if (machine === null) return null;
      world.reboot(machine.id, random.whole(60, 400));
      return 'done';
    },
  },
});

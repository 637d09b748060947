import type { FakeWorld } from '../fake-world.ts';
import { allOf } from './fault.ts';
import { serversOf } from './targets.ts';

/** What befalls the network between members, and between them and the function. */
export const NETWORK_FAULTS = allOf('N', {
  memberCutOff: {
    about: 'a member is cut off from all others, and still answers us',
    apply: (world, random) => {
      const { cutOff, members } = world.etcd;
      const one = random.pick(members.filter(({ id }) => !cutOff.has(id)));
      if (one === null) return null;
      rewire(world, () => cutOff.add(one.id));
      return () => rewire(world, () => cutOff.delete(one.id));
    },
  },
  partitioned: {
    about: 'the network splits into two sides, and the function reaches both',
    apply: (world, random) => {
      const { etcd } = world;
      const ids = etcd.members.map(({ id }) => id);
      if (etcd.sides.size > 0 || ids.length < 2) return null;
      etcd.partition([[], random.some(ids, random.whole(1, ids.length - 1))]);
      return () => rewire(world, () => etcd.sides.clear());
    },
  },
  lineTorn: {
    about: 'two members do not hear each other; others hear both',
    apply: (world, random) => {
      const { etcd } = world;
      const [one, other] = random.some(
        etcd.members.map(({ id }) => id),
        2,
      );
      if (one === undefined || other === undefined || etcd.torn.has(`${one} ${other}`)) return null;
      etcd.tear(one, other);
      return () => rewire(world, () => etcd.torn.delete(`${one} ${other}`));
    },
  },
  endpointUnreachable: {
    about: 'the function cannot reach an endpoint',
    apply: (world, random) => {
      const { unreachable } = world.etcd;
      const url = random.pick(urlsOf(world).filter((one) => !unreachable.has(one)));
      if (url === null) return null;
      unreachable.add(url);
      return () => {
        unreachable.delete(url);
      };
    },
  },
  allUnreachable: {
    about: 'the function cannot reach any endpoint',
    apply: (world) => {
      const { unreachable } = world.etcd;
      const urls = urlsOf(world).filter((url) => !unreachable.has(url));
      if (urls.length === 0) return null;
      for (const url of urls) unreachable.add(url);
      return () => {
        for (const url of urls) unreachable.delete(url);
      };
    },
  },
  blackHole: {
    about: 'what the function sends to an endpoint is swallowed',
    apply: (world, random) => {
      const { blackHoles } = world.etcd;
      const url = random.pick(urlsOf(world).filter((one) => !blackHoles.has(one)));
      if (url === null) return null;
      blackHoles.add(url);
      return () => {
        blackHoles.delete(url);
      };
    },
  },
  electionsAreSlow: {
    about: 'members take long to miss their leader, and to elect another',
    apply: (world, random) => {
      const { electionMs } = world.etcd;
      if (electionMs > 4_000) return null;
      world.etcd.electionMs = random.whole(5, 20) * 1_000;
      return () => {
        world.etcd.electionMs = electionMs;
      };
    },
  },
});

const urlsOf = (world: FakeWorld): readonly string[] =>
  serversOf(world).map((server) => world.clientUrl(server));

/** Raft finds out by what was before and what is after. */
function rewire(world: FakeWorld, change: () => unknown): void {
  world.etcd.elect();
  change();
  world.etcd.elect();
}

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
      cutOff.add(one.id);
      return () => {
        cutOff.delete(one.id);
      };
    },
  },
  endpointUnreachable: {
    about: 'the function cannot reach an endpoint',
    apply: (world, random) => {
      const { unreachable } = world.etcd;
      const urls = serversOf(world).map((server) => world.clientUrl(server));
      const url = random.pick(urls.filter((one) => !unreachable.has(one)));
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
      const urls = serversOf(world)
        .map((server) => world.clientUrl(server))
        .filter((url) => !unreachable.has(url));
      if (urls.length === 0) return null;
      for (const url of urls) unreachable.add(url);
      return () => {
        for (const url of urls) unreachable.delete(url);
      };
    },
  },
});

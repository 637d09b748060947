import type { FakeWorld } from '../world/fake-world.ts';
import type { Ending, Fault, Faults } from './fault.ts';

/**
 * The same faults, each of which waits for its moment: it is tried at once, and then before each call of a
 * function, until it happens or its time is over. It tells when it happens, and counts only then.
 */
export const awaiting = (faults: Faults): Faults => mapped(faults, awaitingOne);

/** The same faults, by names of their own, as they befall a cluster that has not formed yet. */
export const whileForming = (faults: Faults): Faults =>
  Object.fromEntries(
    Object.entries(faults).map(([name, fault]) => [
      `${name}AtFounding`,
      {
        about: `while the cluster forms, ${fault.about}`,
        apply: (world, random) => (world.etcd.clusterId === null ? fault.apply(world, random) : null),
      },
    ]),
  );

function awaitingOne(fault: Fault): Fault {
  return {
    about: fault.about,
    tellsItself: true,
    apply: (world, random, happened = () => undefined) => {
      let ending: Ending | 'done' | null = null;
      const attempt = (): null => {
        ending = fault.apply(world, random);
        if (ending === null) return null;
        world.troubles.delete(attempt);
        happened();
        return null;
      };
      world.troubles.add(attempt);
      attempt();
      return () => {
        world.troubles.delete(attempt);
        if (typeof ending === 'function') ending();
      };
    },
  };
}

const mapped = (faults: Faults, change: (fault: Fault) => Fault): Faults =>
  Object.fromEntries(Object.entries(faults).map(([name, fault]) => [name, change(fault)]));

/** Calls of a function, as they come; ends when the ending is called. */
export function beforeCalls(world: FakeWorld, listen: (call: string) => void): Ending {
  const trouble = (call: string): null => {
    listen(call);
    return null;
  };
  world.troubles.add(trouble);
  return () => {
    world.troubles.delete(trouble);
  };
}
